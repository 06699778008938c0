// SPDX-License-Identifier: MIT
// The writing codec of layout.hpp. Flags rule: a field that they announce is written even when the value
// lacks it (as zero), one that they do not announce is not written.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/codec/cursor.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/layout.hpp"
#include "protocol/codec/med_float.hpp"

namespace protocol {

class FieldWriter {
public:
    explicit FieldWriter(Writer& out) : out_(out) {}

    template <std::integral T>
    void field(std::string_view /*key*/, T value) {
        out_.put(static_cast<std::make_unsigned_t<T>>(value));
    }
    template <Enumeration T>
    void field(std::string_view /*key*/, T value) {
        out_.put(static_cast<std::underlying_type_t<T>>(value));
    }
    void field(std::string_view /*key*/, const DateTime& value) { writeDateTime(out_, value); }

    void medfloat16(std::string_view /*key*/, const MedFloat& value) { out_.put(value.toSfloat()); }
    void medfloat32(std::string_view /*key*/, const MedFloat& value) { out_.put(value.toFloat()); }
    template <typename... Value>
    void amounts(std::size_t /*following*/, Amount<Value>... amount) {
        // One width for all of a record, or its length would fit neither form.
        const bool wide = ((amount.value.width() == MedFloat::Width::Float) || ...);
        (wide ? (medfloat32(amount.key, amount.value), ...) : (medfloat16(amount.key, amount.value), ...));
    }

    template <typename T>
    void optional(std::string_view key, bool present, const std::optional<T>& value) {
        if (!present) return;
        if constexpr (std::same_as<T, MedFloat>) {
            medfloat32(key, value.value_or(MedFloat{}));
        } else {
            field(key, value.value_or(T{}));
        }
    }
    template <std::integral T>
    void nullable(std::string_view key, T value, T /*unknown*/) {
        field(key, value);
    }
    void date(std::string_view /*key*/, std::uint16_t year, std::uint8_t month, std::uint8_t day) {
        out_.put(year).put(month).put(day);
    }
    void timestamp(std::string_view key, bool present, const std::optional<std::uint32_t>& value) {
        optional(key, present, value);
    }
    void auxPair(std::string_view /*key*/, bool present,
                 const std::optional<std::array<std::uint8_t, 2>>& bytes) {
        if (present) out_.put(ByteView(bytes.value_or(std::array<std::uint8_t, 2>{})));
    }
    void aux(std::size_t count, std::optional<std::uint16_t> /*faultId*/, const auto& value) {
        out_.put(ByteView(value.bytes).first(count));
    }
    void rest(std::string_view /*key*/, const Bytes& bytes) { out_.put(ByteView(bytes)); }
    template <typename Function>
    void derived(Function&& /*describe*/) {}

    void wide(std::string_view /*key*/, std::uint64_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) out_.put(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void bitField(std::string_view key, std::uint64_t value, std::size_t bytes) { wide(key, value, bytes); }
    /// Sets the bits that announce an extension where higher bits need it.
    void extensible(std::string_view key, std::uint64_t value, Extension extension) {
        std::size_t size = extension.first;
        while (size < extension.limit && (value >> (8 * size - 1)) != 0) {
            value |= std::uint64_t{1} << (8 * size - 1);
            size += extension.step;
        }
        wide(key, value, size);
    }
    template <std::integral T>
    void announced(std::string_view key, bool present, T value) {
        if (present) field(key, value);
    }
    void optionalMedfloat16(std::string_view key, bool present, const std::optional<MedFloat>& value) {
        if (present) medfloat16(key, value.value_or(MedFloat{}));
    }
    void nibbles(std::string_view /*lowKey*/, std::uint8_t low, std::string_view /*highKey*/,
                 std::uint8_t high) {
        out_.put(static_cast<std::uint8_t>((low & 0x0fU) | static_cast<unsigned>(high) << 4U));
    }
    /// Exactly `count` bytes: missing ones are zero.
    void bytes(std::string_view /*key*/, std::size_t count, Bytes value) {
        value.resize(count);
        out_.put(ByteView(value));
    }
    void toEnd(std::string_view key, std::uint32_t value, std::uint8_t bytes) { wide(key, value, bytes); }
    void counted(std::string_view /*key*/, const std::vector<std::uint16_t>& values) {
        out_.put(static_cast<std::uint8_t>(values.size()));
        for (const std::uint16_t value : values) out_.put(value);
    }
    /// Exactly `count` elements, as the flags announce them.
    template <typename Element>
    void elements(std::string_view /*key*/, std::size_t count, std::vector<Element> values) {
        values.resize(count);
        for (const Element& value : values) layout(*this, value);
    }
    void bits(std::string_view /*key*/, std::uint64_t /*value*/) {}

private:
    Writer& out_;
};

} // namespace protocol
