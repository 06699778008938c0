// SPDX-License-Identifier: MIT
// A value through its layout: from bytes, to bytes, to a FieldSink. A control point's message is a
// std::variant whose first alternative holds the op codes that are not known; each other alternative has a
// `kOpCode`, which stands before its fields on the wire.
#pragma once

#include <utility>
#include <variant>

#include "protocol/codec/crc.hpp"
#include "protocol/codec/field_describer.hpp"
#include "protocol/codec/field_reader.hpp"
#include "protocol/codec/field_writer.hpp"
#include "protocol/codec/unknown_op_code.hpp"

namespace protocol {

void layout(auto& c, OneOf<UnknownOpCode<std::uint8_t>, UnknownOpCode<std::uint16_t>> auto& message) {
    c.rest("operand", message.operand);
}

template <typename Message>
auto opCodeOf(const Message& /*message*/) {
    return Message::kOpCode;
}
template <typename OpCode>
OpCode opCodeOf(const UnknownOpCode<OpCode>& message) {
    return message.opCode;
}

template <typename OpCode, typename... Known>
void layout(FieldReader& c, std::variant<UnknownOpCode<OpCode>, Known...>& message) {
    OpCode opCode = 0;
    c.field("op_code", opCode);
    const bool known =
        ((opCode == Known::kOpCode && (layout(c, message.template emplace<Known>()), true)) || ...);
    if (!known) layout(c, message.template emplace<0>(UnknownOpCode<OpCode>{opCode, {}}));
}
template <typename... Message>
void layout(FieldWriter& c, const std::variant<Message...>& message) {
    std::visit(
        [&c](const auto& m) {
            c.field("op_code", opCodeOf(m));
            layout(c, m);
        },
        message);
}
template <typename... Message>
void layout(FieldDescriber& c, const std::variant<Message...>& message) {
    std::visit(
        [&c](const auto& m) {
            c.field("op_code", opCodeOf(m));
            layout(c, m);
        },
        message);
}

template <typename T>
Parsed<T> parseValue(ByteView bytes) {
    Reader in(bytes);
    FieldReader fields(in);
    T value;
    layout(fields, value);
    return in.finish(std::move(value));
}

template <typename T>
Bytes serializeValue(const T& value) {
    Writer out;
    FieldWriter fields(out);
    layout(fields, value);
    return std::move(out).bytes();
}

template <typename T>
void describeValue(const T& value, FieldSink& sink) {
    FieldDescriber fields(sink);
    layout(fields, value);
}

/// The bytes with their E2E-CRC after them.
inline Bytes withE2eCrc(Bytes bytes) {
    const std::uint16_t crc = e2eCrc(bytes);
    bytes.push_back(static_cast<std::uint8_t>(crc & 0xffU));
    bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
    return bytes;
}

/// A value that ends with its E2E-CRC. Of bytes whose checksum is wrong no field is believed; but when they
/// are fewer than their layout needs, that is the error: something is missing, not damaged.
template <typename T>
Parsed<T> parseProtected(ByteView bytes) {
    const Parsed<ByteView> content = stripE2eCrc(bytes);
    if (content.has_value()) return parseValue<T>(*content);

    constexpr std::string_view kCrc = "E2E-CRC";
    Reader in(bytes);
    FieldReader fields(in, FieldReader::Values::Ignored, std::nullopt, sizeof(std::uint16_t));
    T value;
    layout(fields, value);
    in.get<std::uint16_t>(kCrc);
    if (in.failed()) return in.finish(std::move(value));
    return content.error();
}

template <typename T>
Bytes serializeProtected(const T& value) {
    return withE2eCrc(serializeValue(value));
}

} // namespace protocol
