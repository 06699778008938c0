// SPDX-License-Identifier: MIT
// A computer whose clock is wrong while a pump is connected: what is stored, what is published, and when
// (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>

#include <algorithm>

#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/publish/status_publisher.hpp"
#include "host_clock_double.hpp"
#include "session_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;
using bridge::ClockWitness;
using nightscout::Collection;

/// Session, clock keeper and publishers joined as the service joins them.
class AComputerWithoutClock : public SessionFixture {
protected:
    AComputerWithoutClock() {
        settings.follow.poll = 1h;
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        records.erase(records.begin(), records.end() - 400);
        while (!holes().empty()) records.pop_back(); // what lies before a hole is dated by the zone
        mapping.features = {nightscout::Feature::Cgm, nightscout::Feature::DeviceStatus};
        onClockRead = [this](const therapy::ClockReading& reading) { keeper->read(pumpInfo(), reading); };
        onClockWanted = [this] { return keeper->wantsReading(pumpInfo()); };
        onClockBracketed = [this] {
            if (keeper->settle(pumpInfo())) publisher->publish(pumpInfo());
        };
        onRange = [this] {
            keeper->settle(pumpInfo());
            publisher->publish(pumpInfo());
        };
    }
    void statusRead(const bridge::PumpInfo& about, const therapy::PumpStatus& read) override {
        SessionFixture::statusRead(about, read);
        present->publish(about, read);
    }

    [[nodiscard]] bridge::PumpInfo pumpInfo() const { return store->pumps().at(0); }

    /// The computer starts, `late` by its own clock, and the pump comes.
    void begin(std::chrono::seconds late) {
        start(); // opens the store; nothing runs yet
        hostUtc = kUtcNow - late;
        const auto sink = [this](bridge::PumpId, std::span<const nightscout::Document> told,
                                 std::span<const bridge::Store::Published>) {
            documents.insert(documents.end(), told.begin(), told.end());
            return bridge::QueueResult{.added = told.size()};
        };
        computer = std::make_unique<bridge::test::HostClockDouble>(*store, zone, false);
        computer->utc = hostUtc;
        keeper = std::make_unique<bridge::ClockKeeper>(*store, zone, host(), log);
        publisher = std::make_unique<bridge::Publisher>(*store, zone, host(), mapping, sink, true, log);
        present = std::make_unique<bridge::StatusPublisher>(*store, host(), mapping, sink, true);
        host().onChange([this] { session->wake(); });
        ASSERT_TRUE(runUntil([this] { return syncs > 0 && status.has_value(); })) << logText.str();
        settle();
    }
    /// Somebody sets it.
    void setRight() {
        const auto by = kUtcNow - hostUtc;
        hostUtc = computer->utc = kUtcNow;
        host().stepped(by);
        settle();
    }
    bridge::HostClock& host() { return computer->host; }

    [[nodiscard]] std::vector<nightscout::Document> of(Collection collection) const {
        std::vector<nightscout::Document> found;
        std::ranges::copy_if(documents, std::back_inserter(found),
                             [&](const auto& document) { return document.collection == collection; });
        return found;
    }
    void expectNothingPublished() {
        expectEverythingStored();
        EXPECT_TRUE(documents.empty());
        EXPECT_TRUE(store->clockOffsets(pumpId()).empty());
        const auto held = bridge::heldRecords(*store, pumpId(), zone, host().trustedNow());
        ASSERT_EQ(held.size(), 1U);
        EXPECT_EQ(held[0].reason, therapy::Hold::HostClock);
    }
    /// The pump's clock is an hour ahead of UTC: each glucose value is where the pump has it, less an hour.
    void expectTrueTimes() {
        ASSERT_EQ(store->clockOffsets(pumpId()).size(), 1U) << logText.str();
        EXPECT_EQ(store->clockOffsets(pumpId())[0].offset, 1h);
        const auto entries = of(Collection::Entries);
        ASSERT_FALSE(entries.empty());
        const auto newest = std::ranges::max(entries, {}, &nightscout::Document::time).time;
        EXPECT_LE(newest, kUtcNow);
        EXPECT_GT(newest, kUtcNow - 30min);
        EXPECT_TRUE(bridge::heldRecords(*store, pumpId(), zone, host().trustedNow()).empty());
    }

    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    nightscout::MappingSettings mapping;
    std::vector<nightscout::Document> documents;
    std::unique_ptr<bridge::test::HostClockDouble> computer;
    std::unique_ptr<bridge::ClockKeeper> keeper;
    std::unique_ptr<bridge::Publisher> publisher;
    std::unique_ptr<bridge::StatusPublisher> present;
};

