// SPDX-License-Identifier: MIT
#include "protocol/cgm/racp.hpp"

#include <gtest/gtest.h>

#include "../idd/service_examples.hpp"

namespace protocol::cgm::racp {
namespace {

using test::described;
using test::hex;
using Code = ParseError::Code;

std::string octets(const Request& request) {
    return toHex(serialize(request));
}

TEST(CgmRecordAccess, WritesRequests) {
    EXPECT_EQ(octets(ReportLast{}), "0106");
    EXPECT_EQ(octets(ReportFirst{}), "0105");
    EXPECT_EQ(octets(ReportAll{}), "0101");
    EXPECT_EQ(octets(ReportFrom{1000}), "010301e803");
    EXPECT_EQ(octets(ReportRange{1000, 1100}), "010401e8034c04");
    EXPECT_EQ(octets(ReportNumber{}), "0401");
    EXPECT_EQ(octets(Abort{}), "0300");
}

TEST(CgmRecordAccess, ReadsRequests) {
    const auto range = parseRequest(hex("010401e8034c04"));
    ASSERT_TRUE(range.has_value());
    EXPECT_EQ(range->minimum, 1000);
    EXPECT_EQ(range->maximum, 1100);
    const auto upTo = parseRequest(hex("010201e803"));
    ASSERT_TRUE(upTo.has_value());
    EXPECT_EQ(upTo->minimum, std::nullopt);
    EXPECT_EQ(upTo->maximum, 1000);
    EXPECT_EQ(parseRequest(hex("0106ff")).error(), (ParseError{Code::Trailing, 2, "end of frame"}));
    EXPECT_EQ(parseRequest(hex("010401e803")).error(), (ParseError{Code::Truncated, 5, "max"}));
}

TEST(CgmRecordAccess, KeepsOperatorsThatAreNotListed) {
    const auto request = parseRequest(hex("0109aabb"));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(described(*request).at("operator"), (test::json{{"value", 9}, {"name", "unknown"}}));
    EXPECT_EQ(toHex(request->operand), "aabb");
}

TEST(CgmRecordAccess, ReadsResponses) {
    EXPECT_EQ(std::get<NumberOfRecords>(*parseResponse(hex("0500f000"))).count, 240);
    const auto none = std::get<GeneralResponse>(*parseResponse(hex("06000106")));
    EXPECT_EQ(none, (GeneralResponse{OpCode::ReportRecords, ResponseCode::NoRecordsFound}));
    EXPECT_EQ(parseResponse(hex("07000101")).error(), (ParseError{Code::BadValue, 0, "op_code"}));
    EXPECT_EQ(parseResponse(hex("06010101")).error(), (ParseError{Code::BadValue, 1, "operator"}));
}

TEST(CgmRecordAccess, KeepsResponseCodesThatAreNotListed) {
    const auto response = parseResponse(hex("06000177"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(name(std::get<GeneralResponse>(*response).code), "unknown");
    EXPECT_EQ(toHex(serialize(*response)), "06000177");
}

} // namespace
} // namespace protocol::cgm::racp
