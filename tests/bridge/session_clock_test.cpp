// SPDX-License-Identifier: MIT
// When a session reads the pump's clock, and what becomes of it (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>

#include "bridge/publish/clock_keeper.hpp"
#include "host_clock_double.hpp"
#include "session_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;

class ASessionsClock : public SessionFixture {
protected:
    ASessionsClock() {
        settings.follow.poll = 1h;
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        records.erase(records.begin(), records.end() - 400);
        onClockRead = [this](const therapy::ClockReading& reading) { keeper().read(pumpInfo(), reading); };
        onClockWanted = [this] { return keeper().wantsReading(pumpInfo()); };
        onClockBracketed = [this] { keeper().settle(pumpInfo()); };
        onRange = [this] { keeper().settle(pumpInfo()); };
    }
    bridge::ClockKeeper& keeper() {
        if (!keeper_) keeper_ = std::make_unique<bridge::ClockKeeper>(*store, zone, computer().host, log);
        return *keeper_;
    }
    bridge::test::HostClockDouble& computer() {
        if (!computer_) computer_ = std::make_unique<bridge::test::HostClockDouble>(*store, zone);
        return *computer_;
    }
    [[nodiscard]] bridge::PumpInfo pumpInfo() const { return store->pumps().at(0); }
    void follow() {
        start();
        ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
        settle();
    }
    /// The clock is set by `change`; the pump writes its record when `tells`.
    void set(std::chrono::seconds change, bool tells = true) {
        const auto shown = kPumpNow + change;
        pump->tellTime([shown] { return shown; });
        if (!tells) return;
        const history::Record record{{static_cast<std::uint16_t>(history::EventType::NgpReferenceTime),
                                      all().last + 1, static_cast<std::uint16_t>(sinceReference().count())},
                                     history::NgpReferenceTime{history::RecordingReason::SetDateTime,
                                                               protocol::DateTime::from(shown)}};
        records.push_back(history::encode(record));
        pump->append(records.back());
        shown_ = shown;
        link->deliver();
        settle();
    }
    [[nodiscard]] std::vector<therapy::ClockOffset> kept() const { return store->clockOffsets(pumpId()); }

    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();

private:
    /// By the clock as it was.
    [[nodiscard]] std::chrono::seconds sinceReference() const {
        std::optional<protocol::LocalSeconds> last;
        for (const auto& raw : records)
            if (const auto reference = therapy::referenceOf(raw)) last = reference->time;
        return last ? shown_ - *last : std::chrono::seconds{0};
    }

    protocol::LocalSeconds shown_ = kPumpNow;
    std::unique_ptr<bridge::test::HostClockDouble> computer_;
    std::unique_ptr<bridge::ClockKeeper> keeper_;
};

TEST_F(ASessionsClock, IsReadOnceMoreWhenTheFirstRecordsAreThere) {
    follow();
    ASSERT_EQ(kept().size(), 1U) << logText.str();
    EXPECT_EQ(kept()[0].offset, 1h);
    EXPECT_EQ(readings.size(), 2U);
    expectEverythingStored();
}

TEST_F(ASessionsClock, IsReadAgainAtOnceWhenItWasSet) {
    follow();
    const auto before = readings.size();
    set(1h);
    EXPECT_EQ(readings.size(), before + 1);
    ASSERT_EQ(kept().size(), 2U) << logText.str();
    EXPECT_EQ(kept()[1].offset, 2h);
    EXPECT_EQ(kept()[1].from, all().last);
}

TEST_F(ASessionsClock, ThatIsLostIsRemembered) {
    follow();
    const auto lost = protocol::LocalSeconds{std::chrono::local_days{std::chrono::year{2020} / 1 / 1}};
    set(lost - kPumpNow);
    ASSERT_EQ(kept().size(), 2U);
    EXPECT_EQ(kept()[1].source, therapy::OffsetSource::Lost);
    const auto before = readings.size();
    set(0s); // and set right
    EXPECT_EQ(readings.size(), before + 1);
    EXPECT_EQ(kept().back().offset, 1h);
}

TEST_F(ASessionsClock, ThatCannotBeReadIsNotAskedForWithoutEnd) {
    onClockRead = [](const therapy::ClockReading&) {};
    follow();
    EXPECT_TRUE(kept().empty());
    EXPECT_LE(readings.size(), 6U);
}

} // namespace
