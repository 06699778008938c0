// SPDX-License-Identifier: MIT
#include "bridge/capture_values.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include "protocol/cursor.hpp"
#include "protocol/date_time.hpp"
#include "protocol/history/racp.hpp"
#include "protocol/uuids.hpp"

namespace bridge {
namespace {

namespace racp = protocol::history::racp;
namespace uuid = protocol::uuid;
using protocol::ByteView;
using protocol::history::FieldSink;
using Problem = std::optional<protocol::ParseError>;

constexpr std::string_view kDeviceName = "00002a00-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kBatteryLevel = "00002a19-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kGstBatteryLevel = "00000400-0000-1000-0000-009132591325";

/// The pump ends its strings with a NUL (pump-services.md 2). Other than printable ASCII is left out.
Problem describeText(ByteView plain, bool, FieldSink& sink) {
    std::string text;
    for (const std::uint8_t octet : plain) {
        if (octet == 0) break;
        if (octet >= ' ' && octet <= '~') text += static_cast<char>(octet);
    }
    sink.text("text", text);
    return std::nullopt;
}

Problem describePercent(ByteView plain, bool, FieldSink& sink) {
    protocol::Reader reader(plain);
    const auto percent = reader.finish(reader.get<std::uint8_t>("percent"));
    if (percent.has_error()) return percent.error();
    sink.integer("percent", *percent);
    return std::nullopt;
}

Problem describeCurrentTime(ByteView plain, bool, FieldSink& sink) {
    const auto time = protocol::parseCurrentTime(plain);
    if (time.has_error()) return time.error();
    sink.text("date_time", protocol::toString(time->dateTime));
    sink.integer("day_of_week", time->dayOfWeek);
    sink.integer("adjust_reason", time->adjustReason);
    return std::nullopt;
}

std::string_view racpOpCodeName(std::uint8_t opCode) {
    switch (static_cast<racp::OpCode>(opCode)) {
        case racp::OpCode::ResponseCode:
            return "response code";
        case racp::OpCode::ReportRecords:
            return "report records";
        case racp::OpCode::Abort:
            return "abort";
        case racp::OpCode::ReportNumber:
            return "report number of records";
        case racp::OpCode::NumberResponse:
            return "number of records response";
    }
    return "unknown";
}

std::string_view racpOperatorName(std::uint8_t op) {
    using Operator = racp::AnyRequest::Operator;
    switch (static_cast<Operator>(op)) {
        case Operator::Null:
            return "null";
        case Operator::AllRecords:
            return "all records";
        case Operator::LessOrEqual:
            return "less than or equal";
        case Operator::GreaterOrEqual:
            return "greater than or equal";
        case Operator::WithinRange:
            return "within range";
        case Operator::First:
            return "first record";
        case Operator::Last:
            return "last record";
    }
    return "unknown";
}

Problem describeRacpResponse(ByteView plain, FieldSink& sink) {
    const auto response = racp::parseResponse(plain);
    if (response.has_error()) return response.error();
    if (const auto* number = std::get_if<racp::NumberOfRecords>(&*response)) {
        sink.integer("number_of_records", number->count);
        return std::nullopt;
    }
    const auto& general = std::get<racp::GeneralResponse>(*response);
    const auto request = static_cast<std::uint8_t>(general.request);
    sink.enumeration("request", request, racpOpCodeName(request));
    sink.enumeration("response", static_cast<std::uint8_t>(general.code), racp::name(general.code));
    return std::nullopt;
}

Problem describeRacp(ByteView plain, bool fromServer, FieldSink& sink) {
    if (fromServer) return describeRacpResponse(plain, sink);
    using Operator = racp::AnyRequest::Operator;
    const auto request = racp::parseRequest(plain);
    if (request.has_error()) return request.error();
    sink.enumeration("op_code", request->opCode, racpOpCodeName(request->opCode));
    sink.enumeration("operator", request->op, racpOperatorName(request->op));
    if (request->filterType) sink.integer("filter_type", *request->filterType);
    const auto op = static_cast<Operator>(request->op);
    if (op == Operator::WithinRange || op == Operator::GreaterOrEqual)
        sink.integer("minimum", request->minimum);
    if (op == Operator::WithinRange || op == Operator::LessOrEqual) sink.integer("maximum", request->maximum);
    return std::nullopt;
}

constexpr std::array kDecoders = std::to_array<ValueDecoder>({
    {"", kDeviceName, describeText},
    {"", uuid::kManufacturerName, describeText},
    {"", uuid::kModelNumber, describeText},
    {"", uuid::kSerialNumber, describeText},
    {"", uuid::kHardwareRevision, describeText},
    {"", uuid::kFirmwareRevision, describeText},
    {"", uuid::kSoftwareRevision, describeText},
    {"", kBatteryLevel, describePercent},
    {"", kGstBatteryLevel, describePercent},
    {uuid::kCurrentTimeService, uuid::kCurrentTime, describeCurrentTime},
    {uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, describeRacp},
});

} // namespace

const ValueDecoder* findValueDecoder(std::string_view service, std::string_view characteristic) {
    const auto entry = std::find_if(kDecoders.begin(), kDecoders.end(), [&](const ValueDecoder& each) {
        return each.characteristic == characteristic && (each.service.empty() || each.service == service);
    });
    return entry == kDecoders.end() ? nullptr : &*entry;
}

} // namespace bridge
