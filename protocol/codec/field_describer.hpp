// SPDX-License-Identifier: MIT
// The describing codec of layout.hpp: hands each field to a FieldSink, and what follows from the fields.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/codec/date_time.hpp"
#include "protocol/codec/field_sink.hpp"
#include "protocol/codec/layout.hpp"
#include "protocol/codec/med_float.hpp"

namespace protocol {

class FieldDescriber {
public:
    explicit FieldDescriber(FieldSink& sink) : sink_(sink) {}

    template <std::integral T>
    void field(std::string_view key, T value) {
        sink_.integer(key, value);
    }
    template <Enumeration T>
    void field(std::string_view key, T value) {
        sink_.enumeration(key, static_cast<unsigned>(value), name(value));
    }
    void field(std::string_view key, const DateTime& value) { sink_.text(key, toString(value)); }

    void medfloat16(std::string_view key, const MedFloat& value) { sink_.text(key, value.text()); }
    void medfloat32(std::string_view key, const MedFloat& value) { sink_.text(key, value.text()); }
    template <typename... Value>
    void amounts(std::size_t /*following*/, Amount<Value>... amount) {
        (sink_.text(amount.key, amount.value.text()), ...);
    }

    template <typename T>
    void optional(std::string_view key, bool present, const std::optional<T>& value) {
        if (!present || !value) {
            sink_.null(key);
        } else if constexpr (std::same_as<T, MedFloat>) {
            medfloat32(key, *value);
        } else {
            field(key, *value);
        }
    }
    template <std::integral T>
    void nullable(std::string_view key, T value, T unknown) {
        if (value == unknown) {
            sink_.null(key);
        } else {
            field(key, value);
        }
    }
    void date(std::string_view key, std::uint16_t year, std::uint8_t month, std::uint8_t day) {
        sink_.text(key, toString(DateTime{year, month, day, 0, 0, 0}).substr(0, kDateLength));
    }
    void timestamp(std::string_view key, bool present, const std::optional<std::uint32_t>& value) {
        if (present && value) {
            sink_.text(key, toString(fromPumpEpoch(*value)));
        } else {
            sink_.null(key);
        }
    }
    void auxPair(std::string_view key, bool present,
                 const std::optional<std::array<std::uint8_t, 2>>& bytes) {
        if (present && bytes) {
            sink_.text(key, toHex(*bytes));
        } else {
            sink_.null(key);
        }
    }
    void aux(std::size_t count, std::optional<std::uint16_t> faultId, const auto& value) {
        sink_.beginObject("aux");
        if (faultId) describeAux(value, *faultId, count, sink_);
        sink_.endObject();
        sink_.text("aux_raw", toHex(ByteView(value.bytes).first(count)));
    }
    void rest(std::string_view key, const Bytes& bytes) { sink_.text(key, toHex(bytes)); }
    template <typename Function>
    void derived(Function&& describe) {
        describe(sink_);
    }

    void wide(std::string_view key, std::uint64_t value, std::size_t /*bytes*/) {
        sink_.integer(key, static_cast<std::int64_t>(value));
    }
    void bitField(std::string_view key, std::uint64_t value, std::size_t /*bytes*/) { bits(key, value); }
    void extensible(std::string_view key, std::uint64_t value, Extension extension) {
        wide(key, value, extension.limit);
    }
    template <std::integral T>
    void announced(std::string_view key, bool /*present*/, T value) {
        field(key, value);
    }
    void optionalMedfloat16(std::string_view key, bool present, const std::optional<MedFloat>& value) {
        optional(key, present, value);
    }
    void nibbles(std::string_view lowKey, std::uint8_t low, std::string_view highKey, std::uint8_t high) {
        field(lowKey, low);
        field(highKey, high);
    }
    void bytes(std::string_view key, std::size_t /*count*/, const Bytes& value) {
        sink_.text(key, toHex(value));
    }
    void toEnd(std::string_view key, std::uint32_t value, std::uint8_t /*bytes*/) { field(key, value); }
    void counted(std::string_view key, const std::vector<std::uint16_t>& values) {
        sink_.beginArray(key);
        for (std::size_t i = 0; i < values.size(); ++i) sink_.integer(std::to_string(i), values[i]);
        sink_.endArray();
    }
    template <typename Element>
    void elements(std::string_view key, std::size_t /*count*/, const std::vector<Element>& values) {
        sink_.beginArray(key);
        for (std::size_t i = 0; i < values.size(); ++i) {
            sink_.beginObject(std::to_string(i));
            layout(*this, values[i]);
            sink_.endObject();
        }
        sink_.endArray();
    }
    void bits(std::string_view key, std::uint64_t value) {
        sink_.beginArray(key);
        std::size_t index = 0;
        for (unsigned bit = 0; bit < 64; ++bit) {
            if ((value >> bit & 1U) != 0) sink_.integer(std::to_string(index++), bit);
        }
        sink_.endArray();
    }

private:
    static constexpr std::size_t kDateLength = 10; ///< of "2026-03-13"

    FieldSink& sink_;
};

} // namespace protocol
