// SPDX-License-Identifier: MIT
#include "nightscout/documents/device_status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

using protocol::idd::SensorMessage;
using therapy::isSuspended;
/// Labels are shown in the order in which they are sent.
using Json = nlohmann::ordered_json;

constexpr std::chrono::minutes kPace{5};

/// 0 counts as missing on the site.
std::optional<int> shownPercent(std::optional<std::uint8_t> percent) {
    if (!percent || *percent > 100) return std::nullopt;
    return std::max(1, static_cast<int>(*percent));
}

std::string_view deliveryText(const PumpStatus& status) {
    if (status.status && !status.status->reservoirAttached()) return "no reservoir";
    if (isSuspended(status).value_or(false)) return "suspended";
    return modeText(status);
}

void addReservoir(const PumpStatus& status, Json& pump) {
    if (!status.status || !status.status->reservoirAttached()) return;
    if (const auto units = amountOf(status.status->reservoirRemaining)) pump["reservoir"] = number(*units);
}

/// Without `bolusiob` the site passes over an `iob` of zero.
void addInsulinOnBoard(const PumpStatus& status, const std::string& clock, Json& pump) {
    if (!status.insulinOnBoard) return;
    const auto units = amountOf(status.insulinOnBoard->amount);
    if (!units) return;
    pump["iob"] = Json{{"timestamp", clock}, {"iob", number(*units)}, {"bolusiob", number(*units)}};
}

void addDelivery(const PumpStatus& status, const std::string& clock, Json& pump) {
    if (!status.status && !status.activeBoluses && modeText(status).empty()) return;
    Json delivery;
    if (const auto text = deliveryText(status); !text.empty()) delivery["status"] = text;
    delivery["bolusing"] = status.activeBoluses && !status.activeBoluses->bolusIds.empty();
    if (const auto suspended = isSuspended(status)) delivery["suspended"] = *suspended;
    delivery["timestamp"] = clock;
    pump["status"] = std::move(delivery);
}

/// The rate of the pattern, which reads 0 while SmartGuard delivers by itself.
std::optional<Amount> patternRate(const PumpStatus& status) {
    if (!status.basal) return std::nullopt;
    const auto rate = amountOf(status.basal->configuredRate);
    const bool manual = therapy::modeOf(status) == therapy::TherapyMode::Manual;
    if (!rate || (rate->isZero() && !manual)) return std::nullopt;
    return rate;
}

Json labels(const PumpStatus& status) {
    Json labels = Json::object();
    if (const auto mode = modeText(status); !mode.empty()) labels["Mode"] = mode;
    if (auto sensor = sensorText(status); !sensor.empty()) labels["Sensor"] = std::move(sensor);
    if (const auto percent = shownPercent(status.transmitterBatteryPercent)) {
        labels["Transmitter"] = std::to_string(*percent) + " %";
    }
    if (const auto rate = patternRate(status)) labels["Pattern rate"] = text(*rate) + " U/h";
    return labels;
}

std::string_view textOf(SensorMessage message) {
    switch (message) {
        case SensorMessage::NoMessage:
            return {};
        case SensorMessage::WaitToCalibrate:
            return "wait to calibrate";
        case SensorMessage::DoNotCalibrate:
            return "updating";
        case SensorMessage::CalibrationRequired:
            return "calibrate now";
        case SensorMessage::Calibrating:
            return "calibrating";
        case SensorMessage::SearchingForSensorSignal:
            return "searching signal";
        case SensorMessage::NoSensorSignal:
            return "no signal";
        case SensorMessage::ChangeSensor:
            return "change sensor";
        case SensorMessage::WarmUp:
            return "warm-up";
        case SensorMessage::SgBelowLowerLimit:
            return "below limit";
        case SensorMessage::SgAboveUpperLimit:
            return "above limit";
        case SensorMessage::GstBatteryDepleted:
            return "transmitter empty";
        case SensorMessage::SensorConnected:
            return "connected";
        case SensorMessage::WaitingWarmUp:
            return "waiting for warm-up";
        case SensorMessage::NoPairedSensor:
            return "none paired";
    }
    return {};
}

/// "5d 2h left", "3h left", "20min left", "expired".
std::string leftText(std::chrono::minutes left) {
    using std::chrono::days;
    using std::chrono::hours;
    if (left <= std::chrono::minutes{0}) return "expired";
    if (left < hours{1}) return std::to_string(left.count()) + "min left";
    const auto whole = std::chrono::floor<days>(left);
    const std::string clock = std::to_string(std::chrono::floor<hours>(left - whole).count()) + "h left";
    return whole.count() == 0 ? clock : std::to_string(whole.count()) + "d " + clock;
}

/// Of the sensor's life; needs the offset of the pump's clock, on which the session is dated.
std::optional<std::chrono::minutes> sensorLeft(const PumpStatus& status) {
    if (!status.sessionStart || !status.sessionRunTime || !status.clockOffset) return std::nullopt;
    const auto expiry = status.sessionRunTime->expiry(*status.sessionStart);
    if (!expiry) return std::nullopt;
    const auto now = status.readAt.time_since_epoch() + *status.clockOffset;
    return std::chrono::floor<std::chrono::minutes>(expiry->time_since_epoch() - now);
}

} // namespace

std::string_view modeText(const PumpStatus& status) {
    const auto mode = therapy::modeOf(status);
    if (!mode) return {};
    switch (*mode) {
        case therapy::TherapyMode::Manual:
            return "manual";
        case therapy::TherapyMode::SmartGuard:
            return "SmartGuard";
        case therapy::TherapyMode::SafeBasal:
            return "safe basal";
    }
    return {};
}

std::string sensorText(const PumpStatus& status) {
    std::string text(status.status ? textOf(status.status->sensorMessage) : std::string_view{});
    if (text.empty() && status.status && status.status->gstSignalLost()) text = "no signal";
    if (const auto left = sensorLeft(status)) text += (text.empty() ? "" : ", ") + leftText(*left);
    return text;
}

Document deviceStatus(const PumpStatus& status, std::string_view serial, const MappingSettings& settings) {
    const std::string clock = toIso(status.readAt);
    Json pump{{"clock", clock}, {"manufacturer", "Medtronic"}, {"model", "MiniMed 780G"}};
    addReservoir(status, pump);
    if (const auto percent = shownPercent(status.batteryPercent)) pump["battery"] = {{"percent", *percent}};
    if (settings.insulinOnBoard) addInsulinOnBoard(status, clock, pump);
    addDelivery(status, clock, pump);
    if (Json extended = labels(status); !extended.empty()) pump["extended"] = std::move(extended);
    const Json body{{"device", deviceOf(settings)}, {"created_at", clock}, {"pump", std::move(pump)}};

    Document document;
    document.identifier = identifier(serial, Kind::Status, clock);
    document.collection = Collection::DeviceStatus;
    document.kind = Kind::Status;
    document.feature = Feature::DeviceStatus;
    document.eventType = "devicestatus";
    document.time = status.readAt;
    document.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return document;
}

bool StatusPace::isDue(const PumpStatus& status) const {
    if (!sentAt_ || status.readAt < *sentAt_ || status.readAt >= *sentAt_ + kPace) return true;
    const auto suspended = isSuspended(status);
    return suspended && suspended_ && *suspended != *suspended_;
}

void StatusPace::noteSent(const PumpStatus& status) {
    sentAt_ = status.readAt;
    if (const auto suspended = isSuspended(status)) suspended_ = suspended;
}

} // namespace nightscout
