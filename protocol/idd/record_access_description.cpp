// SPDX-License-Identifier: MIT
// Names: docs/protocol/history.md 2.
#include "protocol/idd/record_access_description.hpp"

#include <algorithm>
#include <string>

namespace protocol::idd {
namespace {

namespace racp = history::racp;
using Operator = racp::AnyRequest::Operator;
using history::FieldSink;

constexpr std::string_view kUnknown = "unknown";

std::string_view name(racp::OpCode value) {
    switch (value) {
        case racp::OpCode::ResponseCode:
            return "response_code";
        case racp::OpCode::ReportRecords:
            return "report_records";
        case racp::OpCode::Abort:
            return "abort";
        case racp::OpCode::ReportNumber:
            return "report_number_of_records";
        case racp::OpCode::NumberResponse:
            return "number_of_records_response";
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

std::string_view filterName(std::uint8_t filterType) {
    switch (filterType) {
        case 0x0f:
            return "sequence_number";
        case 0x33:
            return "sequence_number_reference_time";
        case 0x3c:
            return "sequence_number_non_reference_time";
        default:
            return kUnknown;
    }
}

/// "no_records_found", as all names of the examples are written.
std::string underscored(std::string_view words) {
    std::string text(words);
    std::ranges::replace(text, ' ', '_');
    return text;
}

void enumeration(FieldSink& sink, std::string_view key, auto value) {
    sink.enumeration(key, static_cast<unsigned>(value), name(value));
}

void describeFields(const racp::NumberOfRecords& number, FieldSink& sink) {
    enumeration(sink, "op_code", racp::OpCode::NumberResponse);
    enumeration(sink, "operator", Operator::Null);
    sink.integer("number_of_records", number.count);
}

void describeFields(const racp::GeneralResponse& response, FieldSink& sink) {
    enumeration(sink, "op_code", racp::OpCode::ResponseCode);
    enumeration(sink, "operator", Operator::Null);
    enumeration(sink, "request_op_code", response.request);
    sink.enumeration("response_code", static_cast<unsigned>(response.code),
                     underscored(racp::name(response.code)));
}

} // namespace

void describe(const racp::AnyRequest& request, FieldSink& sink) {
    const auto op = static_cast<Operator>(request.op);
    enumeration(sink, "op_code", static_cast<racp::OpCode>(request.opCode));
    enumeration(sink, "operator", op);
    if (!request.filterType) return;
    sink.enumeration("filter_type", *request.filterType, filterName(*request.filterType));
    if (op == Operator::GreaterOrEqual || op == Operator::WithinRange) sink.integer("min", request.minimum);
    if (op == Operator::LessOrEqual || op == Operator::WithinRange) sink.integer("max", request.maximum);
}

void describe(const racp::Response& response, FieldSink& sink) {
    std::visit([&sink](const auto& r) { describeFields(r, sink); }, response);
}

} // namespace protocol::idd
