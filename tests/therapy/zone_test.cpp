// SPDX-License-Identifier: MIT
#include "therapy/zone.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using std::chrono::seconds;
using therapy::snapOffset;
using therapy::UtcConverter;
using therapy::Zone;
namespace history = protocol::history;

constexpr std::chrono::sys_days kWinter{std::chrono::year{2026} / 1 / 20};
constexpr std::chrono::sys_days kSummer{std::chrono::year{2026} / 7 / 20};

Zone berlin() {
    return Zone::find("Europe/Berlin").value();
}

LocalSeconds local(int month, int day, seconds ofDay) {
    return LocalSeconds{std::chrono::local_days{std::chrono::year{2026} / month / day}.time_since_epoch() +
                        ofDay};
}

TEST(ZoneName, IsLookedUpInTheDatabase) {
    EXPECT_TRUE(Zone::find("America/New_York"));
    EXPECT_FALSE(Zone::find("Europe/Atlantis"));
    EXPECT_FALSE(Zone::find(""));
}

TEST(ZoneOffset, FollowsTheSeason) {
    EXPECT_EQ(berlin().offsetAt(kWinter), 1h);
    EXPECT_EQ(berlin().offsetAt(kSummer), 2h);
}

TEST(ZoneOffset, InAFoldIsThatOfTheEarlierInstant) {
    EXPECT_EQ(berlin().offsetFor(local(10, 25, 2h + 30min)), 2h);
}

TEST(ZoneOffset, InAGapIsTheOneBeforeTheChange) {
    EXPECT_EQ(berlin().offsetFor(local(3, 29, 2h + 30min)), 1h);
}

TEST(SnapOffset, ForgivesAClockThatIsMinutesWrong) {
    EXPECT_EQ(snapOffset(1h + 4min + 11s, berlin(), kWinter), 1h);
    EXPECT_EQ(snapOffset(1h - 9min, berlin(), kWinter), 1h);
}

TEST(SnapOffset, SeesAClockThatDidNotFollowTheSeason) {
    EXPECT_EQ(snapOffset(2h + 20s, berlin(), kWinter), 2h);
    EXPECT_EQ(snapOffset(1h - 20s, berlin(), kSummer), 1h);
}

TEST(SnapOffset, TakesQuartersOfAnHourElsewhere) {
    EXPECT_EQ(snapOffset(5h + 44min, berlin(), kWinter), 5h + 45min);
    EXPECT_EQ(snapOffset(-3h - 31min, berlin(), kWinter), -3h - 30min);
}

therapy::Reference reference(std::uint32_t number, seconds elapsed, history::RecordingReason reason,
                             LocalSeconds time) {
    return {number, elapsed, reason, time};
}

TEST(UtcConversion, GoesBackOverAChangeOfTheClock) {
    const therapy::TimeLine timeLine{{
        reference(10, 0s, history::RecordingReason::Periodic, local(1, 20, 10h)),
        reference(20, 600s, history::RecordingReason::SetDateTime, local(1, 20, 11h + 10min)),
    }};
    const Zone zone = berlin();
    const UtcConverter utc{timeLine, zone, 2h};
    ASSERT_EQ(timeLine.segments().size(), 2U);
    EXPECT_EQ(utc.utc({local(1, 20, 12h), {}, 1}), kWinter + 10h);
    EXPECT_EQ(utc.utc({local(1, 20, 10h), {}, 0}), kWinter + 9h);
}

TEST(UtcConversion, WithoutMeasurementUsesTheZone) {
    const therapy::TimeLine timeLine{
        {reference(10, 0s, history::RecordingReason::Periodic, local(7, 20, 10h))}};
    const Zone zone = berlin();
    const UtcConverter utc{timeLine, zone, std::nullopt};
    EXPECT_EQ(utc.utc({local(7, 20, 12h), {}, 0}), kSummer + 10h);
}

TEST(UtcConversion, DoesNotCrossALossOfTheClock) {
    const therapy::TimeLine timeLine{{
        reference(10, 0s, history::RecordingReason::Periodic, local(1, 20, 10h)),
        reference(20, 0s, history::RecordingReason::DateTimeLoss, local(1, 1, 0h)),
        reference(21, 95s, history::RecordingReason::SetDateTime, local(1, 20, 14h)),
    }};
    const Zone zone = berlin();
    const UtcConverter utc{timeLine, zone, 3h};
    EXPECT_EQ(utc.utc({local(1, 20, 15h), {}, timeLine.segments().size() - 1}), kWinter + 12h);
    EXPECT_EQ(utc.utc({local(1, 20, 10h), {}, 0}), kWinter + 9h);
}

} // namespace
