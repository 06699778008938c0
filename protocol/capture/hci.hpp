// SPDX-License-Identifier: MIT
// HCI and monitor packets of a capture: what kind they are, and the few that tell about links and
// advertising. Everything else is left as octets. Facts: Bluetooth Core Specification, vol 4 part E; the
// kernel's monitor channel for data link 2001.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "capture/btsnoop.hpp"
#include "capture/words.hpp"

namespace capture {

struct Packet {
    enum class Kind {
        Command,           ///< u16 op code, u8 length, parameters
        Event,             ///< u8 code, u8 length, parameters
        Data,              ///< ACL: u16 handle and flags, u16 length, octets
        AdapterAdded,      ///< u8 type, u8 bus, address, name (monitor)
        AdapterInfo,       ///< address, u16 manufacturer (monitor)
        ManagementCommand, ///< u32 cookie, u16 op code, parameters (monitor)
        ManagementEvent,   ///< u32 cookie, u16 event, parameters (monitor)
        Other,
    };

    Kind kind = Kind::Other;
    bool sent = false; ///< by the host that captured
    std::uint16_t adapter = 0;
    ByteView body;
};
/// Unknown kinds are Other. An H4 record without its type octet is an error.
Parsed<Packet> classify(DataLink dataLink, const FileRecord& record);

/// As on the wire: least significant octet first.
using Address = std::array<std::uint8_t, 6>;
std::string toString(const Address& address); ///< "00:23:F7:01:02:03"

struct Connected {
    std::uint16_t handle = 0;
    bool central = false; ///< the capturing host's role
    Address peer{};
    std::uint16_t interval = 0; ///< 1.25 ms
    std::uint16_t latency = 0;
    std::uint16_t timeout = 0; ///< 10 ms
};
struct ConnectionFailed {
    std::uint8_t status = 0;
};
struct Disconnected {
    std::uint16_t handle = 0;
    std::uint8_t reason = 0;
};
struct EncryptionChanged {
    std::uint16_t handle = 0;
    std::uint8_t status = 0;
    bool on = false;
};
struct AdvertisingReport {
    Address address{};
    ByteView data;
    std::int8_t rssi = 0; ///< dBm
};
struct AdvertisingData { ///< what the host tells its controller to send
    bool scanResponse = false;
    ByteView data;
};
struct AdvertisingParameters {
    std::uint32_t minimum = 0; ///< 0.625 ms
    std::uint32_t maximum = 0;
};
struct AdvertisingEnabled {
    bool on = false;
};
using HciMessage =
    std::variant<Connected, ConnectionFailed, Disconnected, EncryptionChanged, AdvertisingReport,
                 AdvertisingData, AdvertisingParameters, AdvertisingEnabled>;

/// Empty for what is not decoded.
Parsed<std::vector<HciMessage>> parseCommand(ByteView body);
Parsed<std::vector<HciMessage>> parseEvent(ByteView body);

struct AdvertisingStructure {
    std::uint8_t type = 0;
    ByteView data;
};
/// Ends at a structure of length 0: the rest is padding.
Parsed<std::vector<AdvertisingStructure>> parseAdvertisingData(ByteView data);

} // namespace capture
