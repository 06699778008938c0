// SPDX-License-Identifier: MIT
// Numbers of the HCI commands and events that the decoder and the redaction know. Facts: Bluetooth Core
// Specification, vol 4 part E, 7.
#pragma once

#include <cstdint>

namespace hci {

// Commands.
inline constexpr std::uint16_t kDisconnect = 0x0406;
inline constexpr std::uint16_t kReadAddress = 0x1009;
inline constexpr std::uint16_t kSetRandomAddress = 0x2005;
inline constexpr std::uint16_t kSetAdvertisingParameters = 0x2006;
inline constexpr std::uint16_t kSetAdvertisingData = 0x2008;
inline constexpr std::uint16_t kSetScanResponseData = 0x2009;
inline constexpr std::uint16_t kSetAdvertisingEnable = 0x200a;
inline constexpr std::uint16_t kConnectionUpdate = 0x2013;
inline constexpr std::uint16_t kReadRemoteFeatures = 0x2016;
inline constexpr std::uint16_t kSetSetRandomAddress = 0x2035;
inline constexpr std::uint16_t kSetExtendedAdvertisingParameters = 0x2036;
inline constexpr std::uint16_t kSetExtendedAdvertisingData = 0x2037;
inline constexpr std::uint16_t kSetExtendedScanResponseData = 0x2038;
inline constexpr std::uint16_t kSetExtendedAdvertisingEnable = 0x2039;

// Events.
inline constexpr std::uint8_t kDisconnectionComplete = 0x05;
inline constexpr std::uint8_t kEncryptionChange = 0x08;
inline constexpr std::uint8_t kCommandComplete = 0x0e;
inline constexpr std::uint8_t kCommandStatus = 0x0f;
inline constexpr std::uint8_t kNumberOfCompletedPackets = 0x13;
inline constexpr std::uint8_t kEncryptionKeyRefresh = 0x30;
inline constexpr std::uint8_t kMetaEvent = 0x3e;
inline constexpr std::uint8_t kEncryptionChangeV2 = 0x59;

// Subevents of the LE meta event.
inline constexpr std::uint8_t kConnectionComplete = 0x01;
inline constexpr std::uint8_t kAdvertisingReport = 0x02;
inline constexpr std::uint8_t kConnectionUpdateComplete = 0x03;
inline constexpr std::uint8_t kEnhancedConnectionComplete = 0x0a;
inline constexpr std::uint8_t kExtendedAdvertisingReport = 0x0d;

} // namespace hci
