// SPDX-License-Identifier: MIT
#include "protocol/history/racp.hpp"

#include "protocol/codec/cursor.hpp"

namespace protocol::history::racp {
namespace {

using Operator = AnyRequest::Operator;

constexpr std::uint8_t kBySequenceNumber = 0x0f; ///< filter type

std::uint8_t code(OpCode value) {
    return static_cast<std::uint8_t>(value);
}
std::uint8_t code(Operator value) {
    return static_cast<std::uint8_t>(value);
}

/// Filter type even where the specification's table has none: the pump refuses the request without it
/// (docs/protocol/history.md 2.2).
Writer request(OpCode opCode, Operator op) {
    Writer out;
    out.put(code(opCode)).put(code(op)).put(kBySequenceNumber);
    return out;
}

Writer toWriter(const ReportAll&) {
    return request(OpCode::ReportRecords, Operator::AllRecords);
}
Writer toWriter(const ReportFirst&) {
    return request(OpCode::ReportRecords, Operator::First);
}
Writer toWriter(const ReportLast&) {
    return request(OpCode::ReportRecords, Operator::Last);
}
Writer toWriter(const ReportRange& range) {
    Writer out = request(OpCode::ReportRecords, Operator::WithinRange);
    out.put(range.first).put(range.last);
    return out;
}
Writer toWriter(const ReportNumber&) {
    return request(OpCode::ReportNumber, Operator::AllRecords);
}
Writer toWriter(const Abort&) {
    Writer out;
    out.put(code(OpCode::Abort)).put(code(Operator::Null));
    return out;
}

Writer toWriter(const NumberOfRecords& response) {
    Writer out;
    out.put(code(OpCode::NumberResponse)).put(code(Operator::Null)).put(response.count);
    return out;
}
Writer toWriter(const GeneralResponse& response) {
    Writer out;
    out.put(code(OpCode::ResponseCode)).put(code(Operator::Null));
    out.put(code(response.request)).put(static_cast<std::uint8_t>(response.code));
    return out;
}

/// The octets after the filter type.
void readBounds(Reader& in, AnyRequest& request) {
    switch (static_cast<Operator>(request.op)) {
        case Operator::Null:
        case Operator::AllRecords:
        case Operator::First:
        case Operator::Last:
            return;
        case Operator::LessOrEqual:
            request.maximum = in.get<std::uint32_t>("maximum");
            return;
        case Operator::GreaterOrEqual:
            request.minimum = in.get<std::uint32_t>("minimum");
            return;
        case Operator::WithinRange:
            request.minimum = in.get<std::uint32_t>("minimum");
            request.maximum = in.get<std::uint32_t>("maximum");
            return;
    }
    in.take(in.remaining(), "operand"); // of an operator that is refused whatever its operand
}

} // namespace

Bytes serialize(const Request& request) {
    return std::visit([](const auto& r) { return toWriter(r).bytes(); }, request);
}

Bytes serialize(const Response& response) {
    return std::visit([](const auto& r) { return toWriter(r).bytes(); }, response);
}

std::string_view name(ResponseCode value) {
    switch (value) {
        case ResponseCode::OpCodeNotSupported:
            return "op code not supported";
        case ResponseCode::InvalidOperator:
            return "invalid operator";
        case ResponseCode::OperatorNotSupported:
            return "operator not supported";
        case ResponseCode::InvalidOperand:
            return "invalid operand";
        case ResponseCode::NoRecordsFound:
            return "no records found";
        case ResponseCode::AbortUnsuccessful:
            return "abort unsuccessful";
        case ResponseCode::ProcedureNotCompleted:
            return "procedure not completed";
        case ResponseCode::OperandNotSupported:
            return "operand not supported";
        case ResponseCode::ProcedureNotApplicable:
            return "procedure not applicable";
        case ResponseCode::Success:
            return "success";
    }
    return "unknown";
}

Parsed<Response> parseResponse(ByteView bytes) {
    Reader in(bytes);
    const auto opCode = static_cast<OpCode>(in.get<std::uint8_t>("op_code"));
    if (opCode != OpCode::ResponseCode && opCode != OpCode::NumberResponse) {
        in.fail(ParseError::Code::BadValue, "op_code");
    }
    const auto op = in.get<std::uint8_t>("operator");
    if (op != code(Operator::Null)) in.fail(ParseError::Code::BadValue, "operator");
    if (opCode == OpCode::NumberResponse) {
        return in.finish(Response{NumberOfRecords{in.get<std::uint32_t>("count")}});
    }
    const auto requested = static_cast<OpCode>(in.get<std::uint8_t>("request_op_code"));
    const auto result = static_cast<ResponseCode>(in.get<std::uint8_t>("response_code"));
    return in.finish(Response{GeneralResponse{requested, result}});
}

Parsed<AnyRequest> parseRequest(ByteView bytes) {
    Reader in(bytes);
    AnyRequest request;
    request.opCode = in.get<std::uint8_t>("op_code");
    request.op = in.get<std::uint8_t>("operator");
    if (in.remaining() > 0) { // its absence is for the pump to refuse
        request.filterType = in.get<std::uint8_t>("filter_type");
        readBounds(in, request);
    }
    return in.finish(request);
}

} // namespace protocol::history::racp
