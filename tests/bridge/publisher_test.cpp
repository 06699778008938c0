// SPDX-License-Identifier: MIT
#include "bridge/publish/publisher.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "bridge/publish/status_publisher.hpp"
#include "host_clock_double.hpp"
#include "measured_clock.hpp"
#include "protocol/history/record.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
namespace history = protocol::history;
using bridge::ReceivedRecord;
using bridge::SequenceRange;

protocol::Bytes bytes(const char* hex) {
    return *protocol::fromHex(hex);
}

/// Reference 09:26:00, glucose 142 at 09:29, an auto basal, all at the beginning of what the pump holds.
std::vector<ReceivedRecord> someRecords() {
    return {{0, bytes("0ef000000000100e3cea07030e091a00")},
            {1, bytes("0cf001000000bb0003008e000c09d7ff")},
            {2, bytes("01f002000000bf00c9c0c62df9")}};
}

/// 09:26:00 on the pump's clock, 08:26:00 UTC.
constexpr std::chrono::sys_seconds kReference{1773476760s};

class PublisherTest : public testing::Test {
protected:
    PublisherTest() {
        settings.features = {nightscout::Feature::Cgm};
        store.keepClockOffset(pump.id, bridge::test::measuredClock(0, 1h));
    }

    bridge::Publisher publisher(bool marks = true) {
        return {store,
                zone,
                computer.host,
                settings,
                [this](bridge::PumpId, std::span<const nightscout::Document> mapped,
                       std::span<const bridge::Store::Published> published) {
                    documents.assign(mapped.begin(), mapped.end());
                    times.assign(published.begin(), published.end());
                    return bridge::QueueResult{.added = mapped.size()};
                },
                marks,
                log};
    }
    bridge::QueueResult publish(bool marks = true) { return publisher(marks).publish(pump); }

    void publishNewest() { publisher().publishNewest(pump); }

    void receive(const std::vector<ReceivedRecord>& records) {
        store.addRecords(pump.id, records, std::chrono::sys_seconds{});
    }

    bridge::test::TemporaryDirectory directory;
    bridge::Store store{directory / "history.db"};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    bridge::test::HostClockDouble computer{store, zone};
    nightscout::MappingSettings settings;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    bridge::PumpInfo pump = store.pump("NG1234567H");
    std::vector<nightscout::Document> documents;
    std::vector<bridge::Store::Published> times;
};

TEST_F(PublisherTest, MapsWhatCameAndFixesItsTime) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    publish();
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(nightscout::toIso(documents[0].time), "2026-03-14T08:29:00.000Z");
    ASSERT_EQ(times.size(), 2U); // from the first record with a document on
    EXPECT_EQ(times[0].sequenceNumber, 1U);
    EXPECT_EQ(times[1].sequenceNumber, 2U);
}

TEST_F(PublisherTest, OffersRecordsOnce) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    EXPECT_EQ(publish().added, 1U);
    EXPECT_EQ(publish().added, 0U);
    EXPECT_TRUE(store.unpublished(pump.id).empty());
}

TEST_F(PublisherTest, OnlyShowingKeepsThemForLater) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    EXPECT_EQ(publish(false).added, 1U);
    EXPECT_EQ(publish().added, 1U);
}

// Another store, or another bridge, may have sent documents of what lay before.
TEST_F(PublisherTest, SendsNothingThatDependsOnWhatThePumpDoesNotHaveAnyMore) {
    store.noteOldest(pump.id, 100000);
    store.keepClockOffset(pump.id, bridge::test::measuredClock(100000, 1h));
    receive({{100000, bytes("0ef0a0860100100e3cea07030e091a00")},
             {100001, bytes("0cf0a1860100bb0003008e000c09d7ff")},
             {100002, bytes("01f0a2860100bf00c9c0c62df9")}});
    publish();
    EXPECT_TRUE(documents.empty());
    store.markAbsent(pump.id, {0, 99999});
    publish();
    EXPECT_TRUE(documents.empty());
}

// History is fetched newest first: what the pump has from before the loss comes later.
TEST_F(PublisherTest, BeginsBehindARecordThatThePumpHasLost) {
    store.noteOldest(pump.id, 99000);
    store.keepClockOffset(pump.id, bridge::test::measuredClock(100000, 1h));
    store.markAbsent(pump.id, {99999, 99999});
    receive({{100000, bytes("0ef0a0860100100e3cea07030e091a00")},
             {100001, bytes("0cf0a1860100bb0003008e000c09d7ff")},
             {100002, bytes("01f0a2860100bf00c9c0c62df9")}});
    publish();
    EXPECT_EQ(documents.size(), 1U);
}

