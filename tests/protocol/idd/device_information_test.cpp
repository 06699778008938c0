// SPDX-License-Identifier: MIT
#include "protocol/idd/device_information.hpp"

#include <gtest/gtest.h>

#include "service_examples.hpp"

namespace protocol::idd {
namespace {

using test::hex;

TEST(DeviceText, EndsAtTheFirstNul) {
    EXPECT_EQ(parseText(hex("4d4d542d3138383500")), "MMT-1885");
    EXPECT_EQ(parseText(hex("4d4d5400313838")), "MMT");
    EXPECT_EQ(parseText(hex("4d4d54")), "MMT");
    EXPECT_EQ(parseText({}), "");
}

TEST(DeviceText, IsFitForALog) {
    EXPECT_EQ(parseText(hex("410a1b5b42ff")), "A??[B?");
    EXPECT_EQ(parseText(hex("c3a4e282")), "????") << "nor in UTF-8, whole or cut";
    EXPECT_EQ(parseText(hex("7f80")), "??");
}

TEST(DeviceText, HasNoBlanksAroundIt) {
    EXPECT_EQ(parseText(hex("20094d4d5420200d0a00")), "MMT");
    EXPECT_EQ(parseText(hex("4d204d")), "M M");
    EXPECT_EQ(parseText(hex("2020")), "");
}

TEST(DeviceText, IsCutWhereItIsTooLong) {
    EXPECT_EQ(parseText(Bytes(kLongestText, 'x')), std::string(kLongestText, 'x'));
    EXPECT_EQ(parseText(Bytes(512, 'x')), std::string(kLongestText, 'x'));
}

TEST(BatteryLevel, RejectsMoreThanFull) {
    EXPECT_EQ(parseBatteryLevel(hex("00"))->percent, 0);
    EXPECT_EQ(parseBatteryLevel(hex("64"))->percent, 100);
    EXPECT_EQ(parseBatteryLevel(hex("65")).error(), (ParseError{ParseError::Code::BadValue, 0, "percent"}));
}

TEST(SystemId, HasTheVendorsIdentifier) {
    const auto id = parseSystemId(hex("0102030405f72300"));
    ASSERT_TRUE(id.has_value());
    EXPECT_EQ(*id, (SystemId{0x0504030201, 0x0023f7}));
}

TEST(PnpId, NamesMedtronic) {
    EXPECT_EQ(*parsePnpId(hex("01f90100001001")), (PnpId{1, 0x01f9, 0, 0x0110}));
}

} // namespace
} // namespace protocol::idd
