// SPDX-License-Identifier: MIT
// The pump's GATT table. Facts: docs/protocol/link.md 7.1, docs/protocol/services.md 1. The glucose service
// stands before the insulin service, as on no real pump known: who looks for a record access control point
// without its service finds the wrong one first.
#include "virtual_pump/pump.hpp"

#include "protocol/uuids.hpp"

namespace virtual_pump {

const std::vector<CharacteristicSpec>& characteristics() {
    namespace uuid = protocol::uuid;
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
        {uuid::kBattery, uuid::kBatteryLevel, {"read", "notify"}},
        {uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement, {"notify"}, true},
        {uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime, {"read", "write"}, true},
        {uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime, {"read"}},
        {uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint, {"write", "indicate"}},
        {uuid::kInsulinDelivery, uuid::kIddStatusChanged, {"read", "indicate"}, true},
        {uuid::kInsulinDelivery, uuid::kIddStatus, {"read"}, true},
        {uuid::kInsulinDelivery, uuid::kIddFeatures, {"read"}, true},
        {uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint, {"write", "indicate"}, true},
        {uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, {"write", "indicate"}},
        {uuid::kInsulinDelivery, uuid::kIddHistoryData, {"notify"}, true},
        {uuid::kInsulinDelivery, uuid::kGstBatteryLevel, {"read", "notify"}},
        {uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus, {"read"}, true},
    };
    return kTable;
}

} // namespace virtual_pump
