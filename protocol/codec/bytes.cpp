// SPDX-License-Identifier: MIT
#include "protocol/codec/bytes.hpp"

#include <optional>

namespace protocol {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

constexpr bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

constexpr std::optional<std::uint8_t> digitValue(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

} // namespace

std::string_view toString(ParseError::Code code) {
    switch (code) {
        case ParseError::Code::Truncated:
            return "truncated";
        case ParseError::Code::Trailing:
            return "trailing";
        case ParseError::Code::BadValue:
            return "bad_value";
        case ParseError::Code::BadChecksum:
            return "bad_checksum";
    }
    return "unknown";
}

std::string toString(const ParseError& error) {
    std::string text{toString(error.code)};
    text += " at offset ";
    text += std::to_string(error.offset);
    text += ": ";
    text += error.field;
    return text;
}

std::string toHex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0x0fU];
    }
    return text;
}

Parsed<Bytes> fromHex(std::string_view text) {
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size();) {
        if (isSpace(text[at])) {
            ++at;
            continue;
        }
        const auto high = digitValue(text[at]);
        if (!high) return ParseError{ParseError::Code::BadValue, at, "hexadecimal digit"};
        if (at + 1 == text.size())
            return ParseError{ParseError::Code::Truncated, at, "hexadecimal digit pair"};
        const auto low = digitValue(text[at + 1]);
        if (!low) return ParseError{ParseError::Code::BadValue, at + 1, "hexadecimal digit"};
        bytes.push_back(static_cast<std::uint8_t>(*high << 4U | *low));
        at += 2;
    }
    return bytes;
}

} // namespace protocol
