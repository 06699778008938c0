// SPDX-License-Identifier: MIT
// One record of the pump's history: header and event. Facts: docs/protocol/history.md 4 and 5.
//
//   offset  type  field
//   0       u16   event type
//   2       u32   sequence number   +1 per record, for the life of the pump; the record's key
//   6       u16   relative offset   seconds since the last reference-time record
//   8       -     event data        by type, possibly empty
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/field_sink.hpp"
#include "protocol/history/events.hpp"

namespace protocol::history {

struct Header {
    std::uint16_t eventType = 0;
    std::uint32_t sequenceNumber = 0;
    std::uint16_t relativeOffset = 0; ///< seconds

    friend bool operator==(const Header&, const Header&) = default;
};
inline constexpr std::size_t kHeaderSize = 8;
/// Carried by Data Corruption records in place of the damaged record's number; must not advance any "newest"
/// mark.
inline constexpr std::uint32_t kCorruptionSequenceNumber = 0xffffffff;

struct Record {
    Header header;
    EventData data;

    friend bool operator==(const Record&, const Record&) = default;
};

/// The header alone, of records that cannot be decoded as a whole.
Parsed<Header> parseHeader(ByteView bytes);

/// An unknown event type is no error: it decodes to UnknownEvent with its bytes.
Parsed<Record> decode(ByteView bytes);
Bytes encode(const Record& record);

/// UnknownEvent has none.
std::optional<EventType> typeOf(const EventData& data);
/// "sg_measurement"; "unknown" for a type without a name.
std::string_view eventName(std::uint16_t eventType);
/// The type with this name, for command lines.
std::optional<std::uint16_t> eventTypeByName(std::string_view name);
/// Whether `eventType` has a layout in this decoder.
bool isKnown(std::uint16_t eventType);

using protocol::FieldSink;
void describe(const EventData& data, FieldSink& sink);

} // namespace protocol::history
