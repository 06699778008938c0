// SPDX-License-Identifier: MIT
#include "protocol/cgm/racp.hpp"

#include "protocol/codec/value_codec.hpp"

namespace protocol::cgm::racp {
namespace {

constexpr std::uint8_t kByTimeOffset = 1; ///< filter type
constexpr std::string_view kUnknown = "unknown";

struct Bounds {
    bool minimum;
    bool maximum;
    [[nodiscard]] bool any() const { return minimum || maximum; }
};

Bounds boundsOf(Operator op) {
    return {op == Operator::GreaterOrEqual || op == Operator::WithinRange,
            op == Operator::LessOrEqual || op == Operator::WithinRange};
}

bool isListed(Operator op) {
    return op <= Operator::Last;
}

AnyRequest toAny(const ReportAll&) {
    return {.opCode = OpCode::ReportRecords, .op = Operator::AllRecords};
}
AnyRequest toAny(const ReportFirst&) {
    return {.opCode = OpCode::ReportRecords, .op = Operator::First};
}
AnyRequest toAny(const ReportLast&) {
    return {.opCode = OpCode::ReportRecords, .op = Operator::Last};
}
AnyRequest toAny(const ReportFrom& from) {
    return {.opCode = OpCode::ReportRecords,
            .op = Operator::GreaterOrEqual,
            .filterType = kByTimeOffset,
            .minimum = from.first};
}
AnyRequest toAny(const ReportRange& range) {
    return {.opCode = OpCode::ReportRecords,
            .op = Operator::WithinRange,
            .filterType = kByTimeOffset,
            .minimum = range.first,
            .maximum = range.last};
}
AnyRequest toAny(const ReportNumber&) {
    return {.opCode = OpCode::ReportNumber, .op = Operator::AllRecords};
}
AnyRequest toAny(const Abort&) {
    return {.opCode = OpCode::Abort, .op = Operator::Null};
}

} // namespace

void layout(auto& c, Is<AnyRequest> auto& m) {
    c.field("op_code", m.opCode);
    c.field("operator", m.op);
    const Bounds bounds = boundsOf(m.op);
    if (bounds.any()) c.optional("filter_type", true, m.filterType);
    if (bounds.minimum) c.optional("min", true, m.minimum);
    if (bounds.maximum) c.optional("max", true, m.maximum);
    if (!isListed(m.op)) c.rest("operand", m.operand);
}

void layout(auto& c, Is<NumberOfRecords> auto& m) {
    c.field("number_of_records", m.count);
}

void layout(auto& c, Is<GeneralResponse> auto& m) {
    c.field("request_op_code", m.request);
    c.field("response_code", m.code);
}

namespace {

/// Writes or describes. The operator of a response is there for the form's sake.
void layoutOf(const Response& response, auto& c) {
    const bool number = std::holds_alternative<NumberOfRecords>(response);
    c.field("op_code", number ? OpCode::NumberResponse : OpCode::ResponseCode);
    c.field("operator", Operator::Null);
    std::visit([&c](const auto& r) { layout(c, r); }, response);
}

} // namespace

std::string_view name(OpCode value) {
    switch (value) {
        case OpCode::ReportRecords:
            return "report_records";
        case OpCode::Abort:
            return "abort";
        case OpCode::ReportNumber:
            return "report_number_of_records";
        case OpCode::NumberResponse:
            return "number_of_records_response";
        case OpCode::ResponseCode:
            return "response_code";
    }
    return kUnknown;
}

std::string_view name(Operator value) {
    switch (value) {
        case Operator::Null:
            return "null";
        case Operator::AllRecords:
            return "all";
        case Operator::LessOrEqual:
            return "less_or_equal";
        case Operator::GreaterOrEqual:
            return "greater_or_equal";
        case Operator::WithinRange:
            return "within_range";
        case Operator::First:
            return "first";
        case Operator::Last:
            return "last";
    }
    return kUnknown;
}

std::string_view name(ResponseCode value) {
    switch (value) {
        case ResponseCode::Success:
            return "success";
        case ResponseCode::OpCodeNotSupported:
            return "op_code_not_supported";
        case ResponseCode::InvalidOperator:
            return "invalid_operator";
        case ResponseCode::OperatorNotSupported:
            return "operator_not_supported";
        case ResponseCode::InvalidOperand:
            return "invalid_operand";
        case ResponseCode::NoRecordsFound:
            return "no_records_found";
        case ResponseCode::AbortUnsuccessful:
            return "abort_unsuccessful";
        case ResponseCode::ProcedureNotCompleted:
            return "procedure_not_completed";
        case ResponseCode::OperandNotSupported:
            return "operand_not_supported";
    }
    return kUnknown;
}

Bytes serialize(const Request& request) {
    return std::visit([](const auto& r) { return serializeValue(toAny(r)); }, request);
}

Parsed<AnyRequest> parseRequest(ByteView bytes) {
    return parseValue<AnyRequest>(bytes);
}

void describe(const AnyRequest& request, FieldSink& sink) {
    describeValue(request, sink);
}

Parsed<Response> parseResponse(ByteView bytes) {
    Reader in(bytes);
    ValueReader fields(in);
    OpCode opCode{};
    Operator op{};
    fields.field("op_code", opCode);
    if (opCode != OpCode::ResponseCode && opCode != OpCode::NumberResponse) {
        in.fail(ParseError::Code::BadValue, "op_code");
    }
    fields.field("operator", op);
    if (op != Operator::Null) in.fail(ParseError::Code::BadValue, "operator");
    Response response;
    if (opCode == OpCode::ResponseCode) response = GeneralResponse{};
    std::visit([&fields](auto& r) { layout(fields, r); }, response);
    return in.finish(response);
}

Bytes serialize(const Response& response) {
    Writer out;
    ValueWriter fields(out);
    layoutOf(response, fields);
    return std::move(out).bytes();
}

void describe(const Response& response, FieldSink& sink) {
    ValueDescriber fields(sink);
    layoutOf(response, fields);
}

} // namespace protocol::cgm::racp