// A suspension by the user, of which no further record tells.
TEST_F(PublisherTest, MapsTheNewestRecordsAgainWhenThePumpShowsMore) {
    settings.features = {nightscout::Feature::Basal};
    auto records = someRecords();
    records.push_back({3, bytes("0af003000000ee0202")}); // stopped at 09:38:30
    receive(records);
    publish();
    EXPECT_EQ(documents.size(), 2U); // the step before it, and the gap after that
    bridge::StatusPublisher present{store, computer.host, settings, {}, true};
    therapy::PumpStatus status;
    status.status.emplace();
    status.status->therapyControlState = history::TherapyControlState::Stop;
    status.statusReadAt = std::chrono::sys_seconds{1773477513s}; // 08:38:33 UTC
    EXPECT_TRUE(present.note(pump, status));
    *status.statusReadAt += 2min;
    EXPECT_TRUE(present.note(pump, status));
    publishNewest();
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_NE(documents[2].body.find("Suspended by user"), std::string::npos) << documents[2].body;
}

TEST_F(PublisherTest, DatesByTheMeasuredOffset) {
    store.noteOldest(pump.id, 0);
    store.keepClockOffset(pump.id,
                          bridge::test::measuredClock(0, 2h)); // a clock that did not go back in autumn
    receive(someRecords());
    publish();
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(nightscout::toIso(documents[0].time), "2026-03-14T07:29:00.000Z");
}

TEST_F(PublisherTest, KeepsAPublishedTimeWhenTheClockIsMeasuredAnew) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    publish();
    store.queueDocuments(pump.id, documents, times);
    store.keepClockOffset(pump.id, bridge::test::measuredClock(0, 2h));
    receive({{3, bytes("0cf003000000e7010800960000000000")}});
    publish();
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(nightscout::toIso(documents[0].time), "2026-03-14T08:29:00.000Z");
    EXPECT_EQ(nightscout::toIso(documents[1].time), "2026-03-14T07:34:00.000Z");
}

TEST_F(PublisherTest, LeavesUndatedWhatAnUnreadableReferenceGoverns) {
    store.noteOldest(pump.id, 0);
    auto records = someRecords();
    records.push_back({3, bytes("0ef003000000100e3cea070d0e091a00")}); // month 13
    records.push_back({4, bytes("0cf004000000bb0003008e000c09d7ff")});
    receive(records);
    publish();
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].sequenceNumber, 1U);
}

TEST_F(PublisherTest, TakesTheDirectionFromTheTrendOfTheSameSample) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    receive({{3, bytes("0cf003000000e7010800960000000000")}}); // 150 mg/dL at 09:34
    const protocol::LocalSeconds first{std::chrono::local_days{std::chrono::year{2026} / 3 / 14} + 9h +
                                       29min};
    store.addTrend(pump.id, {first + 41s, -2100, 142}); // the session's minutes begin at another second
    store.addTrend(pump.id, {first - 5min + 41s, 3000, 150});
    publish();
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_NE(documents[0].body.find("SingleDown"), std::string::npos) << documents[0].body;
    EXPECT_NE(documents[1].body.find("FortyFiveUp"), std::string::npos) << documents[1].body; // by history
}

TEST_F(PublisherTest, HoldsWhatIsNotMeasuredAndOffersItAgain) {
    store.noteOldest(pump.id, 0);
    store.beginEpoch(pump.id); // nothing is known of the clock
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    publish();
    EXPECT_TRUE(documents.empty());
    EXPECT_EQ(bridge::heldRecords(store, pump.id, zone, computer.utc),
              (std::vector<bridge::HeldRecords>{{therapy::Hold::NotMeasured, 3}}));
    EXPECT_FALSE(store.unpublished(pump.id).empty());

    store.keepClockOffset(pump.id, bridge::test::measuredClock(0, 1h));
    publish();
    EXPECT_EQ(documents.size(), 1U);
    EXPECT_TRUE(bridge::heldRecords(store, pump.id, zone, computer.utc).empty());
    EXPECT_TRUE(store.unpublished(pump.id).empty());
}

