// SPDX-License-Identifier: MIT
#include "nightscout/documents/status_events.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pump_statuses.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class StatusEvents : public testing::Test {
protected:
    /// The event types told by one more reading.
    std::vector<std::string> read() {
        told = statusEvents(status, settings, memory);
        std::vector<std::string> types;
        for (const Document& document : told) types.push_back(document.eventType);
        // What a restart of the bridge keeps.
        EXPECT_EQ(StatusMemory::fromJson(json::parse(memory.toJson().dump())), memory);
        return types;
    }
    using Types = std::vector<std::string>;

    MappingSettings settings = test::statusSettings();
    therapy::PumpStatus status = test::fullStatus();
    StatusMemory memory;
    std::vector<Document> told;
};

class ASensorStart : public StatusEvents {};
class ATempTarget : public StatusEvents {
protected:
    ATempTarget() {
        settings.tempTarget = true;
        status.sessionStart.reset();
    }
    void remaining(std::optional<std::uint16_t> minutes) {
        status.algorithm->tempTargetRemainingMinutes = minutes;
    }
    json body() { return json::parse(told.at(0).body); }
};
class ABatteryChange : public StatusEvents {
protected:
    ABatteryChange() { status.sessionStart.reset(); }
};

TEST_F(ASensorStart, IsNamedAndDatedByTheSession) {
    status.sessionStart->start = {2026, 3, 10, 7, 41, 0};
    EXPECT_EQ(read(), Types{"Sensor Start"});
    EXPECT_EQ(told[0].identifier, "aa672d19-9f66-55e5-afa8-a8aa4b1fecb5");
    EXPECT_EQ(toIso(told[0].time), "2026-03-10T06:41:00.000Z");
    EXPECT_EQ(json::parse(told[0].body),
              json::parse(R"({"eventType":"Sensor Start","created_at":"2026-03-10T06:41:00.000Z",
                  "enteredBy":"openaps://minimed-780g","device":"minimed-780g://780G",
                  "pumpType":"MINIMED_780G","identifier":"aa672d19-9f66-55e5-afa8-a8aa4b1fecb5",
                  "syncIdentifier":"aa672d19-9f66-55e5-afa8-a8aa4b1fecb5"})"));
}

TEST_F(ASensorStart, IsToldOnce) {
    EXPECT_EQ(read(), Types{"Sensor Start"});
    EXPECT_EQ(read(), Types{});
    status.sessionStart->start.minute += 30;
    EXPECT_EQ(read(), Types{});
    status.sessionStart->start.day += 1;
    EXPECT_EQ(read(), Types{"Sensor Start"});
}

TEST_F(ASensorStart, WaitsForTheOffsetOfThePumpsClock) {
    status.clockOffset.reset();
    EXPECT_EQ(read(), Types{});
    status.clockOffset = 1h;
    EXPECT_EQ(read(), Types{"Sensor Start"});
}

TEST_F(ASensorStart, IsNotInTheFutureNorOnAnImpossibleDate) {
    status.sessionStart->start = {2026, 3, 15, 10, 20, 0};
    EXPECT_EQ(read(), Types{});
    status.sessionStart->start = {2026, 13, 1, 0, 0, 0};
    EXPECT_EQ(read(), Types{});
}

TEST_F(ASensorStart, NeedsItsFeature) {
    settings.features = {Feature::Cgm};
    EXPECT_EQ(read(), Types{});
}

TEST_F(ATempTarget, IsToldWithItsRangeAndDuration) {
    remaining(120);
    EXPECT_EQ(read(), Types{"Temporary Target"});
    EXPECT_EQ(body().at("targetTop"), 150);
    EXPECT_EQ(body().at("targetBottom"), 150);
    EXPECT_EQ(body().at("duration"), 120);
    EXPECT_EQ(body().at("units"), "mg/dl");
    EXPECT_EQ(told[0].identifier, identifier("NG1234567H", Kind::TempTarget, "2026-03-14T11:50"));
    EXPECT_EQ(toIso(told[0].time), "2026-03-14T08:50:12.000Z");
}

TEST_F(ATempTarget, IsToldOnceWhileItLasts) {
    remaining(120);
    read();
    for (std::uint16_t left = 115; left > 0; left = static_cast<std::uint16_t>(left - 5)) {
        status.readAt += 5min;
        remaining(left);
        EXPECT_EQ(read(), Types{}) << left;
    }
    status.readAt += 5min;
    remaining(std::nullopt);
    EXPECT_EQ(read(), Types{});
    EXPECT_FALSE(memory.tempTarget);
}

