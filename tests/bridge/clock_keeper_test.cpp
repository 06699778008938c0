// SPDX-License-Identifier: MIT
#include "bridge/publish/clock_keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "host_clock_double.hpp"
#include "protocol/history/record.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using protocol::history::RecordingReason;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace history = protocol::history;

constexpr LocalSeconds kMorning{std::chrono::local_days{std::chrono::year{2026} / 1 / 20} + 6h};

class AClockKeeper : public ::testing::Test {
protected:
    void receive(std::uint32_t number, seconds elapsed, RecordingReason reason, LocalSeconds time) {
        const auto raw = history::encode({{0xf00e, number, static_cast<std::uint16_t>(elapsed.count())},
                                          history::NgpReferenceTime{reason, protocol::DateTime::from(time)}});
        store.addRecords(pump.id, std::vector<ReceivedRecord>{{number, raw}}, std::chrono::sys_seconds{});
    }
    void read(seconds offset, seconds since = 0s) {
        const std::chrono::sys_seconds utc{kMorning.time_since_epoch() + since};
        keeper.read(pump, {LocalSeconds{utc.time_since_epoch() + offset}, utc});
    }
    std::vector<therapy::ClockOffset> kept() { return store.clockOffsets(pump.id); }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    PumpInfo pump = store.pump("NG1234567H");
    HostClockDouble computer{store, zone};
    ClockKeeper keeper{store, zone, computer.host, log};
};

TEST_F(AClockKeeper, KeepsAReadingOnceHistoryIsThereUpToTheEnd) {
    receive(10, 0s, RecordingReason::Periodic, kMorning);
    EXPECT_TRUE(keeper.wantsReading(pump));
    read(1h + 5s);
    EXPECT_THAT(kept(), IsEmpty());
    EXPECT_TRUE(keeper.settle(pump));
    ASSERT_THAT(kept(), SizeIs(1));
    EXPECT_EQ(kept()[0].offset, 1h);
    EXPECT_FALSE(keeper.wantsReading(pump));
    EXPECT_FALSE(keeper.settle(pump)) << "a reading counts once";
}

TEST_F(AClockKeeper, WantsAnotherReadingWhenTheClockWasSetInBetween) {
    receive(10, 0s, RecordingReason::Periodic, kMorning);
    read(1h);
    keeper.settle(pump);
    read(2h, 30min); // before or after?
    receive(11, 600s, RecordingReason::SetDateTime, kMorning + 1h + 10min);
    EXPECT_FALSE(keeper.settle(pump));
    EXPECT_THAT(kept(), SizeIs(1));
    EXPECT_TRUE(keeper.wantsReading(pump));
    read(2h, 31min);
    EXPECT_TRUE(keeper.settle(pump));
    ASSERT_THAT(kept(), SizeIs(2));
    EXPECT_EQ(kept()[1].from, 11U);
    EXPECT_EQ(kept()[1].offset, 2h);
}

TEST_F(AClockKeeper, CannotUseAReadingFromBeforeTheFirstRecord) {
    read(1h);
    receive(10, 0s, RecordingReason::Periodic, kMorning);
    EXPECT_FALSE(keeper.settle(pump));
    EXPECT_TRUE(keeper.wantsReading(pump));
}

TEST_F(AClockKeeper, LeavesTheOldSegmentAloneWhenItsClockWasSet) {
    receive(10, 0s, RecordingReason::Periodic, kMorning);
    read(1h);
    keeper.settle(pump);
    read(2h, 10min);
    keeper.settle(pump); // the record has not come yet
    ASSERT_THAT(kept(), SizeIs(1));
    EXPECT_EQ(kept()[0].offset, 1h);
}

TEST_F(AClockKeeper, BelievesThePumpWhenAReferenceComesWithoutAChange) {
    receive(10, 0s, RecordingReason::Periodic, kMorning);
    read(1h);
    keeper.settle(pump);
    read(2h, 10min); // our clock was moved
    keeper.settle(pump);
    receive(11, 3600s, RecordingReason::Periodic, kMorning + 1h);
    read(2h, 20min);
    keeper.settle(pump);
    ASSERT_THAT(kept(), SizeIs(2));
    EXPECT_EQ(kept()[1].offset, 2h);
    EXPECT_EQ(kept()[1].from, 12U);
}

TEST_F(AClockKeeper, RemembersALostClockWithoutAskingAgain) {
    receive(10, 0s, RecordingReason::Periodic, kMorning - 24h * 2000);
    read(-24h * 2000);
    keeper.settle(pump);
    ASSERT_THAT(kept(), SizeIs(1));
    EXPECT_EQ(kept()[0].source, therapy::OffsetSource::Lost);
    EXPECT_FALSE(keeper.wantsReading(pump));
}

} // namespace
} // namespace bridge::test
