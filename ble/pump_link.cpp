// SPDX-License-Identifier: MIT
#include "ble/pump_link.hpp"

#include <array>
#include <cstddef>

#include "protocol/uuids.hpp"

namespace ble {

namespace {

namespace uuid = protocol::uuid;

// ble-link.md 7.1; in the order of the enumeration.
constexpr std::array kCharacteristics{
    CharacteristicInfo{PumpCharacteristic::ModelNumber, "Model Number", uuid::kDeviceInformation,
                       uuid::kModelNumber, false, false},
    CharacteristicInfo{PumpCharacteristic::SerialNumber, "Serial Number", uuid::kDeviceInformation,
                       uuid::kSerialNumber, false, false},
    CharacteristicInfo{PumpCharacteristic::FirmwareRevision, "Firmware Revision", uuid::kDeviceInformation,
                       uuid::kFirmwareRevision, false, false},
    CharacteristicInfo{PumpCharacteristic::CurrentTime, "Current Time", uuid::kCurrentTimeService,
                       uuid::kCurrentTime, false, false},
    CharacteristicInfo{PumpCharacteristic::IddStatusChanged, "IDD Status Changed", uuid::kInsulinDelivery,
                       uuid::kIddStatusChanged, true, false},
    CharacteristicInfo{PumpCharacteristic::IddRecordAccessControlPoint, "IDD Record Access Control Point",
                       uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, false, true},
    CharacteristicInfo{PumpCharacteristic::IddHistoryData, "IDD History Data", uuid::kInsulinDelivery,
                       uuid::kIddHistoryData, true, false},
};

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kCharacteristics.size(); ++i)
        if (static_cast<std::size_t>(kCharacteristics[i].id) != i) return false;
    return true;
}
static_assert(inOrder());

} // namespace

const CharacteristicInfo& info(PumpCharacteristic characteristic) {
    return kCharacteristics.at(static_cast<std::size_t>(characteristic));
}

} // namespace ble
