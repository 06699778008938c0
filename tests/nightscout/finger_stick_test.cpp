// SPDX-License-Identifier: MIT
// Finger sticks and calibrations (docs/nightscout/mapping.md 8.11).
#include <gtest/gtest.h>

#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using nlohmann::json;
using test::HistoryBuilder;

json bgCheck(int glucose) {
    return {{"eventType", "BG Check"}, {"glucose", glucose}, {"glucoseType", "Finger"}, {"units", "mg/dl"}};
}

json bgCheck(int glucose, const char* notes) {
    json body = bgCheck(glucose);
    body["notes"] = notes;
    return body;
}

TEST(FingerStick, BecomesABgCheck) {
    HistoryBuilder builder;
    builder.at(10s).bgReading(122);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].kind, Kind::Bg);
    EXPECT_EQ(documents[0].feature, Feature::PumpEvents);
    EXPECT_EQ(test::ownFields(builder.run()), (std::vector{bgCheck(122)}));
}

TEST(FingerStick, IsInTheUnitsOfTheSite) {
    HistoryBuilder builder;
    builder.at(0s).bgReading(122).at(12s).calibration(122).at(1h).calibration(90);
    auto settings = test::settings();
    settings.units = GlucoseUnits::MillimolesPerLitre;
    const auto bodies = test::ownFields(builder.run(), settings);
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_EQ(bodies[0].at("glucose").dump(), "6.8");
    EXPECT_EQ(bodies[0].at("units"), "mmol");
    EXPECT_EQ(bodies[1].at("glucose").dump(), "5.0");
    EXPECT_EQ(bodies[1].at("units"), "mmol");
}

TEST(FingerStick, HasTheIdentityAndInstantOfThePublishedVector) {
    const auto run = test::runFromHex(
        "0ef0a0860100100e3cea07030e091a00\n"
        "07f0e6860100220c34007ab0\n"
        "08f0e98601002e0c34007ab0\n",
        1h);
    const auto bodies = test::bodies(map(run, test::settings()));
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(bodies[0].at("identifier"), "8f44d61c-46c8-5076-b25a-8a4d2434838e");
    EXPECT_EQ(bodies[0].at("created_at"), "2026-03-14T09:17:46.070Z");
    EXPECT_EQ(bodies[0].at("notes"), "Calibration accepted");
    EXPECT_TRUE(bodies[0].at("glucose").is_number_integer());
}

TEST(FingerStick, IsOneDocumentWithItsCalibration) {
    HistoryBuilder builder;
    builder.at(0s).bgReading(122).at(12s).calibration(122);
    builder.at(20min).bgReading(305).at(20min + 12s).calibration(305, false);
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector{bgCheck(122, "Calibration accepted"), bgCheck(305, "Calibration rejected")}));
}

TEST(FingerStick, IsJoinedAcrossAReferenceBetweenTheRecords) {
    HistoryBuilder builder;
    builder.at(0s).bgReading(122);
    builder.at(10s).add(history::EventType::NgpReferenceTime, history::NgpReferenceTime{});
    builder.at(12s).calibration(122);
    EXPECT_EQ(test::ownFields(builder.run()), (std::vector{bgCheck(122, "Calibration accepted")}));
}

TEST(FingerStick, IsNotJoinedWithAnotherValueOrAnotherTime) {
    HistoryBuilder builder;
    builder.at(0s).bgReading(122).at(12s).calibration(123);
    builder.at(20min).bgReading(150).at(25min + 1s).calibration(150);
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector{bgCheck(122), bgCheck(123, "Calibration accepted"), bgCheck(150),
                           bgCheck(150, "Calibration accepted")}));
}

TEST(FingerStick, IsTakenFromACalibrationWithoutAReading) {
    HistoryBuilder builder;
    builder.at(0s).tick().at(10min).calibration(140);
    EXPECT_EQ(test::ownFields(builder.run()), (std::vector{bgCheck(140, "Calibration accepted")}));
    EXPECT_EQ(test::ownFields(builder.notFromBeginning()).size(), 1U);
}

TEST(FingerStick, WaitsForOlderRecordsBeforeACalibrationCountsAsAlone) {
    HistoryBuilder builder;
    builder.at(0s).tick().at(4min).calibration(140);
    EXPECT_TRUE(map(builder.notFromBeginning(), test::settings()).empty());
}

TEST(FingerStick, BecomesANoteWhenOnlyARejectedCalibrationIsThere) {
    HistoryBuilder builder;
    builder.at(0s).calibration(305, false);
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector<json>{{{"eventType", "Note"}, {"notes", "Calibration rejected: 305 mg/dL"}}}));
}

TEST(FingerStick, WithoutAValueBecomesNothing) {
    HistoryBuilder builder;
    builder.add(history::EventType::BgReading, history::BgReading{0, protocol::MedFloat::fromSfloat(0x07ff)});
    builder.bgReading(0);
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
}

} // namespace
} // namespace nightscout
