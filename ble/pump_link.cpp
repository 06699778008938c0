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
    std::size_t opCodeBytes;
    std::uint16_t opCode;
};

// The whole of what may be written, op code by op code: what this program sends, and nothing else. Record
// access: report records (docs/protocol/history.md 2, docs/protocol/services.md 10.6). Status reader: Reset
// Status, which makes the pump indicate again, and Get requests (docs/protocol/services.md 7).
constexpr std::array kPermittedWrites{
    PermittedWrite{PumpCharacteristic::IddRecordAccessControlPoint, 1, 0x33},
    PermittedWrite{PumpCharacteristic::CgmRecordAccessControlPoint, 1, 0x01},
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x030c}, // Reset Status
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x0330}, // Get Active Bolus IDs
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2,
                   0x0365}, // .. Active Basal Rate Delivery
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03f3}, // .. Insulin On Board
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03fd}, // .. Therapy Algorithm States
    PermittedWrite{PumpCharacteristic::IddStatusReaderControlPoint, 2, 0x03ff}, // .. Display Format
};

/// Little-endian; empty when there are fewer bytes.
std::optional<std::uint16_t> opCodeOf(ByteView value, std::size_t bytes) {
    if (value.size() < bytes) return std::nullopt;
    std::uint16_t opCode = value[0];
    if (bytes == 2) opCode = static_cast<std::uint16_t>(opCode | value[1] << 8U);
    return opCode;
}

} // namespace

const CharacteristicInfo& info(PumpCharacteristic characteristic) {
    return kCharacteristics.at(static_cast<std::size_t>(characteristic));
}

std::span<const CharacteristicInfo> characteristics() {
    return kCharacteristics;
}

EndCause causeOf(EndReason reason) {
    if (reason <= EndReason::PairingRefused) return EndCause::Pump;
    return reason <= EndReason::MadeRoom ? EndCause::Us : EndCause::Host;
}

std::string_view describe(EndReason reason) {
    switch (reason) {
        case EndReason::LinkLost:
            return "link lost";
        case EndReason::PairingRefused:
            return "pairing refused";
        case EndReason::NoRequest:
            return "no request in time";
        case EndReason::NotSubscribed:
            return "not subscribed in time";
        case EndReason::HandshakeTimeout:
            return "handshake not done in time";
        case EndReason::HandshakeFailed:
            return "handshake failed";
        case EndReason::ServicesNotFound:
            return "the pump's services were not found in time";
        case EndReason::OutOfStep:
            return "frames could not be decrypted";
        case EndReason::SessionFailed:
            return "the session failed";
        case EndReason::WrongPump:
            return "not the pump of the configuration";
        case EndReason::MadeRoom:
            return "made room for the paired pump";
        case EndReason::DeviceRemoved:
            return "device removed";
        case EndReason::HostGone:
            return "bluetoothd or the adapter has gone";
        case EndReason::Stopped:
            break;
    }
    return "stopped";
}

bool isPermittedWrite(PumpCharacteristic characteristic, ByteView value) {
    return std::any_of(kPermittedWrites.begin(), kPermittedWrites.end(),
                       [&](const PermittedWrite& permitted) {
                           return permitted.characteristic == characteristic &&
                                  opCodeOf(value, permitted.opCodeBytes) == permitted.opCode;
                       });
}

} // namespace ble
