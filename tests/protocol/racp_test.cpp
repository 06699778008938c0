// SPDX-License-Identifier: MIT
// Both record access control points: history with the exchanges of docs/protocol/history.md 2.4, and glucose.
#include "protocol/racp.hpp"

#include <gtest/gtest.h>

#include "idd/service_examples.hpp"

namespace protocol {
namespace {

using test::hex;
using Code = ParseError::Code;

namespace of_history {

using Racp = HistoryRacp;

TEST(RecordAccessRequest, HasTheBytesThatThePumpAccepts) {
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportNumber{}})), "5a330f");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportAll{}})), "33330f");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportFirst{}})), "33660f");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportLast{}})), "33690f");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportRange{53005, 53044}})),
              "335a0f0dcf000034cf0000");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::ReportRange{53045, 0xffffffff}})),
              "335a0f35cf0000ffffffff");
    EXPECT_EQ(toHex(Racp::serialize(Racp::Request{Racp::Abort{}})), "550f");
}

TEST(RecordAccessResponse, CountsIn32Bits) {
    EXPECT_EQ(*Racp::parseResponse(hex("660fd6150000")), Racp::Response{Racp::NumberOfRecords{5590}});
    EXPECT_EQ(*Racp::parseResponse(hex("660f70110100")), Racp::Response{Racp::NumberOfRecords{70000}});
    EXPECT_EQ(Racp::parseResponse(hex("660fd615")).error(),
              (ParseError{Code::Truncated, 2, "number_of_records"}));
}

TEST(RecordAccessResponse, ShowsHowAProcedureEnded) {
    const auto parsed = [](std::string_view text) { return *Racp::parseResponse(hex(text)); };
    EXPECT_EQ(
        parsed("0f0f33f0"),
        (Racp::Response{Racp::GeneralResponse{Racp::OpCode::ReportRecords, Racp::ResponseCode::Success}}));
    EXPECT_EQ(parsed("0f0f55f0"),
              (Racp::Response{Racp::GeneralResponse{Racp::OpCode::Abort, Racp::ResponseCode::Success}}));
    EXPECT_EQ(parsed("0f0f3306"), (Racp::Response{Racp::GeneralResponse{
                                      Racp::OpCode::ReportRecords, Racp::ResponseCode::NoRecordsFound}}));
    EXPECT_EQ(parsed("0f0f3309"),
              (Racp::Response{Racp::GeneralResponse{Racp::OpCode::ReportRecords,
                                                    Racp::ResponseCode::OperandNotSupported}}));
}

TEST(RecordAccessResponse, KeepsUnlistedCodes) {
    const auto response = Racp::parseResponse(hex("0f0f7742"));
    ASSERT_TRUE(response.has_value());
    const auto& general = std::get<Racp::GeneralResponse>(*response);
    EXPECT_EQ(static_cast<int>(general.request), 0x77);
    EXPECT_EQ(static_cast<int>(general.code), 0x42);
    EXPECT_EQ(Racp::name(general.code), "unknown");
    EXPECT_EQ(Racp::name(Racp::ResponseCode::NoRecordsFound), "no_records_found");
}

TEST(RecordAccessResponse, RejectsWhatIsNoResponse) {
    EXPECT_EQ(Racp::parseResponse(hex("")).error(), (ParseError{Code::Truncated, 0, "op_code"}));
    EXPECT_EQ(Racp::parseResponse(hex("0f0f33")).error(), (ParseError{Code::Truncated, 3, "response_code"}));
    EXPECT_EQ(Racp::parseResponse(hex("0f0f33f000")).error(),
              (ParseError{Code::Trailing, 4, "end of frame"}));
    EXPECT_EQ(Racp::parseResponse(hex("330f33f0")).error(), (ParseError{Code::BadValue, 0, "op_code"}));
    EXPECT_EQ(Racp::parseResponse(hex("0f3333f0")).error(), (ParseError{Code::BadValue, 1, "operator"}));
}

TEST(RecordAccessResponse, RoundTrips) {
    for (const auto* text : {"660fd6150000", "660f70110100", "0f0f33f0", "0f0f3306", "0f0f55f0"}) {
        EXPECT_EQ(toHex(Racp::serialize(*Racp::parseResponse(hex(text)))), text);
    }
}

Racp::AnyRequest request(std::string_view text) {
    const auto parsed = Racp::parseRequest(hex(text));
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.has_value() ? *parsed : Racp::AnyRequest{};
}

Racp::AnyRequest any(unsigned opCode, unsigned op, std::optional<std::uint8_t> filterType,
                     std::optional<std::uint32_t> minimum, std::optional<std::uint32_t> maximum,
                     Bytes operand = {}) {
    return {Racp::OpCode(opCode), Racp::Operator(op), filterType, minimum, maximum, std::move(operand)};
}

TEST(RecordAccessServer, ReadsEveryRequest) {
    EXPECT_EQ(request("5a330f"), any(0x5a, 0x33, 0x0f, {}, {}));
    EXPECT_EQ(request("33660f"), any(0x33, 0x66, 0x0f, {}, {}));
    EXPECT_EQ(request("33690f"), any(0x33, 0x69, 0x0f, {}, {}));
    EXPECT_EQ(request("335a0f0dcf000034cf0000"), any(0x33, 0x5a, 0x0f, 53005, 53044));
    EXPECT_EQ(request("33550f35cf0000"), any(0x33, 0x55, 0x0f, 53045, {}));
    EXPECT_EQ(request("333c0f35cf0000"), any(0x33, 0x3c, 0x0f, {}, 53045));
    EXPECT_EQ(request("333333"), any(0x33, 0x33, 0x33, {}, {}));
    EXPECT_EQ(request("550f"), any(0x55, 0x0f, std::nullopt, {}, {}));
}

