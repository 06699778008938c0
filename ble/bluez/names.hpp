// SPDX-License-Identifier: MIT
// Names of BlueZ's D-Bus interface.
#pragma once

namespace ble::bluez {

inline constexpr const char* kService = "org.bluez";
inline constexpr const char* kManagerPath = "/org/bluez";
inline constexpr const char* kAdapter = "org.bluez.Adapter1";
inline constexpr const char* kDevice = "org.bluez.Device1";
inline constexpr const char* kGattService = "org.bluez.GattService1";
inline constexpr const char* kGattCharacteristic = "org.bluez.GattCharacteristic1";
inline constexpr const char* kGattManager = "org.bluez.GattManager1";
inline constexpr const char* kAdvertisement = "org.bluez.LEAdvertisement1";
inline constexpr const char* kAdvertisingManager = "org.bluez.LEAdvertisingManager1";
inline constexpr const char* kAgent = "org.bluez.Agent1";
inline constexpr const char* kAgentManager = "org.bluez.AgentManager1";
inline constexpr const char* kObjectManager = "org.freedesktop.DBus.ObjectManager";
inline constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

inline constexpr const char* kAlreadyExists = "org.bluez.Error.AlreadyExists";
inline constexpr const char* kBusy = "org.bluez.Error.Busy";
inline constexpr const char* kInProgress = "org.bluez.Error.InProgress";
inline constexpr const char* kInvalidOffset = "org.bluez.Error.InvalidOffset";
inline constexpr const char* kNotPermitted = "org.bluez.Error.NotPermitted";
inline constexpr const char* kRejected = "org.bluez.Error.Rejected";

} // namespace ble::bluez