TEST_F(PublisherTest, HoldsASegmentThatFollowsAnUnknownChangeAlone) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    receive({{3, bytes("0ef00300000000003cea07030e0b0000")}, // the pump was off, and kept its clock
             {4, bytes("0cf0040000003c0001008e000c09d7ff")}});
    publish();
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(bridge::heldRecords(store, pump.id, zone, computer.utc),
              (std::vector<bridge::HeldRecords>{{therapy::Hold::NotMeasured, 2}}));
    EXPECT_EQ(store.unpublished(pump.id), (std::vector<SequenceRange>{{3, 4}}));
}

TEST_F(PublisherTest, HoldsWhatIsMoreThanFourHundredDaysOldWhenItComes) {
    store.noteOldest(pump.id, 0);
    const auto first = kReference;
    computer.utc = first + std::chrono::days(400) + 1s;
    store.addRecords(pump.id, someRecords(), computer.utc);
    publish();
    EXPECT_EQ(bridge::heldRecords(store, pump.id, zone, computer.utc),
              (std::vector<bridge::HeldRecords>{{therapy::Hold::Implausible, 1}}));
    computer.utc = first + std::chrono::days(400);
    EXPECT_TRUE(bridge::heldRecords(store, pump.id, zone, computer.utc).empty());
}

// Glucose of 09:29:07 and a basal of 09:29:11; the reference before them is of 09:26:00.
TEST_F(PublisherTest, HoldsWhatLiesMoreThanTwoMinutesAheadUntilItsTimeHasCome) {
    store.noteOldest(pump.id, 0);
    const auto glucose = kReference + 187s;
    computer.utc = glucose - 2min - 1s;
    store.addRecords(pump.id, someRecords(), computer.utc);
    bridge::Publisher ours = publisher();
    ours.publish(pump);
    EXPECT_TRUE(documents.empty());
    EXPECT_EQ(store.unpublished(pump.id), (std::vector<SequenceRange>{{1, 2}}));
    auto held = bridge::heldRecords(store, pump.id, zone, computer.utc);
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].reason, therapy::Hold::Implausible);
    EXPECT_EQ(held[0].count, 2U);
    EXPECT_EQ(held[0].until, glucose - 2min);
    EXPECT_EQ(ours.heldUntil(), glucose - 2min);
    EXPECT_NE(describe(held[0]).find("lies ahead"), std::string_view::npos);
    EXPECT_TRUE(bridge::heldRecords(store, pump.id, zone, std::nullopt).empty())
        << "nothing is judged by a clock that is not trusted";

    computer.utc += 1s;
    ours.publish(pump);
    EXPECT_EQ(documents.size(), 1U);
    EXPECT_EQ(store.unpublished(pump.id), (std::vector<SequenceRange>{{2, 2}}));
    EXPECT_EQ(ours.heldUntil(), glucose + 4s - 2min);
    computer.utc += 4s;
    ours.publish(pump);
    EXPECT_TRUE(store.unpublished(pump.id).empty());
    EXPECT_FALSE(ours.heldUntil());
}

TEST_F(PublisherTest, SendsWhatHasWaitedForYears) {
    store.noteOldest(pump.id, 0);
    store.addRecords(pump.id, someRecords(), kReference);
    computer.utc = kReference + std::chrono::days(2000);
    publish();
    EXPECT_EQ(documents.size(), 1U);
}

TEST_F(PublisherTest, HandsOnWhatIsNewOrOther) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    auto one = publisher();
    one.publish(pump);
    EXPECT_EQ(documents.size(), 1U);
    receive({{3, bytes("0cf003000000e70308008e000c09d7ff")}}); // the next glucose
    one.publish(pump);
    ASSERT_EQ(documents.size(), 1U) << "the first one is as before";
    EXPECT_EQ(documents[0].sequenceNumber, 3U);
    one.forgetHanded();
    one.publishNewest(pump);
    EXPECT_EQ(documents.size(), 2U);
}

TEST_F(PublisherTest, HandsOnAgainWhatWasNotKept) {
    store.noteOldest(pump.id, 0);
    receive(someRecords());
    bool full = true;
    bridge::Publisher one{store,
                          zone,
                          computer.host,
                          settings,
                          [&](bridge::PumpId, std::span<const nightscout::Document> mapped,
                              std::span<const bridge::Store::Published>) {
                              documents.assign(mapped.begin(), mapped.end());
                              if (full) throw bridge::StoreError("no space", bridge::StoreErrorKind::Passing);
                              return bridge::QueueResult{};
                          },
                          true,
                          log};
    EXPECT_THROW(one.publish(pump), bridge::StoreError);
    full = false;
    documents.clear();
    one.publish(pump);
    EXPECT_EQ(documents.size(), 1U);
}

} // namespace
