// SPDX-License-Identifier: MIT
#include "protocol/cgm/specific_ops.hpp"

#include <gtest/gtest.h>

#include "../idd/service_examples.hpp"
#include "protocol/codec/crc.hpp"

namespace protocol::cgm::specific_ops {
namespace {

using test::described;
using test::hex;
using Code = ParseError::Code;

std::string bytes(const Request& request) {
    return toHex(serialize(request));
}

TEST(SpecificOps, WritesRequestsWithTheirChecksum) {
    EXPECT_EQ(bytes(GetSensorDetails{}), "904962");
    EXPECT_EQ(bytes(GetGlucoseCalibrationValue{}), "05ffff633a");
    EXPECT_EQ(bytes(GetCalibrationContext{}), "81fffff9dd");
    EXPECT_EQ(bytes(ReadCurrentSessionId{}), "8cf4b1");
    const Bytes start = serialize(Request{ReadSessionStartTime{11}});
    EXPECT_EQ(toHex(*stripE2eCrc(start)), "830b00");
}

TEST(SpecificOps, ReadsEachRequestThatItWrites) {
    const std::vector<Request> requests{GetSensorDetails{}, GetGlucoseCalibrationValue{7},
                                        GetCalibrationContext{8}, ReadCurrentSessionId{},
                                        ReadSessionStartTime{9}};
    ASSERT_EQ(requests.size(), std::variant_size_v<Request>);
    for (const Request& request : requests) {
        const auto parsed = parseRequest(serialize(request));
        ASSERT_TRUE(parsed.has_value());
        std::visit(
            [&parsed](const auto& r) { EXPECT_EQ(std::get<std::remove_cvref_t<decltype(r)>>(*parsed), r); },
            request);
    }
}

TEST(SpecificOps, RejectsRequestsWithoutTheirChecksum) {
    EXPECT_EQ(parseRequest(hex("90")).error(), (ParseError{Code::Truncated, 1, "E2E-CRC"}));
    EXPECT_EQ(parseRequest(hex("904963")).error(), (ParseError{Code::BadChecksum, 1, "E2E-CRC"}));
}

TEST(SpecificOps, KnowsTheVendorsNoSensor) {
    const auto response = parseResponse(hex("1c8180bf43"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(std::get<GeneralResponse>(*response),
              (GeneralResponse{GetCalibrationContext::kOpCode, ResponseCode::NoSensor}));
}

TEST(SpecificOps, ReadsASessionIdOfAnyLength) {
    for (const auto length : std::initializer_list<std::uint8_t>{1, 2, 4}) {
        const Response written = SessionId{11, length};
        const auto read = parseResponse(serialize(written));
        ASSERT_TRUE(read.has_value()) << int{length};
        EXPECT_EQ(*read, written);
    }
    const Response none = SessionId{0, 0};
    EXPECT_EQ(parseResponse(serialize(none)).error(), (ParseError{Code::Truncated, 1, "session_id"}));
}

TEST(SpecificOps, ReadsASessionStart) {
    const Response written = SessionStart{11, DateTime{2026, 3, 28, 10, 31, 42}, -128, 255};
    const auto read = parseResponse(serialize(written));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, written);
    EXPECT_EQ(described(*read).at("session_start"), "2026-03-28T10:31:42");
    EXPECT_EQ(described(*read).at("time_zone_15min"), nullptr);
}

TEST(SpecificOps, KeepsOpCodesThatAreNotListed) {
    const Response written = UnknownOpCode<OpCode>{0x77, hex("0102")};
    const auto read = parseResponse(serialize(written));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, written);
    EXPECT_EQ(described(*read), (test::json{{"op_code", 0x77}, {"operand", "0102"}}));
    Bytes damaged = serialize(written);
    damaged[1] = 0;
    EXPECT_EQ(parseResponse(damaged).error(), (ParseError{Code::BadChecksum, 3, "E2E-CRC"}));
}

} // namespace
} // namespace protocol::cgm::specific_ops
