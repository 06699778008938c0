// SPDX-License-Identifier: MIT
// The UUIDs of the link. "SIG" ones have the Bluetooth base, the vendor's ("V") end in 0000-009132591325.
// Facts: docs/protocol/link.md 0, 4.1, 7.1.
#pragma once

#include <string_view>

namespace protocol::uuid {

// What we expose.
inline constexpr std::string_view kMobileDeviceInformation = "00000900-0000-1000-0000-009132591325";
inline constexpr std::string_view kSakeService =
    "0000fe82-0000-1000-8000-00805f9b34fb"; // advertised for pairing
inline constexpr std::string_view kSakePort = "0000fe82-0000-1000-0000-009132591325"; // mind the other base
inline constexpr std::string_view kReconnectService =
    "0000fe81-0000-1000-8000-00805f9b34fb"; // advertised only

// Device information, on both sides.
inline constexpr std::string_view kDeviceInformation = "0000180a-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kManufacturerName = "00002a29-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kModelNumber = "00002a24-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kSerialNumber = "00002a25-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kHardwareRevision = "00002a27-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kFirmwareRevision = "00002a26-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kSoftwareRevision = "00002a28-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kSystemId = "00002a23-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kPnpId = "00002a50-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kRegulatoryCertification = "00002a2a-0000-1000-8000-00805f9b34fb";

// The pump's Insulin Delivery service.
inline constexpr std::string_view kInsulinDelivery = "00000100-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddStatusChanged = "00000101-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddStatus = "00000102-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddAnnunciationStatus = "00000103-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddFeatures = "00000104-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddStatusReaderControlPoint = "00000105-0000-1000-0000-009132591325";
inline constexpr std::string_view kIddHistoryData = "00000108-0000-1000-0000-009132591325";
/// Occurs three times on the pump: always address it by its service.
inline constexpr std::string_view kRecordAccessControlPoint = "00002a52-0000-1000-8000-00805f9b34fb";

/// Of the sensor's transmitter.
inline constexpr std::string_view kGstBatteryLevel = "00000400-0000-1000-0000-009132591325";

// The pump's Continuous Glucose Monitoring service.
inline constexpr std::string_view kContinuousGlucoseMonitoring = "0000181f-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmMeasurement = "00002aa7-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmFeature = "00002aa8-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmStatus = "00002aa9-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmSessionStartTime = "00002aaa-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmSessionRunTime = "00002aab-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmSpecificOpsControlPoint = "00002aac-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCgmTimeOfNextCalibration = "00000204-0000-1000-0000-009132591325";

inline constexpr std::string_view kBattery = "0000180f-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kBatteryLevel = "00002a19-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCurrentTimeService = "00001805-0000-1000-8000-00805f9b34fb";
inline constexpr std::string_view kCurrentTime = "00002a2b-0000-1000-8000-00805f9b34fb";

} // namespace protocol::uuid
