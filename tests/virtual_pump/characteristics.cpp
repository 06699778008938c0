// SPDX-License-Identifier: MIT
// The pump's GATT table. Facts: ble-link.md 7.1. The glucose service stands before the insulin service, as on
// no real pump known: who looks for a record access control point without its service finds the wrong one
// first.
#include "virtual_pump/pump.hpp"

#include "protocol/uuids.hpp"

namespace virtual_pump {

const std::vector<CharacteristicSpec>& characteristics() {
    namespace uuid = protocol::uuid;
    constexpr std::string_view kBatteryService = "0000180f-0000-1000-8000-00805f9b34fb";
    constexpr std::string_view kBatteryLevel = "00002a19-0000-1000-8000-00805f9b34fb";
    constexpr std::string_view kGlucoseMonitoring = "0000181f-0000-1000-8000-00805f9b34fb";
    static const std::vector<CharacteristicSpec> kTable = {
        {uuid::kDeviceInformation, uuid::kManufacturerName, {"read"}},
        {uuid::kDeviceInformation, uuid::kModelNumber, {"read"}},
        {uuid::kDeviceInformation, uuid::kSerialNumber, {"read"}},
        {uuid::kDeviceInformation, uuid::kHardwareRevision, {"read"}},
        {uuid::kDeviceInformation, uuid::kFirmwareRevision, {"read"}},
        {uuid::kDeviceInformation, uuid::kSoftwareRevision, {"read"}},
        {uuid::kDeviceInformation, uuid::kSystemId, {"read"}},
        {uuid::kDeviceInformation, uuid::kPnpId, {"read"}},
        {uuid::kDeviceInformation, uuid::kRegulatoryCertification, {"read"}},
        {uuid::kCurrentTimeService, uuid::kCurrentTime, {"read", "notify"}},
        {kBatteryService, kBatteryLevel, {"read", "notify"}},
        {kGlucoseMonitoring, uuid::kRecordAccessControlPoint, {"write", "indicate"}},
        {uuid::kInsulinDelivery, uuid::kIddStatusChanged, {"read", "indicate"}, true},
        {uuid::kInsulinDelivery, uuid::kIddStatus, {"read"}, true},
        {uuid::kInsulinDelivery, uuid::kIddFeatures, {"read"}, true},
        {uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, {"write", "indicate"}},
        {uuid::kInsulinDelivery, uuid::kIddHistoryData, {"notify"}, true},
    };
    return kTable;
}

} // namespace virtual_pump
