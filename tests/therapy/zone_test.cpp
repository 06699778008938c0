// SPDX-License-Identifier: MIT
#include "therapy/zone.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using std::chrono::seconds;
using therapy::Zone;

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

} // namespace
