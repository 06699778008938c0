// SPDX-License-Identifier: MIT
#include "virtual_pump/life.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

using namespace std::chrono_literals;
using virtual_pump::ScaledClock;

constexpr protocol::LocalSeconds kNow = std::chrono::local_days{2026y / 3 / 14} + 9h + 26min;

TEST(CutHistory, KeepsAllRecordsInTheirOrder) {
    const auto all = virtual_pump::generateHistory({.seed = 4, .days = 2, .end = kNow + 24h});
    const auto life = virtual_pump::cut(all, kNow);
    auto joined = life.past;
    for (const auto& coming : life.coming) joined.push_back(coming.record);
    EXPECT_EQ(joined, all);
    EXPECT_GT(life.past.size(), 500U);
    EXPECT_GT(life.coming.size(), 500U);
}

TEST(CutHistory, DatesWhatComes) {
    const auto life =
        virtual_pump::cut(virtual_pump::generateHistory({.seed = 4, .days = 2, .end = kNow + 24h}), kNow);
    ASSERT_FALSE(life.coming.empty());
    EXPECT_GT(life.coming.front().time, kNow);
    EXPECT_LE(life.coming.front().time, kNow + 5min);
    EXPECT_EQ(life.coming.back().time, kNow + 24h);
    EXPECT_TRUE(std::ranges::is_sorted(life.coming, {}, &virtual_pump::Coming::time));
}

TEST(AScaledClock, RunsAsFastAsItIsTold) {
    ScaledClock::Steady::time_point steady{};
    const ScaledClock clock(kNow, 60, [&steady] { return steady; });
    EXPECT_EQ(clock.now(), kNow);
    steady += 5s;
    EXPECT_EQ(clock.now(), kNow + 5min);
    EXPECT_EQ(clock.until(kNow), 0s);
    const auto wait = clock.until(kNow + 10min);
    EXPECT_GE(wait, 5s);
    EXPECT_LE(wait, 5s + 2ms);
    steady += wait;
    EXPECT_GE(clock.now(), kNow + 10min);
}

TEST(AScaledClock, RunsAsOursOnceItHasCaughtUp) {
    ScaledClock::Steady::time_point steady{};
    const ScaledClock clock(
        kNow - 3h, 61, [&steady] { return steady; }, 3h);
    steady += 179s;
    EXPECT_EQ(clock.now(), kNow - 3h + 179s * 61);
    steady += 1s;
    EXPECT_EQ(clock.now(), kNow + 180s) << "the time that it is then";
    EXPECT_GE(clock.until(kNow + 480s), 300s);
    EXPECT_LE(clock.until(kNow + 480s), 300s + 2ms);
    steady += 1h;
    EXPECT_EQ(clock.now(), kNow + 180s + 1h);
}

} // namespace
