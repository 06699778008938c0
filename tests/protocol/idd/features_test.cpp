// SPDX-License-Identifier: MIT
#include "protocol/idd/features.hpp"

#include <gtest/gtest.h>

#include "service_examples.hpp"

namespace protocol::idd {
namespace {

using test::hex;
using Code = ParseError::Code;

Features withFlags(std::uint64_t flags) {
    Features features;
    features.concentration = MedFloat::number(100, 0, MedFloat::Width::Sfloat);
    features.flags = flags;
    return features;
}

TEST(IddFeatures, ExtendByBytesAsLongAsTheTopBitIsSet) {
    EXPECT_EQ(toHex(serialize(withFlags(0xdefe))), "ffff006400fede00");
    EXPECT_EQ(toHex(serialize(withFlags(0x1f80defe))), "ffff006400fede801f");
    const auto two = parseFeatures(hex("ffff006400fede809f21"));
    ASSERT_TRUE(two.has_value());
    EXPECT_TRUE(two->has(Feature::MatrixMenu));
    EXPECT_TRUE(two->has(Feature::HybridClosedLoop));
    EXPECT_FALSE(two->has(Feature::RemoteBolus));
    EXPECT_EQ(parseFeatures(hex("ffff006400fede80")).error(), (ParseError{Code::Truncated, 8, "flags"}));
    EXPECT_EQ(parseFeatures(hex("ffff006400fede809f")).error(), (ParseError{Code::Truncated, 9, "flags"}));
}

TEST(IddFeatures, EndSomewhere) {
    EXPECT_TRUE(parseFeatures(hex("ffff006400fedeffffffffff")).has_value());
    EXPECT_EQ(parseFeatures(hex("ffff006400fedeffffffffffff")).error(),
              (ParseError{Code::Trailing, 12, "end of frame"}));
}

TEST(IddFeatures, SetTheMarksThatHigherBitsNeed) {
    const auto features = parseFeatures(serialize(withFlags(std::uint64_t{1} << 37U)));
    ASSERT_TRUE(features.has_value());
    EXPECT_TRUE(features->has(Feature::Extension));
    EXPECT_TRUE(features->has(Feature::Extension1));
    EXPECT_TRUE(features->has(Feature::MatrixMenu));
}

TEST(IddFeatures, CheckTheirChecksumWithE2eProtection) {
    Bytes bytes = serialize(withFlags(1));
    EXPECT_TRUE(parseFeatures(bytes).has_value());
    EXPECT_NE(toHex(ByteView(bytes).first(2)), "ffff");
    bytes[3] = 0x65;
    EXPECT_EQ(parseFeatures(bytes).error(), (ParseError{Code::BadChecksum, 0, "E2E-CRC"}));
}

} // namespace
} // namespace protocol::idd
