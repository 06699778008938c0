// SPDX-License-Identifier: MIT
// Device Information and the batteries: plain values, not encrypted, without E2E-CRC. Facts:
// docs/protocol/services.md 2 and 3.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::idd {

/// Manufacturer, model, serial number, revisions: text up to the NUL that the pump appends, without blanks
/// around it, and cut after kLongestText characters. Bytes that are not printable ASCII become '?': so the
/// text can stand in any log, page and document. The serial number is personal data.
inline constexpr std::size_t kLongestText = 64;
std::string parseText(ByteView bytes);
/// With the NUL.
Bytes serializeText(std::string_view text);

/// PnP ID (0x2A50).
///   0  u8   vendor id source   1: Bluetooth SIG
///   1  u16  vendor id          0x01f9: Medtronic
///   3  u16  product id
///   5  u16  product version
struct PnpId {
    std::uint8_t vendorIdSource = 0;
    std::uint16_t vendorId = 0;
    std::uint16_t productId = 0;
    std::uint16_t productVersion = 0;
    friend bool operator==(const PnpId&, const PnpId&) = default;
};
Parsed<PnpId> parsePnpId(ByteView bytes);
Bytes serialize(const PnpId& value);
void describe(const PnpId& value, history::FieldSink& sink);

/// System ID (0x2A23): u40 manufacturer identifier, u24 organisationally unique identifier. Personal data, as
/// it names one device.
struct SystemId {
    std::uint64_t manufacturerIdentifier = 0; ///< 40 bits
    std::uint32_t oui = 0;                    ///< 24 bits; 0x0023f7 on the pump
    friend bool operator==(const SystemId&, const SystemId&) = default;
};
Parsed<SystemId> parseSystemId(ByteView bytes);
Bytes serialize(const SystemId& value);
void describe(const SystemId& value, history::FieldSink& sink);

/// Battery Level (0x2A19) of the pump, and GST Battery Level (vendor 0x0400) of the transmitter, of which a
/// read fails while there is no transmitter. The pump's is coarse: 100 with a fresh cell, 50 most of its
/// life.
struct BatteryLevel {
    std::uint8_t percent = 0; ///< 0..100; more is a BadValue
    friend bool operator==(const BatteryLevel&, const BatteryLevel&) = default;
};
Parsed<BatteryLevel> parseBatteryLevel(ByteView bytes);
Bytes serialize(const BatteryLevel& value);
void describe(const BatteryLevel& value, history::FieldSink& sink);

} // namespace protocol::idd
