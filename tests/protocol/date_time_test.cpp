// SPDX-License-Identifier: MIT
#include "protocol/codec/date_time.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace protocol {
namespace {

using namespace std::chrono_literals;
using Code = ParseError::Code;

DateTime parseDateTime(std::string_view hex) {
    const auto bytes = fromHex(hex);
    Reader reader{*bytes};
    return readDateTime(reader, "date_time");
}

TEST(DateTimes, ReadAsTheReferenceSays) {
    // docs/protocol/numbers.md 3.
    EXPECT_EQ(toString(parseDateTime("e807051c000d38")), "2024-05-28T00:13:56");
    EXPECT_EQ(toString(parseDateTime("ea07030e091a00")), "2026-03-14T09:26:00");
    EXPECT_EQ(toString(parseDateTime("e80706010b2800")), "2024-06-01T11:40:00");
}

TEST(DateTimes, AreWrittenAsTheyWereRead) {
    for (const std::string_view hex : {"e807051c000d38", "00000000000000", "ffffffffffffff"}) {
        Writer writer;
        writeDateTime(writer, parseDateTime(hex));
        EXPECT_EQ(toHex(writer.bytes()), hex);
    }
}

TEST(DateTimes, CutAnywhereBlameTheMissingBytes) {
    constexpr std::size_t kFieldOffset[] = {0, 0, 2, 3, 4, 5, 6};
    const Bytes bytes = *fromHex("e807051c000d38");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        Reader reader{ByteView{bytes}.first(size)};
        const DateTime value = readDateTime(reader, "date_time");
        EXPECT_EQ(reader.finish(value).error(),
                  (ParseError{Code::Truncated, kFieldOffset[size], "date_time"}));
    }
}

TEST(DateTimes, BecomePointsOfTimeAndComeBack) {
    for (const DateTime& value : {DateTime{1582, 1, 1, 0, 0, 0}, DateTime{2000, 2, 29, 23, 59, 59},
                                  DateTime{2026, 3, 29, 2, 30, 0}, DateTime{9999, 12, 31, 23, 59, 59}}) {
        ASSERT_TRUE(value.local().has_value()) << toString(value);
        EXPECT_EQ(DateTime::from(*value.local()), value);
        EXPECT_EQ(toString(*value.local()), toString(value));
    }
}

TEST(DateTimes, FollowEachOther) {
    const auto before = DateTime{2023, 12, 31, 23, 59, 59}.local();
    const auto after = DateTime{2024, 1, 1, 0, 0, 0}.local();
    EXPECT_EQ(*after - *before, 1s);
}

TEST(DateTimes, ThatDoNotExistAreNoPointsOfTime) {
    for (const DateTime& value :
         {DateTime{}, DateTime{0, 5, 28, 0, 0, 0}, DateTime{2024, 0, 28, 0, 0, 0},
          DateTime{2024, 5, 0, 0, 0, 0}, DateTime{1581, 12, 31, 0, 0, 0}, DateTime{10000, 1, 1, 0, 0, 0},
          DateTime{2024, 13, 1, 0, 0, 0}, DateTime{2024, 2, 30, 0, 0, 0}, DateTime{2023, 2, 29, 0, 0, 0},
          DateTime{2024, 4, 31, 0, 0, 0}, DateTime{2024, 5, 28, 24, 0, 0}, DateTime{2024, 5, 28, 0, 60, 0},
          DateTime{2024, 5, 28, 0, 0, 60}})
        EXPECT_FALSE(value.local().has_value()) << toString(value);
}

TEST(CurrentTimes, ReadAsTheReferenceSays) {
    const auto thursday = parseCurrentTime(*fromHex("e807051e000a09045a00"));
    ASSERT_TRUE(thursday.has_value());
    EXPECT_EQ(*thursday, (CurrentTime{DateTime{2024, 5, 30, 0, 10, 9}, 4, 90, 0}));
    const auto saturday = parseCurrentTime(*fromHex("e8070601162a0c062800"));
    ASSERT_TRUE(saturday.has_value());
    EXPECT_EQ(*saturday, (CurrentTime{DateTime{2024, 6, 1, 22, 42, 12}, 6, 40, 0}));
}

TEST(CurrentTimes, AreWrittenAsTheyWereRead) {
    for (const std::string_view hex :
         {"e807051e000a09045a00", "e8070601162a0c062800", "000000000000000000ff"}) {
        const auto value = parseCurrentTime(*fromHex(hex));
        ASSERT_TRUE(value.has_value());
        EXPECT_EQ(toHex(serialize(*value)), hex);
    }
}

TEST(CurrentTimes, CutAnywhereBlameTheMissingBytes) {
    const Bytes bytes = *fromHex("e807051e000a09045a00ff");
    constexpr ParseError kErrors[] = {
        {Code::Truncated, 0, "date_time"},     {Code::Truncated, 0, "date_time"},
        {Code::Truncated, 2, "date_time"},     {Code::Truncated, 3, "date_time"},
        {Code::Truncated, 4, "date_time"},     {Code::Truncated, 5, "date_time"},
        {Code::Truncated, 6, "date_time"},     {Code::Truncated, 7, "day_of_week"},
        {Code::Truncated, 8, "fractions_256"}, {Code::Truncated, 9, "adjust_reason"},
    };
    for (std::size_t size = 0; size < std::size(kErrors); ++size)
        EXPECT_EQ(parseCurrentTime(ByteView{bytes}.first(size)).error(), kErrors[size]);
    EXPECT_EQ(parseCurrentTime(bytes).error(), (ParseError{Code::Trailing, 10, "end of frame"}));
}

TEST(PumpEpoch, StartsIn2000) {
    EXPECT_EQ(toString(fromPumpEpoch(0)), "2000-01-01T00:00:00");
    EXPECT_EQ(toString(fromPumpEpoch(711922680)), "2022-07-23T20:18:00");
    EXPECT_EQ(toPumpEpoch(*DateTime{2022, 7, 23, 20, 18, 0}.local()), 711922680U);
}

TEST(PumpEpoch, StaysWithin32Bits) {
    EXPECT_EQ(toPumpEpoch(fromPumpEpoch(0) - 1s), 0U);
    EXPECT_EQ(toPumpEpoch(fromPumpEpoch(0xffffffff)), 0xffffffffU);
    EXPECT_EQ(toPumpEpoch(fromPumpEpoch(0xffffffff) + 1s), 0xffffffffU);
}

} // namespace
} // namespace protocol
