// SPDX-License-Identifier: MIT
// The exchanges of docs/protocol/history.md 2.4.
#include "protocol/history/racp.hpp"

#include <gtest/gtest.h>

#include "examples.hpp"

namespace protocol::history::racp {
namespace {

using test::hex;
using Code = ParseError::Code;

TEST(RecordAccessRequest, HasTheOctetsThatThePumpAccepts) {
    EXPECT_EQ(toHex(serialize(Request{ReportNumber{}})), "5a330f");
    EXPECT_EQ(toHex(serialize(Request{ReportAll{}})), "33330f");
    EXPECT_EQ(toHex(serialize(Request{ReportFirst{}})), "33660f");
    EXPECT_EQ(toHex(serialize(Request{ReportLast{}})), "33690f");
    EXPECT_EQ(toHex(serialize(Request{ReportRange{53005, 53044}})), "335a0f0dcf000034cf0000");
    EXPECT_EQ(toHex(serialize(Request{ReportRange{53045, 0xffffffff}})), "335a0f35cf0000ffffffff");
    EXPECT_EQ(toHex(serialize(Request{Abort{}})), "550f");
}

TEST(RecordAccessResponse, CountsIn32Bits) {
    EXPECT_EQ(*parseResponse(hex("660fd6150000")), Response{NumberOfRecords{5590}});
    EXPECT_EQ(*parseResponse(hex("660f70110100")), Response{NumberOfRecords{70000}});
    EXPECT_EQ(parseResponse(hex("660fd615")).error(), (ParseError{Code::Truncated, 2, "count"}));
}

TEST(RecordAccessResponse, TellsHowAProcedureEnded) {
    const auto parsed = [](std::string_view text) { return *parseResponse(hex(text)); };
    EXPECT_EQ(parsed("0f0f33f0"), (Response{GeneralResponse{OpCode::ReportRecords, ResponseCode::Success}}));
    EXPECT_EQ(parsed("0f0f55f0"), (Response{GeneralResponse{OpCode::Abort, ResponseCode::Success}}));
    EXPECT_EQ(parsed("0f0f3306"),
              (Response{GeneralResponse{OpCode::ReportRecords, ResponseCode::NoRecordsFound}}));
    EXPECT_EQ(parsed("0f0f3309"),
              (Response{GeneralResponse{OpCode::ReportRecords, ResponseCode::OperandNotSupported}}));
}

TEST(RecordAccessResponse, KeepsUnlistedCodes) {
    const auto response = parseResponse(hex("0f0f7742"));
    ASSERT_TRUE(response.has_value());
    const auto& general = std::get<GeneralResponse>(*response);
    EXPECT_EQ(static_cast<int>(general.request), 0x77);
    EXPECT_EQ(static_cast<int>(general.code), 0x42);
    EXPECT_EQ(name(general.code), "unknown");
    EXPECT_EQ(name(ResponseCode::NoRecordsFound), "no records found");
}

TEST(RecordAccessResponse, RejectsWhatIsNoResponse) {
    EXPECT_EQ(parseResponse(hex("")).error(), (ParseError{Code::Truncated, 0, "op_code"}));
    EXPECT_EQ(parseResponse(hex("0f0f33")).error(), (ParseError{Code::Truncated, 3, "response_code"}));
    EXPECT_EQ(parseResponse(hex("0f0f33f000")).error(), (ParseError{Code::Trailing, 4, "end of frame"}));
    EXPECT_EQ(parseResponse(hex("330f33f0")).error(), (ParseError{Code::BadValue, 0, "op_code"}));
    EXPECT_EQ(parseResponse(hex("0f3333f0")).error(), (ParseError{Code::BadValue, 1, "operator"}));
}

TEST(RecordAccessResponse, RoundTrips) {
    for (const auto* text : {"660fd6150000", "660f70110100", "0f0f33f0", "0f0f3306", "0f0f55f0"}) {
        EXPECT_EQ(toHex(serialize(*parseResponse(hex(text)))), text);
    }
}

AnyRequest request(std::string_view text) {
    const auto parsed = parseRequest(hex(text));
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.has_value() ? *parsed : AnyRequest{};
}

TEST(RecordAccessServer, ReadsEveryRequest) {
    constexpr std::uint32_t kEnd = 0xffffffff;
    EXPECT_EQ(request("5a330f"), (AnyRequest{0x5a, 0x33, 0x0f, 0, kEnd}));
    EXPECT_EQ(request("33660f"), (AnyRequest{0x33, 0x66, 0x0f, 0, kEnd}));
    EXPECT_EQ(request("33690f"), (AnyRequest{0x33, 0x69, 0x0f, 0, kEnd}));
    EXPECT_EQ(request("335a0f0dcf000034cf0000"), (AnyRequest{0x33, 0x5a, 0x0f, 53005, 53044}));
    EXPECT_EQ(request("33550f35cf0000"), (AnyRequest{0x33, 0x55, 0x0f, 53045, kEnd}));
    EXPECT_EQ(request("333c0f35cf0000"), (AnyRequest{0x33, 0x3c, 0x0f, 0, 53045}));
    EXPECT_EQ(request("333333"), (AnyRequest{0x33, 0x33, 0x33, 0, kEnd}));
    EXPECT_EQ(request("550f"), (AnyRequest{0x55, 0x0f, std::nullopt, 0, kEnd}));
}

TEST(RecordAccessServer, ReadsRequestsThatItWillRefuse) {
    constexpr std::uint32_t kEnd = 0xffffffff;
    EXPECT_EQ(request("3333"), (AnyRequest{0x33, 0x33, std::nullopt, 0, kEnd})) << "no filter type";
    EXPECT_EQ(request("3c330f"), (AnyRequest{0x3c, 0x33, 0x0f, 0, kEnd})) << "delete";
    EXPECT_EQ(request("33ee0f0102"), (AnyRequest{0x33, 0xee, 0x0f, 0, kEnd})) << "unlisted operator";
    EXPECT_EQ(request("335a0f0200000001000000"), (AnyRequest{0x33, 0x5a, 0x0f, 2, 1})) << "upside down";
    EXPECT_EQ(parseRequest(hex("335a0f02000000010000")).error(), (ParseError{Code::Truncated, 7, "maximum"}));
    EXPECT_EQ(parseRequest(hex("33690f00")).error(), (ParseError{Code::Trailing, 3, "end of frame"}));
}

} // namespace
} // namespace protocol::history::racp
