// SPDX-License-Identifier: MIT
// How the layouts of events are written down: one function per event that names its fields in wire order,
//
//   void layout(auto& codec, Is<Meal> auto& event) { codec.medfloat16("food_g", event.foodGrams); }
//
// and runs over a RecordReader, a RecordWriter or a RecordDescriber, so that parsing, serializing and
// describing cannot disagree. The three offer the same operations:
//
//   field(key, value)                  integer, enumeration or date time of the value's own width
//   medfloat16 / medfloat32(key, v)    an amount of a fixed width, never negative
//   amounts(following, Amount{..}...)  amounts that the vendor may have widened, told by the record's length;
//                                      `following`: octets of the event after them (docs/protocol/history.md
//                                      5)
//   optional(key, present, value)      a field that a flag announces; amounts are FLOAT
//   nullable(key, value, unknown)      an integer of which one value means "unknown"
//   date(key, year, month, day)
//   timestamp(key, present, value)     seconds since 2000-01-01 of the pump's clock
//   auxPair(key, present, octets)      one AuxInfo of two octets
//   aux(count, faultId, value)         the AuxInfo after an annunciation's time stamp
//   rest(key, octets)                  all that is left
//   derived(function)                  for the describer only: function(FieldSink&)
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

namespace protocol::history {

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

/// Octets of a field that is there only when its flag says so.
constexpr std::size_t octetsIf(bool present, std::size_t octets) {
    return present ? octets : 0;
}

} // namespace protocol::history
