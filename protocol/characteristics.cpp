// SPDX-License-Identifier: MIT
#include "protocol/characteristics.hpp"

#include <algorithm>
#include <array>

#include "protocol/cgm/feature.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/cgm/specific_ops.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/idd/command_data.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/idd/features.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"
#include "protocol/racp.hpp"
#include "protocol/uuids.hpp"

namespace protocol {
namespace {

using history::FieldSink;

template <auto Parse>
std::optional<ParseError> as(ByteView value, FieldSink& sink) {
    const auto parsed = Parse(value);
    if (!parsed.has_value()) return parsed.error();
    describe(*parsed, sink);
    return std::nullopt;
}

template <typename Racp>
std::optional<ParseError> asRequest(ByteView value, FieldSink& sink) {
    const auto request = Racp::parseRequest(value);
    if (!request.has_value()) return request.error();
    Racp::describe(*request, sink);
    return std::nullopt;
}

template <typename Racp>
std::optional<ParseError> asResponse(ByteView value, FieldSink& sink) {
    const auto response = Racp::parseResponse(value);
    if (!response.has_value()) return response.error();
    Racp::describe(*response, sink);
    return std::nullopt;
}

std::optional<ParseError> asText(ByteView value, FieldSink& sink) {
    sink.text("text", idd::parseText(value));
    return std::nullopt;
}

std::optional<ParseError> asCurrentTime(ByteView value, FieldSink& sink) {
    const auto time = parseCurrentTime(value);
    if (!time.has_value()) return time.error();
    sink.text("date_time", toString(time->dateTime));
    sink.integer("day_of_week", time->dayOfWeek);
    sink.integer("fractions256", time->fractions256);
    sink.integer("adjust_reason", time->adjustReason);
    return std::nullopt;
}

// The whole of what may be written, op code by op code. Record access: report records;
// delete is left out (docs/protocol/history.md 2, docs/protocol/services.md 10.6). Status reader: Reset
// Status, which makes the pump indicate again, and Get requests (docs/protocol/services.md 7).
constexpr std::array<std::uint16_t, 1> kHistoryRacpOpCodes{0x33};
constexpr std::array<std::uint16_t, 1> kGlucoseRacpOpCodes{0x01};
constexpr std::array<std::uint16_t, 6> kStatusReaderOpCodes{0x030c, 0x0330, 0x0365, 0x03f3, 0x03fd, 0x03ff};

constexpr std::string_view kAny;
constexpr auto kPlain = Protection::Plain;
constexpr auto kSake = Protection::Sake;
constexpr auto kUnknown = Protection::Unknown;

constexpr std::array kCharacteristics = std::to_array<Characteristic>({
    // Of both sides: names and versions stand in the device information of the pump and in that of the phone.
    {kAny, "00002a00-0000-1000-8000-00805f9b34fb", "Device Name", kPlain, &asText},
    {kAny, "00002a01-0000-1000-8000-00805f9b34fb", "Appearance"},
    {kAny, "00002a04-0000-1000-8000-00805f9b34fb", "Preferred Connection Parameters"},
    {kAny, "00002a05-0000-1000-8000-00805f9b34fb", "Service Changed"},
    {kAny, "00002aa6-0000-1000-8000-00805f9b34fb", "Central Address Resolution"},
    {kAny, "00002b29-0000-1000-8000-00805f9b34fb", "Client Supported Features"},
    {kAny, "00002b2a-0000-1000-8000-00805f9b34fb", "Database Hash"},
    {kAny, "00002b3a-0000-1000-8000-00805f9b34fb", "Server Supported Features"},
    {kAny, uuid::kManufacturerName, "Manufacturer Name", kPlain, &asText},
    {kAny, uuid::kModelNumber, "Model Number", kPlain, &asText},
    {kAny, uuid::kSerialNumber, "Serial Number", kPlain, &asText},
    {kAny, uuid::kHardwareRevision, "Hardware Revision", kPlain, &asText},
    {kAny, uuid::kFirmwareRevision, "Firmware Revision", kPlain, &asText},
    {kAny, uuid::kSoftwareRevision, "Software Revision", kPlain, &asText},
    {kAny, uuid::kSystemId, "System ID", kPlain, &as<idd::parseSystemId>},
    {kAny, uuid::kPnpId, "PnP ID", kPlain, &as<idd::parsePnpId>},
    {kAny, uuid::kRegulatoryCertification, "Regulatory Certification"},
    // What we expose.
    {uuid::kSakeService, uuid::kSakePort, "SAKE Port"},
    // Battery, Current Time.
    {uuid::kBattery, uuid::kBatteryLevel, "Battery Level", kPlain, &as<idd::parseBatteryLevel>},
    {uuid::kCurrentTimeService, uuid::kCurrentTime, "Current Time", kPlain, &asCurrentTime},
    // Insulin Delivery.
    {uuid::kInsulinDelivery, uuid::kIddStatusChanged, "IDD Status Changed", kSake,
     &as<idd::parseStatusChanged>},
    {uuid::kInsulinDelivery, uuid::kIddStatus, "IDD Status", kSake, &as<idd::parseStatus>},
    {uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus, "IDD Annunciation Status", kSake,
     &as<idd::parseAnnunciation>},
    {uuid::kInsulinDelivery, uuid::kIddFeatures, "IDD Features", kSake, &as<idd::parseFeatures>},
    {uuid::kInsulinDelivery,
     uuid::kIddStatusReaderControlPoint,
     "IDD Status Reader Control Point",
     kSake,
     &as<idd::status_reader::parseResponse>,
     &as<idd::status_reader::parseRequest>,
     {2, kStatusReaderOpCodes}},
    // Insulin Delivery: of the command's two only what another app's captures show.
    {uuid::kInsulinDelivery, "00000106-0000-1000-0000-009132591325", "IDD Command Control Point", kSake,
     &as<idd::parseCommandResponse>},
    {uuid::kInsulinDelivery, "00000107-0000-1000-0000-009132591325", "IDD Command Data", kSake,
     &as<idd::parseCommandData>},
    {uuid::kInsulinDelivery, uuid::kIddHistoryData, "IDD History Data", kSake},
    {kAny, "00000109-0000-1000-0000-009132591325", "Secure Control", kUnknown},
    {uuid::kInsulinDelivery,
     uuid::kRecordAccessControlPoint,
     "Record Access Control Point",
     kPlain,
     &asResponse<HistoryRacp>,
     &asRequest<HistoryRacp>,
     {1, kHistoryRacpOpCodes},
     "IDD Record Access Control Point"},
    {uuid::kInsulinDelivery, uuid::kGstBatteryLevel, "GST Battery Level", kPlain,
     &as<idd::parseBatteryLevel>},
    // Continuous Glucose Monitoring.
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement, "CGM Measurement", kSake,
     &as<cgm::parseMeasurement>},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmFeature, "CGM Feature", kPlain, &as<cgm::parseFeature>},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmStatus, "CGM Status", kSake, &as<cgm::parseStatus>},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime, "CGM Session Start Time", kSake,
     &as<cgm::parseSessionStartTime>},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime, "CGM Session Run Time", kPlain,
     &as<cgm::parseSessionRunTime>},
    {uuid::kContinuousGlucoseMonitoring,
     uuid::kRecordAccessControlPoint,
     "Record Access Control Point",
     kPlain,
     &asResponse<GlucoseRacp>,
     &asRequest<GlucoseRacp>,
     {1, kGlucoseRacpOpCodes},
     "CGM Record Access Control Point"},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmSpecificOpsControlPoint, "CGM Specific Ops Control Point",
     kSake, &as<cgm::specific_ops::parseResponse>, &as<cgm::specific_ops::parseRequest>},
    {kAny, "00000200-0000-1000-0000-009132591325", "CGM Measurement Extension", kUnknown},
    {kAny, "00000201-0000-1000-0000-009132591325", "Sensor Connected State", kUnknown},
    {kAny, "00000202-0000-1000-0000-009132591325", "Time Of Sensor Expiration"},
    {kAny, "00000203-0000-1000-0000-009132591325", "Sensor Calibration Time", kUnknown},
    {uuid::kContinuousGlucoseMonitoring, uuid::kCgmTimeOfNextCalibration,
     "Time Of Next Calibration Recommended", kPlain, &as<cgm::parseTimeOfNextCalibration>},
    {kAny, "00000205-0000-1000-0000-009132591325", "Algorithm Data", kUnknown},
    // Of other services of the pump.
    {kAny, "00000350-0000-1000-0000-009132591325", "Slice Record"},
    {kAny, "00000360-0000-1000-0000-009132591325", "Repository and Transfer Management Control Point"},
    {kAny, "00000370-0000-1000-0000-009132591325", "Repository Management Control Point SE"},
    {kAny, "00000510-0000-1000-0000-009132591325", "NOS Port", kUnknown},
    {kAny, "00000601-0000-1000-0000-009132591325", "Certificate Control Point"},
    {kAny, "00000602-0000-1000-0000-009132591325", "Certificate Data"},
    {kAny, "00000701-0000-1000-0000-009132591325", "Secure Session Control Point", kUnknown},
    {kAny, "00000702-0000-1000-0000-009132591325", "Secure Session Data", kUnknown},
});