TEST(RecordAccessServer, ReadsRequestsThatItWillRefuse) {
    EXPECT_EQ(request("3333"), any(0x33, 0x33, std::nullopt, {}, {})) << "no filter type";
    EXPECT_EQ(request("3c330f"), any(0x3c, 0x33, 0x0f, {}, {})) << "delete";
    EXPECT_EQ(request("33ee0f0102"), any(0x33, 0xee, 0x0f, {}, {}, hex("0102"))) << "unlisted operator";
    EXPECT_EQ(request("335a0f0200000001000000"), any(0x33, 0x5a, 0x0f, 2, 1)) << "upside down";
    EXPECT_EQ(Racp::parseRequest(hex("335a0f02000000010000")).error(),
              (ParseError{Code::Truncated, 7, "max"}));
    EXPECT_EQ(Racp::parseRequest(hex("33690f00")).error(), (ParseError{Code::Trailing, 3, "end of frame"}));
}

TEST(RecordAccessServer, ShowsAnOperandThatItDoesNotKnow) {
    test::JsonSink sink;
    Racp::describe(request("33ee0f0102"), sink);
    EXPECT_EQ(sink.result().at("operator"), (test::json{{"value", 0xee}, {"name", "unknown"}}));
    EXPECT_EQ(sink.result().at("operand"), "0102");
}

TEST(RecordAccessServer, RefusesEachRequestCutAnywhere) {
    const Bytes whole = hex("335a0f0dcf000034cf0000");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        if (length == 2) continue; // without a filter type: for the pump to refuse
        const auto parsed = Racp::parseRequest(ByteView(whole).first(length));
        ASSERT_TRUE(parsed.has_error()) << length;
        EXPECT_EQ(parsed.error().code, Code::Truncated) << length;
    }
}

} // namespace of_history

namespace of_glucose {

using Racp = GlucoseRacp;

std::string written(const Racp::Request& request) {
    return toHex(Racp::serialize(request));
}

TEST(CgmRecordAccess, WritesRequests) {
    EXPECT_EQ(written(Racp::ReportLast{}), "0106");
    EXPECT_EQ(written(Racp::ReportFirst{}), "0105");
    EXPECT_EQ(written(Racp::ReportAll{}), "0101");
    EXPECT_EQ(written(Racp::ReportFrom{1000}), "010301e803");
    EXPECT_EQ(written(Racp::ReportRange{1000, 1100}), "010401e8034c04");
    EXPECT_EQ(written(Racp::ReportNumber{}), "0401");
    EXPECT_EQ(written(Racp::Abort{}), "0300");
}

TEST(CgmRecordAccess, ReadsRequests) {
    const auto range = Racp::parseRequest(hex("010401e8034c04"));
    ASSERT_TRUE(range.has_value());
    EXPECT_EQ(range->minimum, 1000);
    EXPECT_EQ(range->maximum, 1100);
    const auto upTo = Racp::parseRequest(hex("010201e803"));
    ASSERT_TRUE(upTo.has_value());
    EXPECT_EQ(upTo->minimum, std::nullopt);
    EXPECT_EQ(upTo->maximum, 1000);
    EXPECT_EQ(Racp::parseRequest(hex("0106ff")).error(), (ParseError{Code::Trailing, 2, "end of frame"}));
    EXPECT_EQ(Racp::parseRequest(hex("010401e803")).error(), (ParseError{Code::Truncated, 5, "max"}));
}

test::json describedRequest(const Racp::AnyRequest& request) {
    test::JsonSink sink;
    Racp::describe(request, sink);
    return sink.result();
}

TEST(CgmRecordAccess, KeepsOperatorsThatAreNotListed) {
    const auto request = Racp::parseRequest(hex("0109aabb"));
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(describedRequest(*request).at("operator"), (test::json{{"value", 9}, {"name", "unknown"}}));
    EXPECT_EQ(toHex(request->operand), "aabb");
}

TEST(CgmRecordAccess, ReadsResponses) {
    EXPECT_EQ(std::get<Racp::NumberOfRecords>(*Racp::parseResponse(hex("0500f000"))).count, 240);
    const auto none = std::get<Racp::GeneralResponse>(*Racp::parseResponse(hex("06000106")));
    EXPECT_EQ(none, (Racp::GeneralResponse{Racp::OpCode::ReportRecords, Racp::ResponseCode::NoRecordsFound}));
    EXPECT_EQ(Racp::parseResponse(hex("07000101")).error(), (ParseError{Code::BadValue, 0, "op_code"}));
    EXPECT_EQ(Racp::parseResponse(hex("06010101")).error(), (ParseError{Code::BadValue, 1, "operator"}));
}

TEST(CgmRecordAccess, KeepsResponseCodesThatAreNotListed) {
    const auto response = Racp::parseResponse(hex("06000177"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(Racp::name(std::get<Racp::GeneralResponse>(*response).code), "unknown");
    EXPECT_EQ(toHex(Racp::serialize(*response)), "06000177");
}

} // namespace of_glucose

} // namespace
} // namespace protocol
