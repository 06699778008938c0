// SPDX-License-Identifier: MIT
#include "ble/pump_link.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "protocol/uuids.hpp"

namespace ble {

namespace {

namespace uuid = protocol::uuid;

// docs/protocol/link.md 7.1, docs/protocol/services.md 1; in the order of the enumeration.
constexpr std::array kCharacteristics{
    CharacteristicInfo{PumpCharacteristic::ModelNumber, "Model Number", uuid::kDeviceInformation,
                       uuid::kModelNumber, false},
    CharacteristicInfo{PumpCharacteristic::SerialNumber, "Serial Number", uuid::kDeviceInformation,
                       uuid::kSerialNumber, false},
    CharacteristicInfo{PumpCharacteristic::FirmwareRevision, "Firmware Revision", uuid::kDeviceInformation,
                       uuid::kFirmwareRevision, false},
    CharacteristicInfo{PumpCharacteristic::CurrentTime, "Current Time", uuid::kCurrentTimeService,
                       uuid::kCurrentTime, false},
    CharacteristicInfo{PumpCharacteristic::BatteryLevel, "Battery Level", uuid::kBattery, uuid::kBatteryLevel,
                       false},
    CharacteristicInfo{PumpCharacteristic::CgmMeasurement, "CGM Measurement",
                       uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement, true},
    CharacteristicInfo{PumpCharacteristic::CgmSessionStartTime, "CGM Session Start Time",
                       uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime, true},
    CharacteristicInfo{PumpCharacteristic::CgmSessionRunTime, "CGM Session Run Time",
                       uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime, false},
    CharacteristicInfo{PumpCharacteristic::CgmRecordAccessControlPoint, "CGM Record Access Control Point",
                       uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint, false},
    CharacteristicInfo{PumpCharacteristic::IddStatusChanged, "IDD Status Changed", uuid::kInsulinDelivery,
                       uuid::kIddStatusChanged, true},
    CharacteristicInfo{PumpCharacteristic::IddStatus, "IDD Status", uuid::kInsulinDelivery, uuid::kIddStatus,
                       true},
    CharacteristicInfo{PumpCharacteristic::IddAnnunciationStatus, "IDD Annunciation Status",
                       uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus, true},
    CharacteristicInfo{PumpCharacteristic::IddStatusReaderControlPoint, "IDD Status Reader Control Point",
                       uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint, true},
    CharacteristicInfo{PumpCharacteristic::IddRecordAccessControlPoint, "IDD Record Access Control Point",
                       uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, false},
    CharacteristicInfo{PumpCharacteristic::IddHistoryData, "IDD History Data", uuid::kInsulinDelivery,
                       uuid::kIddHistoryData, true},
    CharacteristicInfo{PumpCharacteristic::GstBatteryLevel, "GST Battery Level", uuid::kInsulinDelivery,
                       uuid::kGstBatteryLevel, false},
};

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kCharacteristics.size(); ++i)
        if (static_cast<std::size_t>(kCharacteristics[i].id) != i) return false;
    return true;
}
static_assert(inOrder());

struct PermittedWrite {
    PumpCharacteristic characteristic;
    std::size_t opCodeOctets;
    std::uint16_t opCode;
};

// The whole of what may be written, op code by op code. Record access: report records, abort, report number;
// delete is left out (docs/protocol/history.md 2, docs/protocol/services.md 10.6). Status reader: Reset
// Status, which makes the pump indicate again, and Get requests (docs/protocol/services.md 7).
constexpr std::array kPermittedWrites{
    PermittedWrite{PumpCharacteristic::IddRecordAccessControlPoint, 1, 0x33},
    PermittedWrite{PumpCharacteristic::IddRecordAccessControlPoint, 1, 0x55},
    PermittedWrite{PumpCharacteristic::IddRecordAccessControlPoint, 1, 0x5a},
    PermittedWrite{PumpCharacteristic::CgmRecordAccessControlPoint, 1, 0x01},
    PermittedWrite{PumpCharacteristic::CgmRecordAccessControlPoint, 1, 0x03},
    PermittedWrite{PumpCharacteristic::CgmRecordAccessControlPoint, 1, 0x04},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x030c},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0330},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0356},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0365},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0395},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03a6},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03c0},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03f3},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03fd},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03ff}, // Display Format, once
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0401},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0403},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0405},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0407},
};

/// Little-endian; empty when there are fewer octets.
std::optional<std::uint16_t> opCodeOf(ByteView value, std::size_t octets) {
    if (value.size() < octets) return std::nullopt;
    std::uint16_t opCode = value[0];
    if (octets == 2) opCode = static_cast<std::uint16_t>(opCode | value[1] << 8U);
    return opCode;
}

} // namespace

const CharacteristicInfo& info(PumpCharacteristic characteristic) {
    return kCharacteristics.at(static_cast<std::size_t>(characteristic));
}

std::span<const CharacteristicInfo> characteristics() {
    return kCharacteristics;
}

bool isPermittedWrite(PumpCharacteristic characteristic, ByteView value) {
    return std::any_of(kPermittedWrites.begin(), kPermittedWrites.end(),
                       [&](const PermittedWrite& permitted) {
                           return permitted.characteristic == characteristic &&
                                  opCodeOf(value, permitted.opCodeOctets) == permitted.opCode;
                       });
}

} // namespace ble
