// SPDX-License-Identifier: MIT
#include "ble/pump_link.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

#include "protocol/characteristics.hpp"
#include "protocol/uuids.hpp"

namespace ble {

namespace {

namespace uuid = protocol::uuid;

struct Used {
    PumpCharacteristic id;
    std::string_view service;
    std::string_view uuid;
};
// In the order of the enumeration. What is known of each: protocol/characteristics.cpp.
constexpr std::array kUsed = std::to_array<Used>({
    {PumpCharacteristic::ModelNumber, uuid::kDeviceInformation, uuid::kModelNumber},
    {PumpCharacteristic::SerialNumber, uuid::kDeviceInformation, uuid::kSerialNumber},
    {PumpCharacteristic::FirmwareRevision, uuid::kDeviceInformation, uuid::kFirmwareRevision},
    {PumpCharacteristic::CurrentTime, uuid::kCurrentTimeService, uuid::kCurrentTime},
    {PumpCharacteristic::BatteryLevel, uuid::kBattery, uuid::kBatteryLevel},
    {PumpCharacteristic::CgmMeasurement, uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement},
    {PumpCharacteristic::CgmSessionStartTime, uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime},
    {PumpCharacteristic::CgmSessionRunTime, uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime},
    {PumpCharacteristic::CgmRecordAccessControlPoint, uuid::kContinuousGlucoseMonitoring,
     uuid::kRecordAccessControlPoint},
    {PumpCharacteristic::IddStatusChanged, uuid::kInsulinDelivery, uuid::kIddStatusChanged},
    {PumpCharacteristic::IddStatus, uuid::kInsulinDelivery, uuid::kIddStatus},
    {PumpCharacteristic::IddAnnunciationStatus, uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus},
    {PumpCharacteristic::IddStatusReaderControlPoint, uuid::kInsulinDelivery,
     uuid::kIddStatusReaderControlPoint},
    {PumpCharacteristic::IddRecordAccessControlPoint, uuid::kInsulinDelivery,
     uuid::kRecordAccessControlPoint},
    {PumpCharacteristic::IddHistoryData, uuid::kInsulinDelivery, uuid::kIddHistoryData},
    {PumpCharacteristic::GstBatteryLevel, uuid::kInsulinDelivery, uuid::kGstBatteryLevel},
});

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kUsed.size(); ++i)
        if (static_cast<std::size_t>(kUsed[i].id) != i) return false;
    return true;
}
static_assert(inOrder());

CharacteristicInfo infoOf(const Used& used) {
    const auto* const known = protocol::findCharacteristic(used.service, used.uuid);
    if (known == nullptr) throw std::logic_error("a characteristic that nothing is known of");
    return {used.id, known->fullName.empty() ? known->name : known->fullName, used.service, used.uuid,
            known->protection == protocol::Protection::Sake};
}

const std::array<CharacteristicInfo, kUsed.size()>& table() {
    static const auto infos = [] {
        std::array<CharacteristicInfo, kUsed.size()> made{};
        std::ranges::transform(kUsed, made.begin(), infoOf);
        return made;
    }();
    return infos;
}

} // namespace

const CharacteristicInfo& info(PumpCharacteristic characteristic) {
    return table().at(static_cast<std::size_t>(characteristic));
}

std::span<const CharacteristicInfo> characteristics() {
    return table();
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
    const CharacteristicInfo& about = info(characteristic);
    return protocol::isPermittedWrite(about.serviceUuid, about.uuid, value);
}

} // namespace ble
