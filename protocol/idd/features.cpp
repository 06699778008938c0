// SPDX-License-Identifier: MIT
#include "protocol/idd/features.hpp"

#include "protocol/codec/value_codec.hpp"

namespace protocol::idd {
namespace {

constexpr Extension kFlags{.first = 3, .step = 1, .limit = 7};
constexpr std::size_t kCrcSize = sizeof(std::uint16_t);

} // namespace

void layout(auto& c, Is<Features> auto& v) {
    c.field("e2e_crc", v.e2eCrc);
    c.field("e2e_counter", v.e2eCounter);
    c.medfloat16("insulin_concentration_iu_ml", v.concentration);
    c.extensible("flags", v.flags, kFlags);
    c.bits("bits", v.flags);
    c.derived([&v](FieldSink& sink) { sink.boolean("display_unit_mg_dl", v.has(Feature::UnitMgDl)); });
}

Parsed<Features> parseFeatures(ByteView bytes) {
    const auto features = parseValue<Features>(bytes);
    if (features.has_value() && features->has(Feature::E2eProtection) &&
        features->e2eCrc != e2eCrc(bytes.subspan(kCrcSize))) {
        return ParseError{ParseError::Code::BadChecksum, 0, "E2E-CRC"};
    }
    return features;
}

Bytes serialize(const Features& value) {
    Bytes bytes = serializeValue(value);
    if (value.has(Feature::E2eProtection)) {
        const std::uint16_t crc = e2eCrc(ByteView(bytes).subspan(kCrcSize));
        bytes[0] = static_cast<std::uint8_t>(crc & 0xffU);
        bytes[1] = static_cast<std::uint8_t>(crc >> 8U);
    }
    return bytes;
}

void describe(const Features& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::idd
