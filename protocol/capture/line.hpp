// SPDX-License-Identifier: MIT
// One line of what `decode` shows of a capture, as text and as JSON (docs/architecture.md 6).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "capture/btsnoop.hpp"
#include "capture/fields.hpp"
#include "capture/gatt_map.hpp"
#include "capture/shown_record.hpp"

namespace capture {

/// The packet that a line is about.
struct Stamp {
    std::size_t packet = 0; ///< number in the file, the first is 1
    Time time{};
    std::optional<bool> sent; ///< by the host that captured; empty for what has no direction
};

struct Place {
    std::uint16_t handle = 0;
    std::optional<GattMap::Attribute> attribute;
};
/// "IDD History Data (0x0022)", "Client Characteristic Configuration of SAKE Port (0x0030)"
std::string toString(const Place& place);

/// Holds all that it shows: it may be kept.
struct Line {
    enum class Kind : std::uint8_t { Advertising, Connection, Smp, Att, Sake, Value, History, Note };

    Stamp stamp;
    Kind kind = Kind::Note;
    std::string what; ///< in words
    std::optional<Place> place{};
    Fields fields{};
    bool problem = false;                ///< something could not be decoded
    std::optional<Fields> value{};       ///< of Value: what it means, when that is known
    std::optional<ShownRecord> record{}; ///< of History; its time is for the receiver to add
};
std::string_view name(Line::Kind kind); ///< "advertising"

using LineSink = std::function<void(Line)>;

/// "   12  2026-03-14 09:29:07.123456  >  att  Write Request ..."; '<' is sent, '>' received, times are UTC.
std::string toTextLine(const Line& line);
/// One JSON object without a line end.
std::string toJsonLine(const Line& line);

} // namespace capture
