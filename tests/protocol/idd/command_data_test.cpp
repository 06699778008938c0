// SPDX-License-Identifier: MIT
#include "protocol/idd/command_data.hpp"

#include <gtest/gtest.h>

#include "service_examples.hpp"

namespace protocol::idd {
namespace {

using test::hex;

TEST(CommandData, ReadsTheLimitsOfTheDay) {
    const auto data = parseCommandData(hex("8f14030100e00118010c030000b4001801"));
    ASSERT_TRUE(data.has_value());
    const auto& settings = std::get<HighLowSgSettings>(*data);
    EXPECT_EQ(settings.type, SettingsType::High);
    unsigned minutes = 0;
    for (const SgLimitBlock& block : settings.blocks) minutes += block.durationMinutes;
    EXPECT_EQ(minutes, 1440U);
    EXPECT_TRUE(settings.blocks.at(1).sgLimit.isZero());
}

TEST(CommandData, BlamesTheBlockThatIsCut) {
    EXPECT_EQ(parseCommandData(hex("8f140101001c020000")).error(),
              (ParseError{ParseError::Code::Truncated, 9, "duration_min"}));
}

TEST(CommandData, KeepsOtherAnswersRaw) {
    const auto data = parseCommandData(hex("a50f0102"));
    ASSERT_TRUE(data.has_value());
    EXPECT_EQ(std::get<UnknownOpCode<std::uint16_t>>(*data).opCode, 0x0fa5);
    EXPECT_EQ(toHex(serialize(*data)), "a50f0102");
}

TEST(CommandResponse, NamesItsCodes) {
    const auto response = parseCommandResponse(hex("550f8e1475"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(name(std::get<CommandGeneralResponse>(*response).code), "plausibility_check_failed");
}

} // namespace
} // namespace protocol::idd
