// SPDX-License-Identifier: MIT
#include "protocol/codec/bytes.hpp"

#include <gtest/gtest.h>

namespace protocol {
namespace {

using Code = ParseError::Code;

TEST(Hexadecimal, IsWrittenInLowerCaseWithoutSeparators) {
    EXPECT_EQ(toHex({}), "");
    EXPECT_EQ(toHex(Bytes{0x00, 0x0f, 0xf0, 0xab, 0xff}), "000ff0abff");
}

TEST(Hexadecimal, IsReadInEitherCaseWithWhiteSpaceBetweenBytes) {
    const auto bytes = fromHex(" 00 0F\tf0\r\naB  ff\n");
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(*bytes, (Bytes{0x00, 0x0f, 0xf0, 0xab, 0xff}));
}

TEST(Hexadecimal, ReadsNothingFromNothing) {
    ASSERT_TRUE(fromHex("").has_value());
    EXPECT_TRUE(fromHex(" \n")->empty());
}

TEST(Hexadecimal, RoundTripsEveryByte) {
    for (unsigned value = 0; value < 256; ++value) {
        const Bytes one{static_cast<std::uint8_t>(value)};
        const auto read = fromHex(toHex(one));
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(*read, one);
    }
}

TEST(Hexadecimal, BlamesTheCharacterThatIsNoDigit) {
    EXPECT_EQ(fromHex("0g").error(), (ParseError{Code::BadValue, 1, "hexadecimal digit"}));
    EXPECT_EQ(fromHex("00 x1").error(), (ParseError{Code::BadValue, 3, "hexadecimal digit"}));
    EXPECT_EQ(fromHex("0 0").error(), (ParseError{Code::BadValue, 1, "hexadecimal digit"}));
}

TEST(Hexadecimal, BlamesTheHalfByteAtTheEnd) {
    EXPECT_EQ(fromHex("00112").error(), (ParseError{Code::Truncated, 4, "hexadecimal digit pair"}));
}

TEST(ParseErrors, ReadAsOneLine) {
    EXPECT_EQ(toString(ParseError{Code::Truncated, 6, "relative_offset_s"}),
              "truncated at offset 6: relative_offset_s");
    EXPECT_EQ(toString(Code::Trailing), "trailing");
    EXPECT_EQ(toString(Code::BadValue), "bad_value");
    EXPECT_EQ(toString(Code::BadChecksum), "bad_checksum");
}

} // namespace
} // namespace protocol
