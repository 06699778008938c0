// SPDX-License-Identifier: MIT
// The writing codec of layout.hpp. Flags rule: a field that they announce is written even when the value
// lacks it (as zero), one that they do not announce is not written.
#pragma once

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

class RecordWriter {
public:
    explicit RecordWriter(Writer& out) : out_(out) {}

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
                 const std::optional<std::array<std::uint8_t, 2>>& octets) {
        if (present) out_.put(ByteView(octets.value_or(std::array<std::uint8_t, 2>{})));
    }
    void aux(std::size_t count, std::optional<std::uint16_t> /*faultId*/, const AuxInfo& value) {
        out_.put(ByteView(value.octets).first(count));
    }
    void rest(std::string_view /*key*/, const Bytes& octets) { out_.put(ByteView(octets)); }
    template <typename Function>
    void derived(Function&& /*describe*/) {}

protected:
    Writer& out_;
};

} // namespace protocol::history
