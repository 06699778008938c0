// SPDX-License-Identifier: MIT
#include "protocol/characteristic_value.hpp"

#include <array>

#include "protocol/cgm/feature.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/racp.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/cgm/specific_ops.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/history/racp.hpp"
#include "protocol/idd/command_data.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/idd/features.hpp"
#include "protocol/idd/record_access_description.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"
#include "protocol/uuids.hpp"

namespace protocol {
namespace {

using history::FieldSink;

// Only ever read in captures of another app.
constexpr std::string_view kCommandControlPoint = "00000106-0000-1000-0000-009132591325";
constexpr std::string_view kCommandData = "00000107-0000-1000-0000-009132591325";

using Describe = std::optional<ParseError> (*)(ByteView value, FieldSink& sink);

template <auto Parse>
std::optional<ParseError> as(ByteView value, FieldSink& sink) {
    using idd::describe; // for history::racp; the others are found by their own namespace
    const auto parsed = Parse(value);
    if (!parsed.has_value()) return parsed.error();
    describe(*parsed, sink);
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

struct Entry {
    std::string_view service;
    std::string_view characteristic;
    Direction direction;
    Describe describe;
};

/// Names and versions stand in the device information of the pump and in that of the phone.
constexpr std::string_view kAnyService;
constexpr std::string_view kDeviceName = "00002a00-0000-1000-8000-00805f9b34fb";
constexpr auto kFrom = Direction::FromPump;
constexpr auto kTo = Direction::ToPump;

constexpr std::array kEntries{
    Entry{kAnyService, kDeviceName, kFrom, &asText},
    Entry{kAnyService, uuid::kManufacturerName, kFrom, &asText},
    Entry{kAnyService, uuid::kModelNumber, kFrom, &asText},
    Entry{kAnyService, uuid::kSerialNumber, kFrom, &asText},
    Entry{kAnyService, uuid::kHardwareRevision, kFrom, &asText},
    Entry{kAnyService, uuid::kFirmwareRevision, kFrom, &asText},
    Entry{kAnyService, uuid::kSoftwareRevision, kFrom, &asText},
    Entry{kAnyService, uuid::kSystemId, kFrom, &as<idd::parseSystemId>},
    Entry{kAnyService, uuid::kPnpId, kFrom, &as<idd::parsePnpId>},
    Entry{uuid::kBattery, uuid::kBatteryLevel, kFrom, &as<idd::parseBatteryLevel>},
    Entry{uuid::kCurrentTimeService, uuid::kCurrentTime, kFrom, &asCurrentTime},
    Entry{uuid::kInsulinDelivery, uuid::kIddStatusChanged, kFrom, &as<idd::parseStatusChanged>},
    Entry{uuid::kInsulinDelivery, uuid::kIddStatus, kFrom, &as<idd::parseStatus>},
    Entry{uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus, kFrom, &as<idd::parseAnnunciation>},
    Entry{uuid::kInsulinDelivery, uuid::kIddFeatures, kFrom, &as<idd::parseFeatures>},
    Entry{uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint, kTo,
          &as<idd::status_reader::parseRequest>},
    Entry{uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint, kFrom,
          &as<idd::status_reader::parseResponse>},
    Entry{uuid::kInsulinDelivery, kCommandControlPoint, kFrom, &as<idd::parseCommandResponse>},
    Entry{uuid::kInsulinDelivery, kCommandData, kFrom, &as<idd::parseCommandData>},
    Entry{uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, kTo, &as<history::racp::parseRequest>},
    Entry{uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, kFrom, &as<history::racp::parseResponse>},
    Entry{uuid::kInsulinDelivery, uuid::kGstBatteryLevel, kFrom, &as<idd::parseBatteryLevel>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement, kFrom, &as<cgm::parseMeasurement>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmFeature, kFrom, &as<cgm::parseFeature>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmStatus, kFrom, &as<cgm::parseStatus>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime, kFrom,
          &as<cgm::parseSessionStartTime>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime, kFrom, &as<cgm::parseSessionRunTime>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint, kTo,
          &as<cgm::racp::parseRequest>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint, kFrom,
          &as<cgm::racp::parseResponse>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSpecificOpsControlPoint, kTo,
          &as<cgm::specific_ops::parseRequest>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSpecificOpsControlPoint, kFrom,
          &as<cgm::specific_ops::parseResponse>},
    Entry{uuid::kContinuousGlucoseMonitoring, uuid::kCgmTimeOfNextCalibration, kFrom,
          &as<cgm::parseTimeOfNextCalibration>},
};

const Entry* find(std::string_view service, std::string_view characteristic, Direction direction) {
    for (const Entry& entry : kEntries) {
        if (entry.characteristic == characteristic && entry.direction == direction &&
            (entry.service == service || entry.service == kAnyService))
            return &entry;
    }
    return nullptr;
}

} // namespace

bool hasLayout(std::string_view service, std::string_view characteristic, Direction direction) {
    return find(service, characteristic, direction) != nullptr;
}

std::optional<ParseError> describeCharacteristic(std::string_view service, std::string_view characteristic,
                                                 Direction direction, ByteView value, FieldSink& sink) {
    const Entry* const entry = find(service, characteristic, direction);
    if (entry != nullptr) return entry->describe(value, sink);
    sink.text("raw", toHex(value));
    return std::nullopt;
}

} // namespace protocol
