// SPDX-License-Identifier: MIT
#include "capture/shown_record.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "capture/fields.hpp"
#include "protocol/codec/utc_time.hpp"

namespace capture {
namespace {

namespace history = protocol::history;
using Json = nlohmann::ordered_json;

void addHeader(Json& object, const history::Header& header) {
    object["event_type"] = header.eventType;
    object["event_name"] = std::string(history::eventName(header.eventType));
    object["sequence_number"] = header.sequenceNumber;
    object["relative_offset_s"] = header.relativeOffset;
}

Fields fieldsOf(const history::Record& record) {
    return Fields([&](history::FieldSink& sink) { history::describe(record.data, sink); });
}

} // namespace

Json toJson(const ShownRecord& record) {
    Json object = Json::object();
    if (const auto header = history::parseHeader(record.raw)) addHeader(object, *header);
    if (record.decoded.has_value()) {
        object["data"] = toJson(fieldsOf(*record.decoded));
    } else {
        const protocol::ParseError& error = record.decoded.error();
        object["error"] = {{"code", std::string(protocol::toString(error.code))},
                           {"offset", error.offset},
                           {"field", std::string(error.field)}};
    }
    object["local_time"] = record.localTime ? Json(protocol::toString(*record.localTime)) : Json(nullptr);
    object["time"] = record.time ? Json(protocol::toIso(*record.time)) : Json(nullptr);
    object["raw"] = protocol::toHex(record.raw);
    return object;
}

std::string toJsonLine(const ShownRecord& record) {
    return toJson(record).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string toDetails(const ShownRecord& record) {
    if (record.decoded.has_error()) return protocol::toString(record.decoded.error());
    return toText(fieldsOf(*record.decoded));
}

std::string toTextLine(const ShownRecord& record) {
    const std::string details = toDetails(record);
    const auto header = history::parseHeader(record.raw);
    if (!header) return "not a record: " + protocol::toHex(record.raw) + "  " + details;
    std::string time(19, '-');
    if (record.localTime) {
        time = protocol::toString(*record.localTime);
        time[10] = ' ';
    }
    std::string line = fmt::format("{:<10}  {}  {:<28}  ", header->sequenceNumber, time,
                                   history::eventName(header->eventType));
    if (record.decoded.has_value()) {
        line += details;
    } else {
        line += "cannot be decoded: " + details + "  raw=" + protocol::toHex(record.raw);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace capture
