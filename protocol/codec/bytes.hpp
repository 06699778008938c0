// SPDX-License-Identifier: MIT
// Bytes as they travel: views, hexadecimal text, and the one parse error of the whole protocol layer.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace protocol {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Why some bytes are not what they should be: the field that was being read, and where it begins.
struct ParseError {
    enum class Code { Truncated, Trailing, BadValue, BadChecksum };

    Code code;
    std::size_t offset;     ///< of the field, from the start of the frame
    std::string_view field; ///< a literal; the specification's name of the field

    friend bool operator==(const ParseError&, const ParseError&) = default;
};

std::string_view toString(ParseError::Code code);
/// "truncated at offset 6: relative_offset_s"
std::string toString(const ParseError& error);

template <typename T>
using Parsed = boost::system::result<T, ParseError>;

/// Lower-case hexadecimal digits, no separators.
std::string toHex(ByteView bytes);

/// Hexadecimal digits of either case; white space between bytes is ignored. The error's offset counts
/// characters.
Parsed<Bytes> fromHex(std::string_view text);

} // namespace protocol
