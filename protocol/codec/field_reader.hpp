// SPDX-License-Identifier: MIT
// The reading codec of layout.hpp. Values that cannot be are errors: dates that do not exist, negative
// amounts. Enumeration values that are not listed, and special floats, are kept (docs/protocol/numbers.md 1
// and 2).
#pragma once

#include <algorithm>
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

class FieldReader {
public:
    enum class Values : std::uint8_t { Checked, Ignored };

    /// `width`: of amounts that may be widened; empty: as the length of what is there says. `tail`: bytes at
    /// the end that do not belong to the layout.
    explicit FieldReader(Reader& in, Values values = Values::Checked,
                         std::optional<MedFloat::Width> width = std::nullopt, std::size_t tail = 0)
        : in_(in), values_(values), width_(width), tail_(tail) {}

    template <std::integral T>
    void field(std::string_view key, T& value) {
        value = static_cast<T>(in_.get<std::make_unsigned_t<T>>(key));
    }
    template <Enumeration T>
    void field(std::string_view key, T& value) {
        value = static_cast<T>(in_.get<std::underlying_type_t<T>>(key));
    }
    void field(std::string_view key, DateTime& value) {
        // Taken as one piece, so that an error points at the beginning of the date.
        Reader parts(in_.take(kDateTimeSize, key));
        if (in_.failed()) return;
        value = readDateTime(parts, key);
        if (!value.local()) badValue(key);
    }

    void medfloat16(std::string_view key, MedFloat& value) {
        value = MedFloat::fromSfloat(in_.get<std::uint16_t>(key));
        if (value.isNegative()) badValue(key);
    }
    void medfloat32(std::string_view key, MedFloat& value) {
        value = MedFloat::fromFloat(in_.get<std::uint32_t>(key));
        if (value.isNegative()) badValue(key);
    }
    template <typename... Value>
    void amounts(std::size_t following, Amount<Value>... amount) {
        const bool fitsWide = in_.remaining() >= following + sizeof...(amount) * sizeof(std::uint32_t);
        const bool wide = width_ ? *width_ == MedFloat::Width::Float : fitsWide;
        (wide ? (medfloat32(amount.key, amount.value), ...) : (medfloat16(amount.key, amount.value), ...));
    }

    template <typename T>
    void optional(std::string_view key, bool present, std::optional<T>& value) {
        if (!present) return;
        if constexpr (std::same_as<T, MedFloat>) {
            medfloat32(key, value.emplace());
        } else {
            field(key, value.emplace());
        }
    }
    template <std::integral T>
    void nullable(std::string_view key, T& value, T /*unknown*/) {
        field(key, value);
    }
    void date(std::string_view key, std::uint16_t& year, std::uint8_t& month, std::uint8_t& day) {
        Reader parts(in_.take(kDateSize, key));
        if (in_.failed()) return;
        year = parts.get<std::uint16_t>(key);
        month = parts.get<std::uint8_t>(key);
        day = parts.get<std::uint8_t>(key);
        if (!DateTime{year, month, day, 0, 0, 0}.local()) badValue(key);
    }
    void timestamp(std::string_view key, bool present, std::optional<std::uint32_t>& value) {
        optional(key, present, value);
    }
    void auxPair(std::string_view key, bool present, std::optional<std::array<std::uint8_t, 2>>& bytes) {
        if (!present) return;
        const ByteView pair = in_.take(2, key);
        if (!pair.empty()) bytes = {pair[0], pair[1]};
    }
    void aux(std::size_t count, std::optional<std::uint16_t> /*faultId*/, auto& value) {
        const ByteView bytes = in_.take(count, "aux");
        value.size = static_cast<std::uint8_t>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
    }
    template <typename Function>
    void derived(Function&& /*describe*/) {}

    template <std::unsigned_integral T>
    void wide(std::string_view key, T& value, std::size_t bytes) {
        value = static_cast<T>(integer(key, bytes));
    }
    template <std::unsigned_integral T>
    void bitField(std::string_view key, T& value, std::size_t bytes) {
        wide(key, value, bytes);
    }
    void extensible(std::string_view key, std::uint64_t& value, Extension extension) {
        std::size_t size = extension.first;
        value = integer(key, size);
        while (size < extension.limit && (value >> (8 * size - 1)) != 0) {
            value |= integer(key, extension.step) << (8 * size);
            size += extension.step;
        }
    }
    template <std::integral T>
    void announced(std::string_view key, bool present, T& value) {
        if (present) field(key, value);
    }
    void optionalMedfloat16(std::string_view key, bool present, std::optional<MedFloat>& value) {
        if (present) value = MedFloat::fromSfloat(in_.get<std::uint16_t>(key));
    }
    void nibbles(std::string_view lowKey, std::uint8_t& low, std::string_view /*highKey*/,
                 std::uint8_t& high) {
        const unsigned both = in_.get<std::uint8_t>(lowKey);
        low = both & 0x0fU;
        high = static_cast<std::uint8_t>(both >> 4U);
    }
    void bytes(std::string_view key, std::size_t count, Bytes& value) {
        const ByteView taken = in_.take(count, key);
        value.assign(taken.begin(), taken.end());
    }
    void toEnd(std::string_view key, std::uint32_t& value, std::uint8_t& bytes) {
        bytes = static_cast<std::uint8_t>(std::clamp(available(), std::size_t{1}, sizeof(value)));
        value = static_cast<std::uint32_t>(integer(key, bytes));
    }
    void counted(std::string_view key, std::vector<std::uint16_t>& values) {
        const std::size_t count = in_.get<std::uint8_t>("count");
        for (std::size_t i = 0; i < count && !in_.failed(); ++i) {
            values.push_back(in_.get<std::uint16_t>(key));
        }
    }
    template <typename Element>
    void elements(std::string_view /*key*/, std::size_t count, std::vector<Element>& values) {
        for (std::size_t i = 0; i < count; ++i) layout(*this, values.emplace_back());
    }
    void rest(std::string_view key, Bytes& value) { bytes(key, available(), value); }
    void bits(std::string_view /*key*/, std::uint64_t /*value*/) {}

private:
    static constexpr std::size_t kDateTimeSize = 7;
    static constexpr std::size_t kDateSize = 4;

    void badValue(std::string_view key) {
        if (values_ == Values::Checked) in_.fail(ParseError::Code::BadValue, key);
    }

    Reader& in_;
    Values values_;
    std::optional<MedFloat::Width> width_;
    std::size_t tail_;

    [[nodiscard]] std::size_t available() const { return in_.remaining() - std::min(tail_, in_.remaining()); }

    std::uint64_t integer(std::string_view key, std::size_t bytes) {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t byte : in_.take(bytes, key)) {
            value |= std::uint64_t{byte} << shift;
            shift += 8;
        }
        return value;
    }
};

} // namespace protocol
