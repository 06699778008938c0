// SPDX-License-Identifier: MIT
#include "protocol/pump_serial.hpp"

#include <gtest/gtest.h>

namespace protocol {
namespace {

TEST(PumpSerial, IsTheSameHoweverItIsWritten) {
    for (const char* text : {"NG1234567H", "ng1234567h", " Ng1234567H\n", "NG 1234567 H", "NG-1234567-H"})
        EXPECT_EQ(*parsePumpSerial(text), "NG1234567H") << text;
    EXPECT_EQ(*parsePumpSerial(std::string_view("NG1234567H\0\0\0", 13)), "NG1234567H");
    EXPECT_TRUE(sameSerial("NG1234567H", "1234567H"));
    EXPECT_TRUE(sameSerial("NG1234567H", "NG1234567H"));
    EXPECT_FALSE(sameSerial("NG1234567H", "NG7654321H"));
}

TEST(PumpSerial, RefusesWhatIsNone) {
    for (const char* text : {"", " ", "NG", "123", "NG12345\x01H", "NG123456\xc3\xa4H", "NG1234567H;",
                             "\xff\xfe", "\"NG1234567H\""})
        EXPECT_FALSE(parsePumpSerial(text).has_value()) << text;
    EXPECT_TRUE(parsePumpSerial("1234").has_value());
    EXPECT_TRUE(parsePumpSerial(std::string(20, 'A')).has_value());
    EXPECT_FALSE(parsePumpSerial(std::string(21, 'A')).has_value());
    EXPECT_FALSE(parsePumpSerial(std::string(512, '7')).has_value());
}

TEST(PumpSerial, StandsAtTheEndOfThePumpsName) {
    EXPECT_TRUE(nameFitsSerial("Pump 1234567H", "NG1234567H"));
    EXPECT_TRUE(nameFitsSerial("Pump 1234567H", "1234567H"));
    EXPECT_TRUE(nameFitsSerial("Pump 1234567H", ""));
    EXPECT_FALSE(nameFitsSerial("Pump 1234567H", "NG7654321H"));
    EXPECT_FALSE(nameFitsSerial("Keyboard", ""));
    EXPECT_FALSE(nameFitsSerial("", "NG1234567H"));
}

} // namespace
} // namespace protocol
