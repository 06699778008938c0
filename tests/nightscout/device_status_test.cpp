// SPDX-License-Identifier: MIT
#include "nightscout/documents/device_status.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pump_statuses.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using protocol::history::TherapyControlState;
using protocol::idd::SensorMessage;
using protocol::idd::status_reader::AutoModeShield;

Json bodyOf(const therapy::PumpStatus& status) {
    return Json::parse(deviceStatus(status, test::statusSettings()).body);
}
Json pumpOf(const therapy::PumpStatus& status) {
    return bodyOf(status).at("pump");
}

TEST(DeviceStatus, SaysAllThatWasRead) {
    EXPECT_EQ(bodyOf(test::fullStatus()), Json::parse(R"({
        "device":"minimed-780g://780G","created_at":"2026-03-14T08:50:12.000Z",
        "pump":{
          "clock":"2026-03-14T08:50:12.000Z","manufacturer":"Medtronic","model":"MiniMed 780G",
          "reservoir":123.475,"battery":{"percent":75},
          "iob":{"timestamp":"2026-03-14T08:50:12.000Z","iob":1.4,"bolusiob":1.4},
          "status":{"status":"SmartGuard","bolusing":false,"suspended":false,
                    "timestamp":"2026-03-14T08:50:12.000Z"},
          "extended":{"Mode":"SmartGuard","Sensor":"5d 2h left","Transmitter":"80 %",
                      "Pattern rate":"0.85 U/h"}}})"));
}

TEST(DeviceStatus, KeepsTheOrderOfItsLabels) {
    const std::string body = deviceStatus(test::fullStatus(), test::statusSettings()).body;
    EXPECT_LT(body.find("\"Mode\""), body.find("\"Sensor\""));
    EXPECT_LT(body.find("\"Sensor\""), body.find("\"Transmitter\""));
    EXPECT_LT(body.find("\"Transmitter\""), body.find("\"Pattern rate\""));
}

TEST(DeviceStatus, IsDatedAndNamedByTheReading) {
    const Document document = deviceStatus(test::fullStatus(), test::statusSettings());
    EXPECT_EQ(document.collection, Collection::DeviceStatus);
    EXPECT_EQ(document.feature, Feature::DeviceStatus);
    EXPECT_EQ(toIso(document.time), "2026-03-14T08:50:12.000Z");
    therapy::PumpStatus later = test::fullStatus();
    later.readAt += 5min;
    EXPECT_NE(deviceStatus(later, test::statusSettings()).identifier, document.identifier);
    EXPECT_EQ(deviceStatus(test::fullStatus(), test::statusSettings()), document);
}

TEST(DeviceStatus, LeavesOutWhatWasNotRead) {
    therapy::PumpStatus status;
    status.readAt = test::kReadAt;
    EXPECT_EQ(bodyOf(status), Json::parse(R"({"device":"minimed-780g://780G",
        "created_at":"2026-03-14T08:50:12.000Z",
        "pump":{"clock":"2026-03-14T08:50:12.000Z","manufacturer":"Medtronic","model":"MiniMed 780G"}})"));
}

TEST(DeviceStatus, NeverHasAnUploaderOrAWarningOfItsOwn) {
    const Json body = bodyOf(test::fullStatus());
    for (const char* key : {"uploader", "openaps", "loop"}) EXPECT_FALSE(body.contains(key)) << key;
    EXPECT_EQ(body.dump().find("warnOnSuspend"), std::string::npos);
}

TEST(DeviceStatus, HasNoReservoirWhenNoneIsAttachedOrItIsNoNumber) {
    therapy::PumpStatus status = test::fullStatus();
    status.status->flags = 0;
    EXPECT_FALSE(pumpOf(status).contains("reservoir"));
    EXPECT_EQ(pumpOf(status).at("status").at("status"), "no reservoir");
    status = test::fullStatus();
    status.status->reservoirRemaining = protocol::MedFloat::fromFloat(0x007fffff);
    EXPECT_FALSE(pumpOf(status).contains("reservoir"));
}

TEST(DeviceStatus, NeverSaysThatTheBatteryIsAtZero) {
    therapy::PumpStatus status = test::fullStatus();
    status.batteryPercent = 0;
    EXPECT_EQ(pumpOf(status).at("battery").at("percent"), 1);
    status.batteryPercent = 255;
    EXPECT_FALSE(pumpOf(status).contains("battery"));
}

TEST(DeviceStatus, SaysThatThereIsNoActiveInsulin) {
    therapy::PumpStatus status = test::fullStatus();
    status.insulinOnBoard->amount = *protocol::MedFloat::fromScaled(0, 0, protocol::MedFloat::Width::Float);
    EXPECT_EQ(pumpOf(status).at("iob").at("iob"), 0);
    EXPECT_EQ(pumpOf(status).at("iob").at("bolusiob"), 0);
}

