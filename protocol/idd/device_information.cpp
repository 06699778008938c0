// SPDX-License-Identifier: MIT
#include "protocol/idd/device_information.hpp"

#include <algorithm>

#include "protocol/codec/value_codec.hpp"

namespace protocol::idd {

void layout(auto& c, Is<PnpId> auto& v) {
    c.field("vendor_id_source", v.vendorIdSource);
    c.field("vendor_id", v.vendorId);
    c.field("product_id", v.productId);
    c.field("product_version", v.productVersion);
}

void layout(auto& c, Is<SystemId> auto& v) {
    c.wide("manufacturer_identifier", v.manufacturerIdentifier, 5);
    c.wide("oui", v.oui, 3);
}

void layout(auto& c, Is<BatteryLevel> auto& v) {
    c.field("percent", v.percent);
}

std::string parseText(ByteView bytes) {
    const auto isBlank = [](std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); };
    bytes = bytes.first(static_cast<std::size_t>(std::ranges::find(bytes, 0) - bytes.begin()));
    while (!bytes.empty() && isBlank(bytes.front())) bytes = bytes.subspan(1);
    while (!bytes.empty() && isBlank(bytes.back())) bytes = bytes.first(bytes.size() - 1);
    std::string text;
    for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), kLongestText))) {
        const bool printable = byte >= 0x20 && byte < 0x7f;
        text += printable ? static_cast<char>(byte) : '?';
    }
    return text;
}

Bytes serializeText(std::string_view text) {
    Bytes bytes(text.begin(), text.end());
    bytes.push_back(0);
    return bytes;
}

Parsed<PnpId> parsePnpId(ByteView bytes) {
    return parseValue<PnpId>(bytes);
}
Bytes serialize(const PnpId& value) {
    return serializeValue(value);
}
void describe(const PnpId& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<SystemId> parseSystemId(ByteView bytes) {
    return parseValue<SystemId>(bytes);
}
Bytes serialize(const SystemId& value) {
    return serializeValue(value);
}
void describe(const SystemId& value, FieldSink& sink) {
    describeValue(value, sink);
}

Parsed<BatteryLevel> parseBatteryLevel(ByteView bytes) {
    constexpr unsigned kFull = 100;
    const auto level = parseValue<BatteryLevel>(bytes);
    if (level.has_value() && level->percent > kFull) {
        return ParseError{ParseError::Code::BadValue, 0, "percent"};
    }
    return level;
}
Bytes serialize(const BatteryLevel& value) {
    return serializeValue(value);
}
void describe(const BatteryLevel& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::idd