TEST_F(ATempTarget, CancelledGetsItsRealDuration) {
    remaining(120);
    read();
    const std::string identifier = told[0].identifier;
    status.readAt += 20min + 10s;
    remaining(std::nullopt);
    EXPECT_EQ(read(), Types{"Temporary Target"});
    EXPECT_EQ(told[0].identifier, identifier);
    EXPECT_EQ(body().at("duration"), 21);
    EXPECT_EQ(body().at("created_at"), "2026-03-14T08:50:12.000Z");
    EXPECT_EQ(read(), Types{});
}

TEST_F(ATempTarget, SetAnewEndsTheOneBefore) {
    remaining(60);
    read();
    status.readAt += 30min;
    remaining(120);
    EXPECT_EQ(read(), (Types{"Temporary Target", "Temporary Target"}));
    EXPECT_EQ(body().at("duration"), 30);
    EXPECT_EQ(json::parse(told[1].body).at("duration"), 120);
}

TEST_F(ATempTarget, IsNotEndedByAReadingThatFailed) {
    remaining(120);
    read();
    status.readAt += 20min;
    status.algorithm.reset();
    EXPECT_EQ(read(), Types{});
    EXPECT_TRUE(memory.tempTarget);
}

TEST_F(ATempTarget, IsOffByDefault) {
    settings.tempTarget = false;
    remaining(120);
    EXPECT_EQ(read(), Types{});
}

TEST_F(ABatteryChange, IsARiseToFullThatNoRecordTellsWithinAQuarterOfAnHour) {
    status.batteryPercent = 50;
    EXPECT_EQ(read(), Types{});
    status.readAt += 1h;
    status.batteryPercent = 100;
    EXPECT_EQ(read(), Types{});
    status.readAt += 15min;
    EXPECT_EQ(read(), Types{"Pump Battery Change"});
    EXPECT_EQ(told[0].identifier, identifier("NG1234567H", Kind::Battery, "2026-03-14T10"));
    EXPECT_EQ(toIso(told[0].time), "2026-03-14T09:50:12.000Z");
    status.readAt += 15min;
    EXPECT_EQ(read(), Types{});
}

TEST_F(ABatteryChange, IsNotASmallRise) {
    for (const int percent : {75, 100, 75, 100}) {
        status.batteryPercent = static_cast<std::uint8_t>(percent);
        status.readAt += 3h;
        EXPECT_EQ(read(), Types{});
    }
}

TEST_F(ABatteryChange, IsLeftToTheRecordThatTellsIt) {
    status.batteryPercent = 25;
    read();
    status.batteryPercent = 100;
    read();
    Document cleared;
    cleared.identifier = "of the record";
    cleared.kind = Kind::Battery;
    cleared.time = status.readAt - 2min;
    EXPECT_TRUE(memory.events.report(cleared));
    status.readAt += 1h;
    EXPECT_EQ(read(), Types{});
}

TEST_F(ABatteryChange, ToldByTheLevelIsNotToldByALateRecord) {
    status.batteryPercent = 25;
    read();
    status.batteryPercent = 100;
    read();
    status.readAt += 20min;
    EXPECT_EQ(read(), Types{"Pump Battery Change"});
    Document cleared;
    cleared.identifier = "of the record";
    cleared.kind = Kind::Battery;
    cleared.time = status.readAt - 30min;
    EXPECT_FALSE(memory.events.report(cleared));
    cleared.time -= 3h;
    EXPECT_TRUE(memory.events.report(cleared));
    EXPECT_TRUE(memory.events.report(cleared)); // mapped again
}

TEST(StatusMemory, KeepsWhatWasReadOfThePresentState) {
    StatusMemory memory;
    const UtcSeconds now{1773477513s};
    note(memory.live.delivery, therapy::LiveDelivery::Stopped, 7, now);
    note(memory.live.delivery, therapy::LiveDelivery::Stopped, 7, now + 2min);
    note(memory.live.mode, therapy::LiveMode::SafeBasal, 8, now);
    note(memory.live.annunciation, therapy::LiveAnnunciation{0xf007, 565}, 9, now);
    note(memory.live.mealUnit, therapy::MealUnit::Exchanges, 0xffffffff, now);
    EXPECT_EQ(StatusMemory::fromJson(json::parse(memory.toJson().dump())), memory);
}

TEST(StatusMemory, ForgetsWhatItCannotRead) {
    EXPECT_EQ(StatusMemory::fromJson(json::parse("not json", nullptr, false)), StatusMemory{});
    EXPECT_EQ(StatusMemory::fromJson(json::parse(R"({"ledger":3,"battery_percent":"x"})")), StatusMemory{});
}

} // namespace
} // namespace nightscout
