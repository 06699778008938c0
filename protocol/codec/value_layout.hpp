// SPDX-License-Identifier: MIT
// The layouts of the services' values are written like those of history events (history/layout.hpp): one
// function per value that names its fields in wire order and runs over a reader, a writer and a describer.
// Beside the operations of history these codecs offer:
//
//   wide(key, value, octets)               an unsigned integer of 3 or 5 octets
//   bitField(key, value, octets)           the same, described by the numbers of its set bits
//   extensible(key, value, extension)      flags whose top bit announces more of them
//   announced(key, present, value)         a field that counts as 0 while its flag is clear
//   optionalMedfloat16(key, present, v)    an SFLOAT that a flag announces; may be negative
//   nibbles(lowKey, low, highKey, high)    two values in one octet
//   octets(key, count, value)              octets without a meaning of their own
//   toEnd(key, value, octets)              an integer as long as what is left, up to 4 octets
//   counted(key, values)                   u8 number, then u16 each
//   elements(key, count, values)           values with a layout of their own
//   bits(key, value)                       for the describer only: the numbers of the set bits
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/history/record_describer.hpp"
#include "protocol/history/record_reader.hpp"
#include "protocol/history/record_writer.hpp"

namespace protocol {

using history::FieldSink;
using history::Is;

/// Like Is, for values that share a layout.
template <typename Value, typename... Wanted>
concept OneOf = (Is<Value, Wanted> || ...);

/// Sizes of extensible flags, in octets.
struct Extension {
    std::size_t first; ///< always there
    std::size_t step;  ///< added as long as the highest bit so far is set
    std::size_t limit; ///< of all
};

class ValueReader : public history::RecordReader {
public:
    /// `tail`: octets at the end that do not belong to the layout.
    explicit ValueReader(Reader& in, Values values = Values::Checked, std::size_t tail = 0)
        : RecordReader(in, values), tail_(tail) {}

    template <std::unsigned_integral T>
    void wide(std::string_view key, T& value, std::size_t octets) {
        value = static_cast<T>(integer(key, octets));
    }
    template <std::unsigned_integral T>
    void bitField(std::string_view key, T& value, std::size_t octets) {
        wide(key, value, octets);
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
    void octets(std::string_view key, std::size_t count, Bytes& value) {
        const ByteView taken = in_.take(count, key);
        value.assign(taken.begin(), taken.end());
    }
    void toEnd(std::string_view key, std::uint32_t& value, std::uint8_t& octets) {
        octets = static_cast<std::uint8_t>(std::clamp(available(), std::size_t{1}, sizeof(value)));
        value = static_cast<std::uint32_t>(integer(key, octets));
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
    void rest(std::string_view key, Bytes& value) { octets(key, available(), value); }
    void bits(std::string_view /*key*/, std::uint64_t /*value*/) {}

private:
    [[nodiscard]] std::size_t available() const { return in_.remaining() - std::min(tail_, in_.remaining()); }

    std::uint64_t integer(std::string_view key, std::size_t octets) {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t octet : in_.take(octets, key)) {
            value |= std::uint64_t{octet} << shift;
            shift += 8;
        }
        return value;
    }

    std::size_t tail_;
};

class ValueWriter : public history::RecordWriter {
public:
    using RecordWriter::RecordWriter;

    void wide(std::string_view /*key*/, std::uint64_t value, std::size_t octets) {
        for (std::size_t i = 0; i < octets; ++i) out_.put(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    void bitField(std::string_view key, std::uint64_t value, std::size_t octets) { wide(key, value, octets); }
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
    /// Exactly `count` octets: missing ones are zero.
    void octets(std::string_view /*key*/, std::size_t count, Bytes value) {
        value.resize(count);
        out_.put(ByteView(value));
    }
    void toEnd(std::string_view key, std::uint32_t value, std::uint8_t octets) { wide(key, value, octets); }
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
};

class ValueDescriber : public history::RecordDescriber {
public:
    using RecordDescriber::RecordDescriber;

    void wide(std::string_view key, std::uint64_t value, std::size_t /*octets*/) {
        sink_.integer(key, static_cast<std::int64_t>(value));
    }
    void bitField(std::string_view key, std::uint64_t value, std::size_t /*octets*/) { bits(key, value); }
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
    void octets(std::string_view key, std::size_t /*count*/, const Bytes& value) {
        sink_.text(key, toHex(value));
    }
    void toEnd(std::string_view key, std::uint32_t value, std::uint8_t /*octets*/) { field(key, value); }
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
};

} // namespace protocol
