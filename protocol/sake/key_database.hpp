// SPDX-License-Identifier: MIT
// The key database of one device type: the keys it shares with each type of peer. Facts:
// docs/protocol/sake.md 4 and 5.
//
//   offset      size  field
//   0           4     CRC-32 of everything from offset 4 on, big-endian
//   4           1     local device type
//   5           1     number of entries n
//   6 + 81 i    81    entry: remote type, derivation key, handshake authentication key, permit decryption
//   key,
//                     permit authentication key (16 each), handshake payload (16)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/sake/crypto.hpp"

namespace protocol::sake {

enum class DeviceType : std::uint8_t {
    InsulinPump = 1,
    GlucoseSensor = 2,
    BloodGlucoseMeter = 3,
    MobileApplication = 4,
    CareLinkUploader = 5,
    FirmwareUpdate = 6,
    Diagnostic = 7,
    PrimaryDisplay = 8,
};
std::optional<DeviceType> toDeviceType(std::uint8_t value);
std::string_view name(DeviceType type); ///< "insulin pump"

/// Key material; wiped when it goes.
struct KeyEntry {
    DeviceType remote{};
    Block derivationKey{};
    Block handshakeAuthKey{};
    Block permitDecryptKey{};
    Block permitAuthKey{};
    Block handshakePayload{};

    KeyEntry() = default;
    KeyEntry(const KeyEntry&) = default;
    KeyEntry& operator=(const KeyEntry&) = default;
    ~KeyEntry();
    friend bool operator==(const KeyEntry&, const KeyEntry&) = default;
};

struct KeyDatabase {
    DeviceType local{};
    std::vector<KeyEntry> entries;

    [[nodiscard]] const KeyEntry* find(DeviceType remote) const;
    friend bool operator==(const KeyDatabase&, const KeyDatabase&) = default;
};

/// The raw bytes, or their hexadecimal digits with white space anywhere.
Parsed<KeyDatabase> parseKeyDatabase(ByteView file);
Bytes serialize(const KeyDatabase& database);

/// What the bridge needs: local type mobile application, an entry for the insulin pump. Empty when fit, else
/// the reason in words.
std::optional<std::string> unfitForBridge(const KeyDatabase& database);

/// The view of the other side (docs/protocol/sake.md 4.3): enough to decode passively, not for a complete
/// handshake. Empty unless there is exactly one entry.
std::optional<KeyDatabase> reverse(const KeyDatabase& database);

/// A fresh matching pair: {server's file, client's file}.
std::pair<KeyDatabase, KeyDatabase> generatePair(DeviceType server, DeviceType client,
                                                 const RandomSource& random);

// --- permits (docs/protocol/sake.md 5) ---

/// The permit that a device of type `sender` presents to a peer with these two keys.
Block makePermit(DeviceType sender, const std::array<std::uint8_t, 10>& opaque,
                 const Block& receiverDecryptKey, const Block& receiverAuthKey);
enum class PermitVerdict { Good, BadTag, BadPrefix, WrongDevice };
PermitVerdict checkPermit(const Block& permit, DeviceType sender, const KeyEntry& own);

} // namespace protocol::sake
