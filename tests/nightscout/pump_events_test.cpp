// SPDX-License-Identifier: MIT
// SmartGuard notes, sensor start, battery, limits, clock (docs/nightscout/mapping.md 5.5, 8.8 to 8.10, 8.14).
#include <gtest/gtest.h>

#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using history::Cl1TransitionKind;
using nlohmann::json;
using test::HistoryBuilder;

std::vector<std::string> notes(const therapy::HistoryRun& run, MappingSettings settings = test::settings()) {
    settings.features = {Feature::PumpEvents};
    std::vector<std::string> notes;
    for (const auto& body : test::bodies(map(run, settings))) notes.push_back(body.value("notes", ""));
    return notes;
}
using Notes = std::vector<std::string>;

TEST(SmartGuard, IsNotedWithTheReasonOfEachTransition) {
    HistoryBuilder builder;
    for (int kind = 0; kind < 6; ++kind) builder.transition(static_cast<Cl1TransitionKind>(kind));
    EXPECT_EQ(notes(builder.run()),
              (Notes{"SmartGuard on", "SmartGuard off: by user", "SmartGuard off: alarm",
                     "SmartGuard off: safe basal time-out", "SmartGuard off: high sensor glucose",
                     "SmartGuard off: unknown (5)"}));
}

TEST(SmartGuard, IsNotedFromTheContextWhenNoTransitionTellsIt) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).at(1h).therapyContext(false).at(2h).therapyContext(false);
    EXPECT_EQ(notes(builder.run()), Notes{"SmartGuard off"});
    HistoryBuilder told;
    told.at(0s)
        .therapyContext(true)
        .at(1h)
        .transition(Cl1TransitionKind::OutAlarm)
        .at(2h)
        .therapyContext(true);
    EXPECT_EQ(notes(told.run()), Notes{"SmartGuard off: alarm"});
    HistoryBuilder alarmed;
    alarmed.at(0s).therapyContext(true).at(30min).annunciation(820, 1).at(1h).therapyContext(false);
    EXPECT_EQ(notes(alarmed.run()), Notes{"Pump: SmartGuard exit"});
}

TEST(SensorStart, IsTheFirstCodeAfterHalfAnHourWithoutIt) {
    HistoryBuilder builder;
    builder.at(0s).glucose(0x0301).at(30min).glucose(0x0301).at(60min + 1s).glucose(0x0301);
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector<json>{{{"eventType", "Sensor Start"}}, {{"eventType", "Sensor Start"}}}));
    EXPECT_EQ(map(builder.notFromBeginning(), test::settings()).size(), 1U);
    auto settings = test::settings();
    settings.sensorStart = false;
    EXPECT_TRUE(map(builder.run(), settings).empty());
}

TEST(BatteryChange, IsTheClearedAlertAndOneInTwoHours) {
    HistoryBuilder builder;
    builder.at(0s).cleared(84, 1).at(1h).cleared(84, 2).at(2h).cleared(104, 3).at(3h + 1s).cleared(84, 4);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].eventType, "Pump Battery Change");
    EXPECT_EQ(documents[0].kind, Kind::Battery);
    EXPECT_EQ(documents[1].sequenceNumber, 5003U);
}

TEST(Limits, AreNotedOnRequestWhenTheyChange) {
    HistoryBuilder builder;
    const auto change = [&](int from, int to) {
        builder.add(history::EventType::MaxBolusAmountChanged,
                    history::MaxBolusAmountChanged{test::units(from), test::units(to)});
    };
    change(15000, 15000);
    change(15000, 12500);
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    auto settings = test::settings();
    settings.limitNotes = true;
    EXPECT_EQ(notes(builder.run(), settings), Notes{"Max bolus 15 to 12.5 U"});
}

TEST(Clock, IsNotedOnRequestWhenItIsSetOrLost) {
    const auto run = test::runFromHex(
        "0ef0a0860100100e3cea07030e091a00\n"  // 09:26
        "0ef0a1860100100e33ea07030e0b1a00\n"  // an hour later it says 11:26
        "0ef0a2860100100e33ea07030e0c1a05\n", // and then five seconds more than an hour
        1h);
    EXPECT_TRUE(map(run, test::settings()).empty());
    auto settings = test::settings();
    settings.clockNotes = true;
    EXPECT_EQ(notes(run, settings), Notes{"Pump clock set +1:00 h"});

    HistoryBuilder lost;
    lost.add(history::EventType::NgpReferenceTime,
             history::NgpReferenceTime{history::RecordingReason::DateTimeLoss, {2024, 1, 1, 0, 0, 0}});
    EXPECT_EQ(notes(lost.run(), settings), Notes{"Pump lost date and time"});
}

} // namespace
} // namespace nightscout