constexpr bool eachOnce() {
    for (std::size_t i = 0; i < kCharacteristics.size(); ++i)
        for (std::size_t j = i + 1; j < kCharacteristics.size(); ++j)
            if (kCharacteristics[i].uuid == kCharacteristics[j].uuid &&
                (kCharacteristics[i].service == kCharacteristics[j].service ||
                 kCharacteristics[i].service.empty() || kCharacteristics[j].service.empty() ||
                 kCharacteristics[i].protection != kCharacteristics[j].protection))
                return false;
    return true;
}
static_assert(eachOnce(), "one row each, and one protection for each UUID");

DescribeValue layoutOf(std::string_view service, std::string_view uuid, Direction direction) {
    const Characteristic* const found = findCharacteristic(service, uuid);
    if (found == nullptr || (!found->service.empty() && found->service != service)) return nullptr;
    return direction == Direction::FromPump ? found->fromPump : found->toPump;
}

} // namespace

const Characteristic* findCharacteristic(std::string_view service, std::string_view uuid) {
    const auto* const found = std::ranges::find_if(kCharacteristics, [&](const Characteristic& each) {
        return each.uuid == uuid && (each.service == service || each.service.empty() || service.empty());
    });
    return found == kCharacteristics.end() ? nullptr : found;
}

Protection protectionOf(std::string_view uuid) {
    const Characteristic* const known = findCharacteristic({}, uuid);
    return known == nullptr ? Protection::Unknown : known->protection;
}

bool isPermittedWrite(std::string_view service, std::string_view uuid, ByteView value) {
    const Characteristic* const known = service.empty() ? nullptr : findCharacteristic(service, uuid);
    if (known == nullptr || value.size() < known->permitted.opCodeSize) return false;
    unsigned opCode = 0;
    for (std::size_t i = 0; i < known->permitted.opCodeSize; ++i) opCode |= unsigned{value[i]} << (8 * i);
    return std::ranges::find(known->permitted.opCodes, opCode) != known->permitted.opCodes.end();
}

bool hasLayout(std::string_view service, std::string_view uuid, Direction direction) {
    return layoutOf(service, uuid, direction) != nullptr;
}

std::optional<ParseError> describeCharacteristic(std::string_view service, std::string_view uuid,
                                                 Direction direction, ByteView value, FieldSink& sink) {
    if (const DescribeValue describe = layoutOf(service, uuid, direction)) return describe(value, sink);
    sink.text("raw", toHex(value));
    return std::nullopt;
}

} // namespace protocol
