// SPDX-License-Identifier: MIT
#include "protocol/codec/crc.hpp"

#include <array>

namespace protocol {
namespace {

constexpr std::uint16_t kE2ePolynomial = 0x1021;
constexpr std::uint32_t kCrc32Polynomial = 0xedb88320; // reflected
constexpr std::size_t kE2eCrcSize = 2;

constexpr auto kE2eTable = [] {
    std::array<std::uint16_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte << 8U;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 0x8000U) != 0 ? value << 1U ^ kE2ePolynomial : value << 1U;
        table[byte] = static_cast<std::uint16_t>(value);
    }
    return table;
}();

constexpr auto kCrc32Table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1U) != 0 ? value >> 1U ^ kCrc32Polynomial : value >> 1U;
        table[byte] = value;
    }
    return table;
}();

} // namespace

std::uint16_t e2eCrc(ByteView bytes) {
    std::uint32_t value = 0xffff;
    for (const std::uint8_t byte : bytes)
        value = (value << 8U & 0xffffU) ^ kE2eTable[(value >> 8U ^ byte) & 0xffU];
    return static_cast<std::uint16_t>(value);
}

std::uint32_t crc32(ByteView bytes) {
    std::uint32_t value = 0xffffffff;
    for (const std::uint8_t byte : bytes) value = value >> 8U ^ kCrc32Table[(value ^ byte) & 0xffU];
    return ~value;
}

Parsed<ByteView> stripE2eCrc(ByteView bytes) {
    if (bytes.size() < kE2eCrcSize) return ParseError{ParseError::Code::Truncated, 0, "E2E-CRC"};
    const std::size_t end = bytes.size() - kE2eCrcSize;
    const unsigned stored = bytes[end] | static_cast<unsigned>(bytes[end + 1]) << 8U;
    const ByteView content = bytes.first(end);
    if (stored != e2eCrc(content)) return ParseError{ParseError::Code::BadChecksum, end, "E2E-CRC"};
    return content;
}

} // namespace protocol
