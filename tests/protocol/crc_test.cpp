// SPDX-License-Identifier: MIT
#include "protocol/codec/crc.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace protocol {
namespace {

using Code = ParseError::Code;

ByteView ascii(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// docs/protocol/numbers.md 6: frames of a 780G, the CRC in the last two bytes.
constexpr std::string_view kFrames[] = {
    "904962",
    "05ffff633a",
    "81fffff9dd",
    "82020000f0da",
    "1c0580e394",
    "aa00baef",
    "91071d00ffff60273420",
    "066a00390611ffffffff0069c6",
    "ea07031c0a1f2a80ff0873",
    "0ec3be003b0b0000f8ff0a00cbb0",
    "009001591404",
};

TEST(E2eCrc, IsTheNonReflectedVariant) {
    EXPECT_EQ(e2eCrc(ascii("123456789")), 0x29b1);
    EXPECT_EQ(e2eCrc(*fromHex("3e010203040506070809")), 0x562e);
    EXPECT_EQ(e2eCrc({}), 0xffff);
    EXPECT_EQ(e2eCrc(*fromHex("90")), 0x6249);
}

TEST(E2eCrc, MatchesFramesOfAPump) {
    for (const std::string_view text : kFrames) {
        const auto frame = fromHex(text);
        const auto content = stripE2eCrc(*frame);
        ASSERT_TRUE(content.has_value()) << text;
        EXPECT_EQ(toHex(*content), text.substr(0, text.size() - 4));
    }
}

TEST(E2eCrc, NoticesEverySingleDamagedBit) {
    for (const std::string_view text : kFrames) {
        Bytes frame = *fromHex(text);
        for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
            const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
            frame[bit / 8] ^= mask;
            EXPECT_EQ(stripE2eCrc(frame).error(),
                      (ParseError{Code::BadChecksum, frame.size() - 2, "E2E-CRC"}));
            frame[bit / 8] ^= mask;
        }
    }
}

TEST(E2eCrc, RefusesFramesTooShortToHoldIt) {
    EXPECT_EQ(stripE2eCrc({}).error(), (ParseError{Code::Truncated, 0, "E2E-CRC"}));
    EXPECT_EQ(stripE2eCrc(Bytes{0xff}).error(), (ParseError{Code::Truncated, 0, "E2E-CRC"}));
    const auto empty = stripE2eCrc(Bytes{0xff, 0xff});
    ASSERT_TRUE(empty.has_value());
    EXPECT_TRUE(empty->empty());
}

TEST(Crc32, IsThatOfIeee8023) {
    EXPECT_EQ(crc32(ascii("123456789")), 0xcbf43926U);
    EXPECT_EQ(crc32({}), 0U);
    EXPECT_EQ(crc32(*fromHex("0400")), 0x25b5d7fbU);
}

} // namespace
} // namespace protocol
