// SPDX-License-Identifier: MIT
// Little-endian cursors over a frame. Every parser of the project reads through Reader, so that every error
// knows its offset and its field; every serializer writes through Writer.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include "protocol/codec/bytes.hpp"

namespace protocol {

/// Reads fields in wire order. The first error sticks; reads after it give zeros.
class Reader {
public:
    constexpr explicit Reader(ByteView bytes) : bytes_(bytes) {}

    template <std::unsigned_integral T>
    constexpr T get(std::string_view field) {
        T value = 0;
        unsigned shift = 0;
        for (const std::uint8_t byte : take(sizeof(T), field)) {
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(byte) << shift));
            shift += 8;
        }
        return value;
    }

    template <std::signed_integral T>
    constexpr T getSigned(std::string_view field) {
        return static_cast<T>(get<std::make_unsigned_t<T>>(field));
    }

    constexpr ByteView take(std::size_t count, std::string_view field) {
        if (!error_ && count > bytes_.size() - at_) { // not at_ + count > size: that can wrap
            error_ = ParseError{ParseError::Code::Truncated, at_, field};
        }
        if (error_) return {};
        last_ = std::exchange(at_, at_ + count);
        return bytes_.subspan(last_, count);
    }

    /// Blames the field read last.
    constexpr void fail(ParseError::Code code, std::string_view field) {
        if (!error_) error_ = ParseError{code, last_, field};
    }

    [[nodiscard]] constexpr std::size_t remaining() const { return error_ ? 0 : bytes_.size() - at_; }
    [[nodiscard]] constexpr bool failed() const { return error_.has_value(); }

    /// Every parse ends here: nothing may be left over.
    template <typename T>
    constexpr Parsed<T> finish(T value) {
        if (!error_ && at_ != bytes_.size()) {
            error_ = ParseError{ParseError::Code::Trailing, at_, "end of frame"};
        }
        if (error_) return *error_;
        return value;
    }

private:
    ByteView bytes_;
    std::size_t at_ = 0;
    std::size_t last_ = 0;
    std::optional<ParseError> error_;
};

/// The mirror of Reader.
class Writer {
public:
    template <std::unsigned_integral T>
    Writer& put(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
        }
        return *this;
    }

    template <std::signed_integral T>
    Writer& putSigned(T value) {
        return put(static_cast<std::make_unsigned_t<T>>(value));
    }

    Writer& put(ByteView bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }

    [[nodiscard]] const Bytes& bytes() const& { return bytes_; }
    [[nodiscard]] Bytes bytes() && { return std::move(bytes_); }

private:
    Bytes bytes_;
};

} // namespace protocol
