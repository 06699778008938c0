// SPDX-License-Identifier: MIT
#include "protocol/racp.hpp"

#include "protocol/codec/cursor.hpp"

namespace protocol {
namespace {

constexpr std::string_view kUnknown = "unknown";

template <typename Operator>
bool hasMinimum(Operator op) {
    return op == Operator::GreaterOrEqual || op == Operator::WithinRange;
}
template <typename Operator>
bool hasMaximum(Operator op) {
    return op == Operator::LessOrEqual || op == Operator::WithinRange;
}

template <typename Racp>
struct Wire {
    using AnyRequest = typename Racp::AnyRequest;
    using OpCode = typename Racp::OpCode;
    using Operator = typename Racp::Operator;
    using Number = typename Racp::Number;

    static AnyRequest report(Operator op, std::optional<Number> minimum = {},
                             std::optional<Number> maximum = {}) {
        AnyRequest request{.opCode = OpCode::ReportRecords, .op = op, .minimum = minimum, .maximum = maximum};
        if (Racp::kFilterWithoutBounds || minimum || maximum) request.filterType = Racp::kFilterType;
        return request;
    }

    static AnyRequest toAny(const typename Racp::ReportAll&) { return report(Operator::AllRecords); }
    static AnyRequest toAny(const typename Racp::ReportFirst&) { return report(Operator::First); }
    static AnyRequest toAny(const typename Racp::ReportLast&) { return report(Operator::Last); }
    static AnyRequest toAny(const typename Racp::ReportFrom& from) {
        return report(Operator::GreaterOrEqual, from.first);
    }
    static AnyRequest toAny(const typename Racp::ReportRange& range) {
        return report(Operator::WithinRange, range.first, range.last);
    }
    static AnyRequest toAny(const typename Racp::ReportNumber&) {
        AnyRequest request = report(Operator::AllRecords);
        request.opCode = OpCode::ReportNumber;
        return request;
    }
    static AnyRequest toAny(const typename Racp::Abort&) {
        return {.opCode = OpCode::Abort, .op = Operator::Null};
    }
};

template <typename Enumeration>
void put(Writer& out, Enumeration value) {
    out.put(static_cast<std::uint8_t>(value));
}

template <typename Enumeration>
Enumeration take(Reader& in, std::string_view key) {
    return static_cast<Enumeration>(in.get<std::uint8_t>(key));
}

} // namespace

std::string_view HistoryRacpCodes::filterName(std::uint8_t filterType) {
    switch (filterType) {
        case kFilterType:
            return "sequence_number";
        case 0x33:
            return "sequence_number_reference_time";
        case 0x3c:
            return "sequence_number_non_reference_time";
        default:
            return kUnknown;
    }
}

template <typename Codes>
std::string_view Racp<Codes>::name(OpCode value) {
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

template <typename Codes>
std::string_view Racp<Codes>::name(Operator value) {
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

template <typename Codes>
std::string_view Racp<Codes>::name(ResponseCode value) {
    if constexpr (requires { ResponseCode::ProcedureNotApplicable; }) {
        if (value == ResponseCode::ProcedureNotApplicable) return "procedure_not_applicable";
    }
    switch (static_cast<ResponseCode>(value)) {
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
        default:
            return kUnknown;
    }
}

template <typename Codes>
Bytes Racp<Codes>::serialize(const Request& request) {
    const AnyRequest any = std::visit([](const auto& r) { return Wire<Racp>::toAny(r); }, request);
    Writer out;
    put(out, any.opCode);
    put(out, any.op);
    if (any.filterType) out.put(*any.filterType);
    if (any.minimum) out.put(*any.minimum);
    if (any.maximum) out.put(*any.maximum);
    return std::move(out).bytes();
}

template <typename Codes>
auto Racp<Codes>::parseRequest(ByteView bytes) -> Parsed<AnyRequest> {
    Reader in(bytes);
    AnyRequest request;
    request.opCode = take<OpCode>(in, "op_code");
    request.op = take<Operator>(in, "operator");
    const bool bounds = hasMinimum(request.op) || hasMaximum(request.op);
    // Where it is always wanted, its absence is for the pump to refuse.
    if (Codes::kFilterWithoutBounds ? in.remaining() > 0 : bounds) {
        request.filterType = in.get<std::uint8_t>("filter_type");
        if (hasMinimum(request.op)) request.minimum = in.get<Number>("min");
        if (hasMaximum(request.op)) request.maximum = in.get<Number>("max");
    }
    if (name(request.op) == kUnknown) {
        const ByteView operand = in.take(in.remaining(), "operand");
        request.operand.assign(operand.begin(), operand.end());
    }
    return in.finish(std::move(request));
}

template <typename Codes>
auto Racp<Codes>::parseResponse(ByteView bytes) -> Parsed<Response> {
    Reader in(bytes);
    const auto opCode = take<OpCode>(in, "op_code");
    if (opCode != OpCode::ResponseCode && opCode != OpCode::NumberResponse) {
        in.fail(ParseError::Code::BadValue, "op_code");
    }
    if (take<Operator>(in, "operator") != Operator::Null) in.fail(ParseError::Code::BadValue, "operator");
    if (opCode == OpCode::NumberResponse) {
        return in.finish(Response{NumberOfRecords{in.get<Number>("number_of_records")}});
    }
    const auto request = take<OpCode>(in, "request_op_code");
    const auto code = take<ResponseCode>(in, "response_code");
    return in.finish(Response{GeneralResponse{request, code}});
}

template <typename Codes>
Bytes Racp<Codes>::serialize(const Response& response) {
    Writer out;
    const auto* const number = std::get_if<NumberOfRecords>(&response);
    put(out, number != nullptr ? OpCode::NumberResponse : OpCode::ResponseCode);
    put(out, Operator::Null);
    if (number != nullptr) {
        out.put(number->count);
    } else {
        put(out, std::get<GeneralResponse>(response).request);
        put(out, std::get<GeneralResponse>(response).code);
    }
    return std::move(out).bytes();
}

template <typename Codes>
void Racp<Codes>::describe(const AnyRequest& request, FieldSink& sink) {
    sink.enumeration("op_code", static_cast<unsigned>(request.opCode), name(request.opCode));
    sink.enumeration("operator", static_cast<unsigned>(request.op), name(request.op));
    if (request.filterType) {
        if constexpr (requires { Codes::filterName(0); }) {
            sink.enumeration("filter_type", *request.filterType, Codes::filterName(*request.filterType));
        } else {
            sink.integer("filter_type", *request.filterType);
        }
    }
    if (request.minimum) sink.integer("min", *request.minimum);
    if (request.maximum) sink.integer("max", *request.maximum);
    if (name(request.op) == kUnknown) sink.text("operand", toHex(request.operand));
}

template <typename Codes>
void Racp<Codes>::describe(const Response& response, FieldSink& sink) {
    const auto* const number = std::get_if<NumberOfRecords>(&response);
    const OpCode opCode = number != nullptr ? OpCode::NumberResponse : OpCode::ResponseCode;
    sink.enumeration("op_code", static_cast<unsigned>(opCode), name(opCode));
    sink.enumeration("operator", static_cast<unsigned>(Operator::Null), name(Operator::Null));
    if (number != nullptr) return sink.integer("number_of_records", number->count);
    const auto& general = std::get<GeneralResponse>(response);
    sink.enumeration("request_op_code", static_cast<unsigned>(general.request), name(general.request));
    sink.enumeration("response_code", static_cast<unsigned>(general.code), name(general.code));
}

template struct Racp<HistoryRacpCodes>;
template struct Racp<GlucoseRacpCodes>;

} // namespace protocol
