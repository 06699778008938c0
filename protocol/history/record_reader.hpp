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

#include "protocol/codec/cursor.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/layout.hpp"

namespace protocol::history {

class RecordReader {
public:
    enum class Values : std::uint8_t { Checked, Ignored };

    /// `width`: of amounts that may be widened; empty: told by the length of what is there.
    explicit RecordReader(Reader& in, Values values = Values::Checked,
                          std::optional<MedFloat::Width> width = std::nullopt)
        : in_(in), values_(values), width_(width) {}

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
    void auxPair(std::string_view key, bool present, std::optional<std::array<std::uint8_t, 2>>& octets) {
        if (!present) return;
        const ByteView pair = in_.take(2, key);
        if (!pair.empty()) octets = {pair[0], pair[1]};
    }
    void aux(std::size_t count, std::optional<std::uint16_t> /*faultId*/, AuxInfo& value) {
        const ByteView octets = in_.take(count, "aux");
        value.size = static_cast<std::uint8_t>(octets.size());
        std::copy(octets.begin(), octets.end(), value.octets.begin());
    }
    void rest(std::string_view key, Bytes& octets) {
        const ByteView all = in_.take(in_.remaining(), key);
        octets.assign(all.begin(), all.end());
    }
    template <typename Function>
    void derived(Function&& /*describe*/) {}

protected:
    static constexpr std::size_t kDateTimeSize = 7;
    static constexpr std::size_t kDateSize = 4;

    void badValue(std::string_view key) {
        if (values_ == Values::Checked) in_.fail(ParseError::Code::BadValue, key);
    }

    Reader& in_;
    Values values_;
    std::optional<MedFloat::Width> width_;
};

} // namespace protocol::history
