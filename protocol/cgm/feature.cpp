// SPDX-License-Identifier: MIT
#include "protocol/cgm/feature.hpp"

#include "protocol/codec/value_codec.hpp"

namespace protocol::cgm {
namespace {

constexpr std::size_t kCrcOffset = 4;

} // namespace

void layout(auto& c, Is<Feature> auto& v) {
    c.wide("feature", v.feature, 3);
    c.bits("bits", v.feature);
    c.nibbles("type", v.type, "sample_location", v.sampleLocation);
    c.field("e2e_crc", v.e2eCrcField);
    c.derived([&v](FieldSink& sink) {
        sink.boolean("crc_valid", v.supportsE2eCrc()); // it would not have parsed
        sink.boolean("e2e_crc_supported", v.supportsE2eCrc());
    });
}

Parsed<Feature> parseFeature(ByteView bytes) {
    const auto value = parseValue<Feature>(bytes);
    if (value.has_value() && value->supportsE2eCrc() &&
        value->e2eCrcField != e2eCrc(bytes.first(kCrcOffset))) {
        return ParseError{ParseError::Code::BadChecksum, kCrcOffset, "E2E-CRC"};
    }
    return value;
}

Bytes serialize(const Feature& value) {
    Bytes bytes = serializeValue(value);
    if (!value.supportsE2eCrc()) return bytes;
    bytes.resize(kCrcOffset);
    return withE2eCrc(std::move(bytes));
}

void describe(const Feature& value, FieldSink& sink) {
    describeValue(value, sink);
}

} // namespace protocol::cgm
