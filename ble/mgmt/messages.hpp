// SPDX-License-Identifier: MIT
// Messages of the kernel's Bluetooth management interface: commands to bytes, events to values. Facts:
// docs/protocol/link.md 2.3, 3.4, 3.5, and doc/mgmt-api.txt of BlueZ. All fields are little-endian.
//
//   header    code u16 | controller index u16 (0xffff: none) | parameter length u16
//   0x0001    Command Complete: opcode u16 | status u8 | return parameters
//   0x0002    Command Status:   opcode u16 | status u8
//   0x0024    Advertising Removed: instance u8
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/codec/bytes.hpp"

namespace ble::management {

using protocol::Bytes;
using protocol::ByteView;
using protocol::Parsed;

/// The commands that this program sends; none else can be made.
enum class Opcode : std::uint16_t {
    ReadVersion = 0x0001,
    ReadControllerInfo = 0x0004,
    SetSecureConnections = 0x002d,
    ReadAdvertisingFeatures = 0x003d,
    AddAdvertising = 0x003e,
    RemoveAdvertising = 0x003f,
    ReadDefaultConfiguration = 0x004b,
    AddExtendedAdvertisingParameters = 0x0054,
    AddExtendedAdvertisingData = 0x0055,
};
std::string_view toString(Opcode opcode);

/// As received; only these have a meaning here.
enum class Status : std::uint8_t {
    Success = 0x00,
    UnknownCommand = 0x01,
    Failed = 0x03,
    NoResources = 0x07,
    Busy = 0x0a,
    Rejected = 0x0b,
    NotSupported = 0x0c,
    InvalidParameters = 0x0d,
    NotPowered = 0x0f,
    InvalidIndex = 0x11,
    Blocked = 0x12,
    PermissionDenied = 0x14,
};
/// "busy", "status 0x42".
std::string toString(Status status);

inline constexpr std::uint16_t kNoController = 0xffff;

struct Command {
    Opcode opcode;
    std::uint16_t index; ///< 0 for hci0
    Bytes parameters{};
};
Bytes serialize(const Command& command);

Command readVersion();
Command readControllerInfo(std::uint16_t index);
Command setSecureConnections(std::uint16_t index, bool enabled);
Command readAdvertisingFeatures(std::uint16_t index);
Command readDefaultConfiguration(std::uint16_t index);
/// Connectable, until removed, at the interval of the default configuration. `data` has a flags structure of
/// its own; there is no scan response.
Command addAdvertising(std::uint16_t index, std::uint8_t instance, ByteView data);
/// Instance 0 would remove all.
Command removeAdvertising(std::uint16_t index, std::uint8_t instance);
/// Connectable, until removed. Intervals in units of 0.625 ms. Kernel 5.11 or later; must be followed by
/// addExtendedAdvertisingData, which puts it on the air.
Command addExtendedAdvertisingParameters(std::uint16_t index, std::uint8_t instance,
                                         std::uint32_t minInterval, std::uint32_t maxInterval);
Command addExtendedAdvertisingData(std::uint16_t index, std::uint8_t instance, ByteView data);

struct Event {
    std::uint16_t code;
    std::uint16_t index;
    Bytes parameters;
};
Parsed<Event> parseEvent(ByteView packet);

struct Reply {
    std::uint16_t opcode;
    std::uint16_t index;
    Status status;
    Bytes parameters; ///< empty unless the command is complete
};
/// Nothing when `event` is no answer to a command.
std::optional<Reply> replyIn(const Event& event);
/// The instance that somebody has removed, when `event` says so.
std::optional<std::uint8_t> removedInstanceIn(const Event& event);

struct Version {
    std::uint8_t version;
    std::uint16_t revision;

    friend bool operator==(const Version&, const Version&) = default;
};
Parsed<Version> parseVersion(ByteView parameters);

/// Bits of supported and current settings.
enum class Setting : std::uint32_t {
    Powered = 1U << 0,
    Connectable = 1U << 1,
    Discoverable = 1U << 3,
    Bondable = 1U << 4,
    BrEdr = 1U << 7,
    LowEnergy = 1U << 9,
    Advertising = 1U << 10,
    SecureConnections = 1U << 11,
    Privacy = 1U << 13,
    StaticAddress = 1U << 15,
};

struct Settings {
    std::uint32_t bits = 0; ///< those without a name are kept

    [[nodiscard]] bool has(Setting setting) const {
        return (bits & static_cast<std::uint32_t>(setting)) != 0;
    }
    friend bool operator==(const Settings&, const Settings&) = default;
};
/// The answer to the Set commands.
Parsed<Settings> parseSettings(ByteView parameters);

struct ControllerInfo {
    std::string address;           ///< "00:11:22:33:44:55"; "00:00:00:00:00:00" without a public one
    std::uint8_t bluetoothVersion; ///< of the controller, as in HCI
    std::uint16_t manufacturer;
    Settings supported;
    Settings current;
    std::array<std::uint8_t, 3> deviceClass;
    std::string name;
    std::string shortName;
};
Parsed<ControllerInfo> parseControllerInfo(ByteView parameters);

struct AdvertisingFeatures {
    std::uint32_t supportedFlags;
    std::uint8_t maxDataLength;
    std::uint8_t maxScanResponseLength;
    std::uint8_t maxInstances;
    Bytes instances; ///< those in use, of every program
};
Parsed<AdvertisingFeatures> parseAdvertisingFeatures(ByteView parameters);

/// Of what the kernel uses when a command does not say; other entries of the answer are skipped.
struct DefaultConfiguration {
    std::optional<std::uint16_t> minAdvertisingInterval; ///< 0.625 ms; parameter 0x000a
    std::optional<std::uint16_t> maxAdvertisingInterval; ///< 0.625 ms; parameter 0x000b

    friend bool operator==(const DefaultConfiguration&, const DefaultConfiguration&) = default;
};
Parsed<DefaultConfiguration> parseDefaultConfiguration(ByteView parameters);

} // namespace ble::management
