// SPDX-License-Identifier: MIT
// How the layouts of events and of the services' values are written down: one function each that names its
// fields in wire order,
//
//   void layout(auto& codec, Is<Meal> auto& event) { codec.medfloat16("food_g", event.foodGrams); }
//
// and runs over a FieldReader, a FieldWriter or a FieldDescriber, so that parsing, serializing and
// describing cannot disagree. The three offer the same operations:
//
//   field(key, value)                  integer, enumeration or date time of the value's own width
//   medfloat16 / medfloat32(key, v)    an amount of a fixed width, never negative
//   amounts(following, Amount{..}...)  amounts that the vendor may have widened, told by the record's length;
//                                      `following`: bytes of the event after them (docs/protocol/history.md
//                                      5)
//   optional(key, present, value)      a field that a flag announces; amounts are FLOAT
//   nullable(key, value, unknown)      an integer of which one value means "unknown"
//   date(key, year, month, day)
//   timestamp(key, present, value)     seconds since 2000-01-01 of the pump's clock
//   auxPair(key, present, bytes)      one AuxInfo of two bytes
//   aux(count, faultId, value)         the AuxInfo after an annunciation's time stamp
//   rest(key, bytes)                  all that is left
//   derived(function)                  for the describer only: function(FieldSink&)
//   wide(key, value, bytes)               an unsigned integer of 3 or 5 bytes
//   bitField(key, value, bytes)           the same, described by the numbers of its set bits
//   extensible(key, value, extension)      flags whose top bit announces more of them
//   announced(key, present, value)         a field that counts as 0 while its flag is clear
//   optionalMedfloat16(key, present, v)    an SFLOAT that a flag announces; may be negative
//   nibbles(lowKey, low, highKey, high)    two values in one byte
//   bytes(key, count, value)              bytes without a meaning of their own
//   toEnd(key, value, bytes)              an integer as long as what is left, up to 4 bytes
//   counted(key, values)                   u8 number, then u16 each
//   elements(key, count, values)           values with a layout of their own
//   bits(key, value)                       for the describer only: the numbers of the set bits
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace protocol {

/// The event that a layout is about; const where it is written or described.
template <typename Event, typename Wanted>
concept Is = std::same_as<std::remove_const_t<Event>, Wanted>;

template <typename Value>
concept Enumeration = std::is_enum_v<Value>;

/// One argument of amounts().
template <typename Value>
struct Amount {
    std::string_view key;
    Value& value;
};
template <typename Value>
Amount(std::string_view, Value&) -> Amount<Value>;

/// Bytes of a field that is there only when its flag says so.
constexpr std::size_t bytesIf(bool present, std::size_t bytes) {
    return present ? bytes : 0;
}

/// Like Is, for values that share a layout.
template <typename Value, typename... Wanted>
concept OneOf = (Is<Value, Wanted> || ...);

/// Sizes of extensible flags, in bytes.
struct Extension {
    std::size_t first; ///< always there
    std::size_t step;  ///< added as long as the highest bit so far is set
    std::size_t limit; ///< of all
};

} // namespace protocol