TEST(DeviceStatus, LeavesTheActiveInsulinToAnotherProgramOnRequest) {
    auto settings = test::statusSettings();
    settings.insulinOnBoard = false;
    EXPECT_FALSE(Json::parse(deviceStatus(test::fullStatus(), settings).body).at("pump").contains("iob"));
}

TEST(DeviceStatus, TellsSuspensionBeforeTheMode) {
    for (const auto state : {TherapyControlState::Stop, TherapyControlState::Pause}) {
        therapy::PumpStatus status = test::fullStatus();
        status.status->therapyControlState = state;
        EXPECT_EQ(pumpOf(status).at("status").at("suspended"), true);
        EXPECT_EQ(pumpOf(status).at("status").at("status"), "suspended");
    }
}

TEST(DeviceStatus, NamesTheModes) {
    therapy::PumpStatus status = test::fullStatus();
    status.algorithm->shield = AutoModeShield::SafeBasal;
    EXPECT_EQ(pumpOf(status).at("status").at("status"), "safe basal");
    status.algorithm->shield = AutoModeShield::OpenLoop;
    EXPECT_EQ(pumpOf(status).at("status").at("status"), "manual");
    status.algorithm->shield = static_cast<AutoModeShield>(9);
    EXPECT_FALSE(pumpOf(status).at("status").contains("status"));
    EXPECT_FALSE(pumpOf(status).at("extended").contains("Mode"));
}

TEST(DeviceStatus, TellsThatABolusIsGiven) {
    therapy::PumpStatus status = test::fullStatus();
    status.activeBoluses->bolusIds = {7};
    EXPECT_EQ(pumpOf(status).at("status").at("bolusing"), true);
}

TEST(DeviceStatus, DoesNotTakeTheZeroOfSmartGuardForThePatternsRate) {
    therapy::PumpStatus status = test::fullStatus();
    status.basal->configuredRate = {};
    EXPECT_FALSE(pumpOf(status).at("extended").contains("Pattern rate"));
    status.algorithm->shield = AutoModeShield::OpenLoop;
    EXPECT_EQ(pumpOf(status).at("extended").at("Pattern rate"), "0 U/h");
}

TEST(SensorText, CountsDownToTheEndOfTheSession) {
    therapy::PumpStatus status = test::fullStatus();
    status.readAt += 5 * 24h;
    EXPECT_EQ(sensorText(status), "2h left");
    status.readAt += 2h;
    EXPECT_EQ(sensorText(status), "29min left");
    status.readAt += 30min;
    EXPECT_EQ(sensorText(status), "expired");
    status.clockOffset.reset();
    EXPECT_EQ(sensorText(status), "");
}

TEST(SensorText, TellsWhatTheSensorAsksFor) {
    therapy::PumpStatus status = test::fullStatus();
    status.status->sensorMessage = SensorMessage::WarmUp;
    EXPECT_EQ(sensorText(status), "warm-up, 5d 2h left");
    status.status->sensorMessage = static_cast<SensorMessage>(0x55);
    EXPECT_EQ(sensorText(status), "5d 2h left");
    status.status->connectivity |= protocol::idd::Status::GstSignalLost;
    EXPECT_EQ(sensorText(status), "no signal, 5d 2h left");
}

TEST(SensorText, NeverHasAnAngleBracket) {
    therapy::PumpStatus status = test::fullStatus();
    for (int message = 0; message < 256; ++message) {
        status.status->sensorMessage = static_cast<SensorMessage>(message);
        EXPECT_EQ(sensorText(status).find_first_of("<>"), std::string::npos);
    }
}

TEST(StatusPace, LetsOneThroughEveryFiveMinutes) {
    StatusPace pace;
    therapy::PumpStatus status = test::fullStatus();
    EXPECT_TRUE(pace.isDue(status));
    pace.noteSent(status);
    EXPECT_FALSE(pace.isDue(status));
    status.readAt += 5min - 1s;
    EXPECT_FALSE(pace.isDue(status));
    status.readAt += 1s;
    EXPECT_TRUE(pace.isDue(status));
}

TEST(StatusPace, LetsStopAndRestartThroughAtOnce) {
    StatusPace pace;
    therapy::PumpStatus status = test::fullStatus();
    pace.noteSent(status);
    status.readAt += 10s;
    status.status->therapyControlState = TherapyControlState::Stop;
    EXPECT_TRUE(pace.isDue(status));
    pace.noteSent(status);
    EXPECT_FALSE(pace.isDue(status));
    status.status.reset(); // not read this time
    EXPECT_FALSE(pace.isDue(status));
    status.status = test::fullStatus().status;
    EXPECT_TRUE(pace.isDue(status));
}

TEST(StatusPace, GoesOnWhenTheClockWasSetBack) {
    StatusPace pace;
    therapy::PumpStatus status = test::fullStatus();
    pace.noteSent(status);
    status.readAt -= 24h;
    EXPECT_TRUE(pace.isDue(status));
}

} // namespace
} // namespace nightscout
