// SPDX-License-Identifier: MIT
#include "capture/line.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "capture/names.hpp"

namespace capture {
namespace {

using Json = nlohmann::ordered_json;

/// "2026-03-14T09:29:07.123456"
std::string toText(Time time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return protocol::toString(protocol::LocalSeconds(seconds.time_since_epoch())) +
           fmt::format(".{:06}", (time - seconds).count());
}

void addPlace(Json& object, const Place& place) {
    object["handle"] = place.handle;
    if (!place.attribute) return;
    const auto add = [&object](const char* key, const std::string& uuid) {
        if (!uuid.empty()) object[key] = uuidName(uuid);
    };
    add("service", place.attribute->service);
    add("characteristic", place.attribute->characteristic);
    add("descriptor", place.attribute->descriptor);
}

} // namespace

std::string_view name(Line::Kind kind) {
    switch (kind) {
        case Line::Kind::Advertising:
            return "advertising";
        case Line::Kind::Connection:
            return "connection";
        case Line::Kind::Smp:
            return "smp";
        case Line::Kind::Att:
            return "att";
        case Line::Kind::Sake:
            return "sake";
        case Line::Kind::Value:
            return "value";
        case Line::Kind::History:
            return "history";
        case Line::Kind::Note:
            break;
    }
    return "note";
}

std::string toString(const Place& place) {
    std::string text;
    if (place.attribute) {
        const auto& [service, characteristic, descriptor] = *place.attribute;
        text = descriptor.empty() ? "" : uuidName(descriptor);
        if (!descriptor.empty() && !characteristic.empty()) text += " of ";
        if (!characteristic.empty()) text += uuidName(characteristic);
    }
    return text.empty() ? fmt::format("handle 0x{:04x}", place.handle)
                        : fmt::format("{} (0x{:04x})", text, place.handle);
}

std::string toTextLine(const Line& line) {
    std::string time = toText(line.stamp.time);
    time[time.find('T')] = ' ';
    const char direction = !line.stamp.sent ? ' ' : *line.stamp.sent ? '<' : '>';
    std::string text =
        fmt::format("{:>6}  {}  {}  {:<11}  ", line.stamp.packet, time, direction, name(line.kind));
    if (line.record) return text + toTextLine(*line.record);
    text += line.what;
    if (line.place) text += ' ' + toString(*line.place);
    for (const Fields* const each : {line.value ? &*line.value : nullptr, &line.fields}) {
        const std::string fields = each != nullptr ? toText(*each) : "";
        if (!fields.empty()) text += "  " + fields;
    }
    return text;
}

std::string toJsonLine(const Line& line) {
    Json object = Json::object();
    object["packet"] = line.stamp.packet;
    object["timestamp"] = toText(line.stamp.time) + "Z";
    object["direction"] = line.stamp.sent ? Json(*line.stamp.sent ? "sent" : "received") : Json(nullptr);
    object["kind"] = std::string(name(line.kind));
    if (line.record) {
        object.update(toJson(*line.record));
    } else {
        object["what"] = line.what;
        if (line.place) addPlace(object, *line.place);
        if (line.value) object["value"] = toJson(*line.value);
        if (!line.fields.empty()) object.update(toJson(line.fields));
    }
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace capture
