// SPDX-License-Identifier: MIT
// One line of what `decode` tells about a capture, as text and as JSON (docs/architecture.md 6).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "capture/btsnoop.hpp"
#include "capture/gatt_map.hpp"
#include "capture/record_json.hpp"
#include "protocol/codec/date_time.hpp"

namespace capture {

enum class CaptureKind { Advertising, Connection, Smp, Att, Sake, Value, History, Note };
std::string_view name(CaptureKind kind); ///< "advertising"

/// The packet that a line is about.
struct CaptureStamp {
    std::size_t packet = 0; ///< number in the file, the first is 1
    capture::CaptureTime time{};
    std::optional<bool> sent; ///< by the host that captured; empty for what has no direction
};

struct CapturePlace {
    std::uint16_t handle = 0;
    std::optional<capture::GattMap::Attribute> attribute;
};
/// "IDD History Data (0x0022)", "Client Characteristic Configuration of SAKE Port (0x0030)"
std::string toString(const CapturePlace& place);

struct CaptureLine {
    CaptureStamp stamp;
    CaptureKind kind = CaptureKind::Note;
    std::string what; ///< in words
    std::optional<CapturePlace> place{};
    Describe fields{};           ///< may be empty
    protocol::ByteView record{}; ///< of History: the raw record
    bool problem = false;        ///< something could not be decoded
    Describe value{};            ///< of Value: what it means, when that is known
};
/// Views in a line are gone when the call returns.
using CaptureSink = std::function<void(const CaptureLine&)>;

/// "   12  2026-03-14 09:29:07.123456  >  att  Write Request ..."; '<' is sent, '>' received, times are UTC.
/// `localTime`: the pump's clock for a record.
std::string toTextLine(const CaptureLine& line, std::optional<protocol::LocalSeconds> localTime);
/// One JSON object without a line end.
std::string toJsonLine(const CaptureLine& line, std::optional<protocol::LocalSeconds> localTime);

} // namespace capture