TEST_F(AComputerWithoutClock, PublishesAllAtItsTrueTimeOnceTheTimeServiceHasSetIt) {
    begin(3h);
    EXPECT_FALSE(host().trusted());
    expectNothingPublished();
    setRight();
    EXPECT_FALSE(host().vouched());
    host().timeServiceSays(true);
    settle();
    expectTrueTimes();
    const auto read = syncs;
    link->leave();
    link->arrive();
    ASSERT_TRUE(runUntil([&] { return syncs > read; }));
    settle();
    EXPECT_EQ(of(Collection::DeviceStatus).size(), 1U);
}

TEST_F(AComputerWithoutClock, ThatIsRightAllTheSamePublishesOnceTheSiteSaysSo) {
    begin(20min); // too late for the pump to vouch
    expectNothingPublished();
    setRight();
    const bridge::SiteDate::Milliseconds now{kUtcNow};
    host().siteSays({kUtcNow, now, now, false, true});
    settle();
    EXPECT_EQ(host().trustedBy(), ClockWitness::Site);
    expectTrueTimes();
}

TEST_F(AComputerWithoutClock, ThatAgreesWithThePumpTakesTheZonesOffset) {
    begin(80s);
    EXPECT_EQ(host().trustedBy(), ClockWitness::Pump) << logText.str();
    const auto kept = store->clockOffsets(pumpId());
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].offset, 1h);
    EXPECT_EQ(kept[0].source, therapy::OffsetSource::Zone);
    expectTrueTimes();
    EXPECT_FALSE(of(Collection::DeviceStatus).empty());
}

TEST_F(AComputerWithoutClock, MeasuresAnewWhenABetterWitnessThanThePumpComes) {
    begin(80s);
    const auto before = readings.size();
    hostUtc = computer->utc = kUtcNow;
    host().timeServiceSays(true);
    settle();
    EXPECT_EQ(readings.size(), before + 1);
    const auto kept = store->clockOffsets(pumpId());
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].source, therapy::OffsetSource::Measured);
    EXPECT_EQ(kept[0].measured, 1h);
}

TEST_F(AComputerWithoutClock, PublishesWhatHasAnOffsetFromBefore) {
    begin(0s);
    expectTrueTimes();
    documents.clear();
    host().stepped(-3h);
    hostUtc = computer->utc = kUtcNow - 3h;
    ASSERT_FALSE(host().trusted());
    const auto last = *history::parseHeader(records.back());
    const auto elapsed = static_cast<std::uint16_t>(last.relativeOffset + 300);
    const history::Record next{
        {static_cast<std::uint16_t>(history::EventType::SgMeasurement), last.sequenceNumber + 1, elapsed},
        history::SgMeasurement{static_cast<std::int16_t>(elapsed / 60), 120, 2000, 0}};
    records.push_back(history::encode(next));
    pump->append(records.back());
    link->deliver();
    settle();
    EXPECT_TRUE(std::ranges::any_of(documents, [&](const auto& document) {
        return document.sequenceNumber == last.sequenceNumber + 1;
    })) << logText.str();
    EXPECT_TRUE(of(Collection::DeviceStatus).empty());
    EXPECT_EQ(store->clockOffsets(pumpId()).size(), 1U);
}

} // namespace
