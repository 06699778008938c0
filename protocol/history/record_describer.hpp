// SPDX-License-Identifier: MIT
// The describing codec of layout.hpp: hands each field to a FieldSink, and what follows from the fields.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/date_time.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/annunciation_aux.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/layout.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

class RecordDescriber {
public:
    explicit RecordDescriber(FieldSink& sink) : sink_(sink) {}

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
                 const std::optional<std::array<std::uint8_t, 2>>& octets) {
        if (present && octets) {
            sink_.text(key, toHex(*octets));
        } else {
            sink_.null(key);
        }
    }
    void aux(std::size_t count, std::optional<std::uint16_t> faultId, const AuxInfo& value) {
        const ByteView octets = ByteView(value.octets).first(count);
        sink_.beginObject("aux");
        if (faultId) describeAux(*faultId, octets, sink_);
        sink_.endObject();
        sink_.text("aux_raw", toHex(octets));
    }
    void rest(std::string_view key, const Bytes& octets) { sink_.text(key, toHex(octets)); }
    template <typename Function>
    void derived(Function&& describe) {
        describe(sink_);
    }

protected:
    static constexpr std::size_t kDateLength = 10; ///< of "2026-03-13"

    FieldSink& sink_;
};

} // namespace protocol::history
