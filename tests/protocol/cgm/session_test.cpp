// SPDX-License-Identifier: MIT
#include "protocol/cgm/session.hpp"

#include <gtest/gtest.h>

#include "../idd/service_examples.hpp"

namespace protocol::cgm {
namespace {

using test::hex;
using Code = ParseError::Code;

TEST(CgmSession, CountsFromItsStartInPumpTime) {
    const auto start = parseSessionStartTime(hex("e807051c000d3880ff2889"));
    ASSERT_TRUE(start.has_value());
    EXPECT_EQ(toString(*start->sampleTime(2875)), "2024-05-30T00:08:56");
    const auto runTime = parseSessionRunTime(hex("aa00baef"));
    ASSERT_TRUE(runTime.has_value());
    EXPECT_EQ(toString(*runTime->expiry(*start)), "2024-06-04T02:13:56");
}

TEST(CgmSession, HasNoTimesWithoutADate) {
    EXPECT_EQ(SessionStartTime{}.sampleTime(5), std::nullopt);
    EXPECT_EQ(SessionRunTime{170}.expiry({}), std::nullopt);
}

TEST(CgmSessionStartTime, IgnoresItsZone) {
    const auto start = parseSessionStartTime(hex("ea07060108000004048d1d"));
    ASSERT_TRUE(start.has_value());
    EXPECT_EQ(start->timeZone, 4);
    EXPECT_EQ(toString(*start->sampleTime(0)), "2026-06-01T08:00:00");
}

TEST(CgmSessionStartTime, RejectsDatesThatDoNotExist) {
    SessionStartTime value;
    value.start = DateTime{2026, 2, 30, 8, 0, 0};
    EXPECT_EQ(parseSessionStartTime(serialize(value)).error(),
              (ParseError{Code::BadValue, 0, "session_start"}));
}

TEST(CgmSessionStartTime, TellsMissingBytesFromDamage) {
    EXPECT_EQ(parseSessionStartTime(hex("e807051c000d3880ff28")).error(),
              (ParseError{Code::Truncated, 9, "E2E-CRC"}));
    EXPECT_EQ(parseSessionStartTime(hex("e807051c000d3880")).error(),
              (ParseError{Code::Truncated, 8, "dst_offset_15min"}));
    EXPECT_EQ(parseSessionStartTime(hex("e807051c000d3880ff2888")).error(),
              (ParseError{Code::BadChecksum, 9, "E2E-CRC"}));
}

TEST(CgmSessionRunTime, WritesItsChecksum) {
    EXPECT_EQ(toHex(serialize(SessionRunTime{168})), "a800d889");
}

TEST(CgmStatus, NumbersItsBitsAsTheMeasurement) {
    const auto status = parseStatus(hex("2d01010800eff0"));
    ASSERT_TRUE(status.has_value());
    EXPECT_EQ(status->statusBits, 1U | 1U << 11U);
}

} // namespace
} // namespace protocol::cgm
