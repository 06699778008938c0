// SPDX-License-Identifier: MIT
// What the state looks like as JSON, text and page, and what the store contributes to it.
#include "bridge/status/service_state_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bridge/status/find_problems.hpp"
#include "bridge/status/service_state_json.hpp"
#include "bridge/status/status_page.hpp"
#include "bridge/status/stored_state.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const ServiceState::Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};

ServiceState full() {
    ServiceState state;
    state.version = "0.1.0";
    state.now = kNow;
    state.startedAt = kNow - 26h;
    state.utcOffset = 1h;
    state.link = {.stage = LinkStage::Following,
                  .since = kNow - 32min,
                  .transitions = {{LinkStage::Starting, kNow - 26h}, {LinkStage::Following, kNow - 32min}},
                  .finding = std::nullopt,
                  .hostWords = {}};
    state.pump = {.serial = "NG1234567H", .model = "MMT-1885", .firmware = "8.12.2"};
    therapy::PumpStatus read;
    read.readAt = kNow - 40s;
    read.batteryPercent = 75;
    read.insulinOnBoard.emplace().amount = protocol::MedFloat::number(125, -2);
    read.status.emplace();
    read.status->therapyControlState = protocol::history::TherapyControlState::Run;
    read.status->flags = protocol::idd::Status::ReservoirAttached;
    read.status->reservoirRemaining = protocol::MedFloat::number(1125, -1);
    read.status->connectivity = protocol::idd::Status::SensorOn | protocol::idd::Status::SensorPaired;
    state.pumpStatus = read;
    state.glucose = {.time = kNow - 2min, .mgDl = 142, .special = "", .direction = "FortyFiveUp"};
    state.lastRecord = {.sequenceNumber = 100010, .event = "sg_measurement", .time = kNow - 2min};
    state.counts = {.records = 6012, .waiting = 3, .uploaded = 6009, .setAside = 1};
    state.upload = {.configured = true,
                    .health = nightscout::UploadState::Health::Good,
                    .last = kNow - 100s,
                    .lastError = ""};
    state.link.hostWords = "pump NG1234567H refused";
    return state;
}

TEST(ServiceState, GivesItsValuesAsJson) {
    const auto json = toJson(full());
    EXPECT_EQ(json["link"]["stage"], "following");
    EXPECT_EQ(json["link"]["since"], "2026-03-14T08:28:00Z");
    EXPECT_EQ(json["glucose"]["mg_dl"], 142);
    EXPECT_EQ(json["glucose"]["mmol_l"], 7.9);
    EXPECT_EQ(json["glucose"]["direction"], "FortyFiveUp");
    EXPECT_EQ(json["pump_status"]["reservoir_iu"], 112.5);
    EXPECT_EQ(json["pump_status"]["insulin_on_board_iu"], 1.25);
    EXPECT_EQ(json["pump_status"]["battery_percent"], 75);
    EXPECT_FALSE(json["pump_status"].contains("smart_guard")) << "not read";
    EXPECT_EQ(json["last_record"]["sequence_number"], 100010);
    EXPECT_EQ(json["records"], 6012);
    EXPECT_EQ(json["documents"]["waiting"], 3);
    EXPECT_EQ(json["upload"]["last"], "2026-03-14T08:58:20Z");
    EXPECT_EQ(json["upload"]["health"], "good");
    EXPECT_EQ(json["problems"].dump(), "[]");
}

TEST(ServiceState, ShowsNoWholeSerialNumberAnywhere) {
    ServiceState state = full();
    state.problems = findProblems(state);
    for (const std::string& form : {toJson(state).dump(), toText(state), statusPage(state)}) {
        EXPECT_THAT(form, Not(HasSubstr("1234567H")));
        EXPECT_THAT(form, HasSubstr("...67H"));
    }
    EXPECT_EQ(shortSerial(""), "...");
    EXPECT_EQ(withShortSerials("NG12 NGNG7654321Z, NG1"), "NG12 NG...21Z, NG1");
}

TEST(ServiceState, GivesItsValuesAsText) {
    const auto text = toText(full());
    EXPECT_THAT(text, HasSubstr("142 mg/dL (7.9 mmol/L) FortyFiveUp, 09:58, 2 min ago"));
    EXPECT_THAT(text, HasSubstr("connected, following the pump, since 09:28, 32 min ago"));
    EXPECT_THAT(text, HasSubstr("112.5 U"));
    EXPECT_THAT(text, HasSubstr("3 waiting, 6009 uploaded, 1 refused by the site"));
    EXPECT_THAT(text, HasSubstr("2026-03-13 08:00"));
}

TEST(ServiceState, SaysWhyThereIsNoGlucoseAndWhatIsInTheWay) {
    ServiceState state = full();
    state.glucose = {.time = kNow - 2min, .mgDl = std::nullopt, .special = "warm_up", .direction = ""};
    state.problems = {{.cause = Problem::Link{{.fault = LinkFault::WrongKeys,
                                               .sentence = "The <keys> are wrong.",
                                               .remedy = "Use others.",
                                               .since = kNow,
                                               .times = 2}},
                       .severity = Problem::Severity::Failure,
                       .since = kNow}};
    EXPECT_THAT(toText(state), HasSubstr("no value (warm_up)"));
    EXPECT_THAT(toText(state), HasSubstr("Use others."));
    EXPECT_THAT(statusPage(state), HasSubstr("The &lt;keys&gt; are wrong."));
    EXPECT_EQ(toJson(state)["problems"][0]["name"], "wrong-keys");
    EXPECT_EQ(toJson(state)["problems"][0]["severity"], "failure");
}

