// SPDX-License-Identifier: MIT
#include "protocol/codec/utc_time.hpp"

#include <gtest/gtest.h>

namespace protocol {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_time;

TEST(UtcTime, HasTheDigitsOfItsPrecision) {
    const sys_time<std::chrono::seconds> time = sys_days{std::chrono::March / 14 / 2026} + 8h + 29min + 11s;
    EXPECT_EQ(toIso(time), "2026-03-14T08:29:11Z");
    EXPECT_EQ(toIso(time + 22ms), "2026-03-14T08:29:11.022Z");
    EXPECT_EQ(toIso(time + 22'357us), "2026-03-14T08:29:11.022357Z");
    EXPECT_EQ(toIso(sys_time<std::chrono::milliseconds>(time)), "2026-03-14T08:29:11.000Z");
}

TEST(UtcTime, MayBeBeforeTheEpoch) {
    EXPECT_EQ(toIso(sys_time<std::chrono::seconds>{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(toIso(sys_time<std::chrono::milliseconds>{-1ms}), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(toIso(sys_time<std::chrono::microseconds>{-1us}), "1969-12-31T23:59:59.999999Z");
}

} // namespace
} // namespace protocol
