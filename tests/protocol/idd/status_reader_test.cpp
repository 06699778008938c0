// SPDX-License-Identifier: MIT
#include "protocol/idd/status_reader.hpp"

#include <gtest/gtest.h>

#include "service_examples.hpp"

namespace protocol::idd::status_reader {
namespace {

using test::described;
using test::hex;
using test::json;
using Code = ParseError::Code;

template <typename Message>
Message response(std::string_view text) {
    const auto parsed = parseResponse(hex(text));
    EXPECT_TRUE(parsed.has_value()) << text;
    if (!parsed.has_value() || !std::holds_alternative<Message>(*parsed)) {
        ADD_FAILURE() << "another message: " << text;
        return {};
    }
    return std::get<Message>(*parsed);
}

const std::vector<std::pair<Request, std::string>>& allRequests() {
    static const std::vector<std::pair<Request, std::string>> requests{
        {ResetStatus{StatusChanged{0x80}}, "0c038000"},
        {GetActiveBolusIds{}, "3003"},
        {GetActiveBolusDelivery{203, BolusValue::Delivered}, "5603cb003c"},
        {GetActiveBasalRateDelivery{}, "6503"},
        {GetTotalDailyInsulin{}, "9503"},
        {GetCounter{CounterType::ReservoirInsulinOperationTime, CounterValue::Elapsed}, "a6035533"},
        {GetDeliveredInsulin{}, "c003"},
        {GetInsulinOnBoard{}, "f303"},
        {GetTherapyAlgorithmStates{}, "fd03"},
        {GetDisplayFormat{}, "ff03"},
        {GetTimeInRange{}, "0104"},
        {GetSensorWarmUpTimeRemaining{}, "0304"},
        {GetSensorCalibrationStatusIcon{}, "0504"},
        {GetEarlySensorCalibrationTime{}, "0704"},
    };
    return requests;
}

TEST(StatusReader, WritesEachRequest) {
    EXPECT_EQ(allRequests().size(), std::variant_size_v<Request>);
    for (const auto& [request, bytes] : allRequests()) EXPECT_EQ(toHex(serialize(request)), bytes);
}

TEST(StatusReader, ReadsEachRequestThatItWrites) {
    for (const auto& [request, bytes] : allRequests()) {
        const auto parsed = parseRequest(hex(bytes));
        ASSERT_TRUE(parsed.has_value()) << bytes;
        std::visit(
            [&parsed](const auto& r) { EXPECT_EQ(std::get<std::remove_cvref_t<decltype(r)>>(*parsed), r); },
            request);
    }
}

TEST(StatusReader, TakesAResponseCodeForAnyRequest) {
    for (const auto& [request, bytes] : allRequests()) {
        const auto parsed = parseResponse(hex("0303" + bytes.substr(0, 4) + "70"));
        ASSERT_TRUE(parsed.has_value()) << bytes;
        EXPECT_EQ(std::get<GeneralResponse>(*parsed).code, ResponseCode::OpCodeNotSupported);
    }
}

TEST(StatusReader, KeepsOpCodesThatAreNotListed) {
    const auto unknown = response<UnknownOpCode<OpCode>>("0904aabb");
    EXPECT_EQ(unknown.opCode, 0x0409);
    EXPECT_EQ(described(*parseResponse(hex("0904aabb"))), (json{{"op_code", 0x0409}, {"operand", "aabb"}}));
    EXPECT_EQ(toHex(serialize(Response{unknown})), "0904aabb");
    EXPECT_EQ(described(*parseRequest(hex("0904"))), (json{{"op_code", 0x0409}, {"operand", ""}}));
}

TEST(StatusReader, KeepsEnumerationValuesThatAreNotListed) {
    const auto shown = described(*parseResponse(hex("fe0305000909 7f")));
    EXPECT_EQ(shown.at("auto_mode_shield"), (json{{"value", 9}, {"name", "unknown"}}));
    EXPECT_EQ(shown.at("auto_mode_readiness"), (json{{"value", 9}, {"name", "unknown"}}));
    EXPECT_EQ(shown.at("plgm_state"), (json{{"value", 0x7f}, {"name", "unknown"}}));
    EXPECT_EQ(name(AutoModeShield{}), "unknown");
    EXPECT_EQ(name(response<GeneralResponse>("0303f30399").code), "unknown");
}

TEST(StatusReader, KeepsFlagsWithoutAMeaning) {
    for (const auto* text : {"fe0300f0", "fc03fc190000ff", "6a03f801a0bb0dfa", "000438"}) {
        const auto parsed = parseResponse(hex(text));
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ(toHex(serialize(*parsed)), text);
    }
}

TEST(StatusReader, ReadsTheTbrTemplateOnlyWithATbr) {
    const auto basal = response<ActiveBasalRateDelivery>("6a030201a0bb0dfa");
    EXPECT_EQ(basal.tbrTemplateNumber, std::nullopt);
    EXPECT_EQ(basal.configuredRate.text(), "0.9");
}

TEST(StatusReader, TellsWidenedDailyInsulinByTheLength) {
    EXPECT_EQ(response<TotalDailyInsulin>("9a03f1f0bbf0acf1").total.text(), "42.8");
    const auto wide = response<TotalDailyInsulin>("9a03f10000ffbb0000ffac0100ff");
    EXPECT_EQ(wide.bolus.text(), "24.1");
    EXPECT_EQ(wide.total.text(), "42.8");
    EXPECT_EQ(toHex(serialize(Response{wide})), "9a03f10000ffbb0000ffac0100ff");
}

TEST(StatusReader, ReadsCountersThatHaveExpired) {
    EXPECT_EQ(response<Counter>("a9030f0fa6ffffff").minutes, -90);
}

TEST(StatusReader, RejectsNegativeAmounts) {
    EXPECT_EQ(parseResponse(hex("fc0300ffffffff")).error(),
              (ParseError{Code::BadValue, 3, "insulin_on_board_iu"}));
}

TEST(StatusReader, BlamesTheFieldThatIsCut) {
    EXPECT_EQ(parseResponse(hex("fc")).error(), (ParseError{Code::Truncated, 0, "op_code"}));
    EXPECT_EQ(parseResponse(hex("fc030300")).error(),
              (ParseError{Code::Truncated, 3, "insulin_on_board_iu"}));
    EXPECT_EQ(parseResponse(hex("3f0302cb00")).error(), (ParseError{Code::Truncated, 5, "bolus_ids"}));
    EXPECT_EQ(parseResponse(hex("0303f303")).error(), (ParseError{Code::Truncated, 4, "response_code"}));
    EXPECT_EQ(parseRequest(hex("5603")).error(), (ParseError{Code::Truncated, 2, "bolus_id"}));
    EXPECT_EQ(parseResponse(hex("3f0301cb0000")).error(), (ParseError{Code::Trailing, 5, "end of frame"}));
}

TEST(StatusReader, ReadsTheAnswersThatA780gRefuses) {
    EXPECT_EQ(response<SensorWarmUpTimeRemaining>("040402").hours, 2);
    EXPECT_EQ(name(response<SensorCalibrationStatusIcon>("06040c").icon), "recommended");
    EXPECT_EQ(response<EarlySensorCalibrationTime>("0804051e"), (EarlySensorCalibrationTime{5, 30}));
}

TEST(StatusReader, NamesLanguages) {
    EXPECT_EQ(name(Language::German), "german");
    EXPECT_EQ(name(Language::Korean), "korean");
    EXPECT_EQ(name(static_cast<Language>(18)), "greek");
    EXPECT_EQ(name(static_cast<Language>(23)), "unknown");
    EXPECT_EQ(name(CalibrationIcon::HclRequiresBg), "hcl_requires_bg");
}

} // namespace
} // namespace protocol::idd::status_reader