TEST(ServiceState, LoadsNothingElseOnItsPage) {
    const auto page = statusPage(full());
    EXPECT_THAT(page, HasSubstr("142 ↗"));
    EXPECT_THAT(page, HasSubstr("http-equiv=\"refresh\""));
    for (const char* foreign :
         {"<script", "<link", "src=", "href=", "url(", "http://", "https://", "@import"})
        EXPECT_THAT(page, Not(HasSubstr(foreign)));
}

TEST(ServiceState, MarksGlucoseThatIsOld) {
    ServiceState state = full();
    EXPECT_THAT(statusPage(state), Not(HasSubstr("glucose old")));
    state.glucose->time = kNow - 13min;
    EXPECT_THAT(statusPage(state), HasSubstr("glucose old"));
}

TEST(ServiceState, HasAPageAndATextBeforeAnythingIsKnown) {
    const ServiceState empty;
    EXPECT_THAT(statusPage(empty), HasSubstr("no glucose yet"));
    EXPECT_THAT(toText(empty), HasSubstr("not running"));
    EXPECT_TRUE(toJson(empty)["pump"].is_null());
}

TEST(AgeText, CountsInTheUnitThatMatters) {
    EXPECT_EQ(ageText(-5s), "0 s");
    EXPECT_EQ(ageText(59s), "59 s");
    EXPECT_EQ(ageText(3min + 59s), "3 min");
    EXPECT_EQ(ageText(2h + 5min), "2 h 5 min");
    EXPECT_EQ(ageText(47h + 59min), "47 h 59 min");
    EXPECT_EQ(ageText(75h), "3 d");
}

protocol::Bytes bytes(const char* hex) {
    return *protocol::fromHex(hex);
}

TEST(StoredState, SaysThatRecordsWaitForThisComputersClock) {
    const TemporaryDirectory directory;
    Store store{directory / "history.db"};
    const auto zone = therapy::Zone::find("Europe/Berlin").value();
    const auto pump = store.pump("NG1234567H");
    store.addRecords(pump.id, std::vector<ReceivedRecord>{{0, bytes("0ef000000000100e3cea07030e091a00")}},
                     kNow);
    ServiceState state;
    state.clock = ServiceState::Clock{{}, 1min, {}};
    readStoredState(store, zone, {}, state);
    EXPECT_EQ(state.held, (std::vector<HeldRecords>{{therapy::Hold::HostClock, 1}}));
    EXPECT_NE(toText(state).find("clock is not trusted yet"), std::string::npos);
    EXPECT_EQ(toJson(state)["held"][0]["reason"], "host-clock");
    EXPECT_EQ(toJson(state)["clock"]["trusted"], false);
    state.clock = ServiceState::Clock{ClockWitness::TimeService, {}, {}};
    readStoredState(store, zone, {}, state);
    EXPECT_EQ(state.held, (std::vector<HeldRecords>{{therapy::Hold::NotMeasured, 1}}));
    EXPECT_EQ(toJson(state)["clock"]["trusted_by"], "time-service");
}

TEST(StoredState, KnowsTheNewestGlucoseAndRecord) {
    const TemporaryDirectory directory;
    Store store{directory / "history.db"};
    const auto zone = therapy::Zone::find("Europe/Berlin").value();
    ServiceState state;
    readStoredState(store, zone, {}, state);
    EXPECT_FALSE(state.pump);

    const auto pump = store.pump("NG1234567H");
    store.describePump(pump.id, "MMT-1885", "8.12.2");
    store.noteOldest(pump.id, 0);
    readStoredState(store, zone, {}, state);
    EXPECT_EQ(state.pump->model, "MMT-1885");
    EXPECT_FALSE(state.lastRecord);

    store.addRecords(pump.id,
                     std::vector<ReceivedRecord>{{0, bytes("0ef000000000100e3cea07030e091a00")},
                                                 {1, bytes("0cf001000000bb0003008e000c09d7ff")},
                                                 {2, bytes("01f002000000bf00c9c0c62df9")}},
                     kNow);
    readStoredState(store, zone, {}, state);
    EXPECT_EQ(state.counts.records, 3U);
    ASSERT_TRUE(state.glucose);
    EXPECT_EQ(state.glucose->mgDl, 142);
    EXPECT_EQ(state.glucose->direction, "NOT COMPUTABLE");
    EXPECT_EQ(nightscout::toIso(state.glucose->time), "2026-03-14T08:29:00.000Z");
    ASSERT_TRUE(state.lastRecord);
    EXPECT_EQ(state.lastRecord->sequenceNumber, 2U);
    EXPECT_EQ(state.lastRecord->event, "auto_basal_delivery");
}

} // namespace
} // namespace bridge::test
