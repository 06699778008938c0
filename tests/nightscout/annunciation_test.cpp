// SPDX-License-Identifier: MIT
// Alarms, alerts, messages (docs/nightscout/mapping.md 8.12, 15).
#include <gtest/gtest.h>

#include "history_builder.hpp"
#include "nightscout/documents/fault.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using nlohmann::json;
using protocol::Bytes;
using test::HistoryBuilder;

MappingSettings everything() {
    auto settings = test::settings();
    settings.features.insert(Feature::CgmAlerts);
    return settings;
}

std::string textOf(std::uint16_t fault, const Bytes& aux = {}) {
    return faultText(fault, aux, GlucoseUnits::MilligramsPerDecilitre);
}

TEST(Fault, HasATextWithItsValue) {
    EXPECT_EQ(textOf(7, {1, 0}), "insulin flow blocked");
    EXPECT_EQ(textOf(51, {0x70, 0, 0, 0xff, 0xdb, 0x01, 0, 0xfe}), "bolus stopped: 4.75 of 11.2 U");
    EXPECT_EQ(textOf(71, {0x14, 0, 0, 0}), "maximum fill reached, 20 U");
    EXPECT_EQ(textOf(105, {0x14, 0, 0, 0}), "reservoir low, 20 U left");
    EXPECT_EQ(textOf(106, {8, 30}), "reservoir low, 8:30 h left");
    EXPECT_EQ(textOf(108, {3, 0}), "personal reminder 3");
    EXPECT_EQ(textOf(109, {3, 0}), "set change due, 3 days");
    EXPECT_EQ(textOf(802, {0x44, 0}), "low, 68 mg/dL");
    EXPECT_EQ(textOf(803, {0x3d, 0, 12, 9}), "low while suspended, 61 mg/dL");
    EXPECT_EQ(textOf(869, {5, 9}), "calibrate by 09:05");
    EXPECT_EQ(faultText(816, Bytes{0x2c, 0x01}, GlucoseUnits::MillimolesPerLitre), "high, 16.7 mmol/L");
}

TEST(Fault, IsToldWithoutAValueThatCannotBeRead) {
    EXPECT_EQ(textOf(105), "reservoir low");
    EXPECT_EQ(textOf(105, {1, 2}), "reservoir low");
    EXPECT_EQ(textOf(802, {0xff, 0x07}), "low"); // NaN
    EXPECT_EQ(textOf(51, {1, 2, 3, 4}), "bolus stopped");
}

TEST(Fault, HasAClassAlsoWhenUnknown) {
    EXPECT_EQ(faultClass(0), std::nullopt);
    EXPECT_EQ(faultClass(20), FaultClass::Alarm);
    EXPECT_EQ(faultClass(21), FaultClass::Warning);
    EXPECT_EQ(textOf(21), "pump message 21");
    EXPECT_EQ(textOf(20), "pump error 20, delivery stopped");
    EXPECT_EQ(faultClass(0x2ff), FaultClass::Warning);
    EXPECT_EQ(faultClass(0x300), FaultClass::Sensor);
    EXPECT_EQ(textOf(0xfff), "sensor message 4095");
    for (unsigned id = 1; id < 0x1000; ++id) {
        EXPECT_TRUE(faultClass(static_cast<std::uint16_t>(id)));
        EXPECT_EQ(textOf(static_cast<std::uint16_t>(id)).find_first_of("<>#"), std::string::npos);
    }
}

TEST(Annunciation, OfAnAlarmIsAnAnnouncementThatTheSitePushes) {
    HistoryBuilder builder;
    builder.annunciation(7, 1, Bytes{1, 0});
    const auto body = test::bodies(map(builder.stretch(), test::settings())).at(0);
    EXPECT_EQ(body.at("eventType"), "Announcement");
    EXPECT_EQ(body.at("isAnnouncement"), true);
    EXPECT_EQ(body.at("enteredBy"), "minimed-780g");
    EXPECT_EQ(body.at("notes"), "Pump alarm 7: insulin flow blocked");
    EXPECT_EQ(body.at("fault"), 7);
}

TEST(Annunciation, OfAWarningIsANote) {
    HistoryBuilder builder;
    builder.annunciation(105, 1, Bytes{0x14, 0, 0, 0});
    EXPECT_EQ(test::ownFields(builder.stretch()),
              (std::vector<json>{
                  {{"eventType", "Note"}, {"notes", "Pump: reservoir low, 20 U left"}, {"fault", 105}}}));
}

TEST(Annunciation, OfTheSensorNeedsTheFeatureForIt) {
    HistoryBuilder builder;
    builder.annunciation(802, 1, Bytes{0x44, 0}).annunciation(780, 2);
    EXPECT_TRUE(map(builder.stretch(), test::settings()).empty());
    const auto documents = map(builder.stretch(), everything());
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].feature, Feature::CgmAlerts);
}

TEST(Annunciation, IsAnnouncedAsTheUserAsks) {
    HistoryBuilder builder;
    builder.annunciation(7, 1).annunciation(104, 2).annunciation(108, 3, Bytes{3, 0}).annunciation(103, 4);
    auto settings = test::settings();
    settings.announce = {{FaultClass::Warning}, {108}};
    const auto all = test::ownFields(builder.stretch(), settings);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].at("eventType"), "Note");
    EXPECT_EQ(all[1].at("eventType"), "Announcement");
    EXPECT_EQ(all[2].at("notes"), "Pump: personal reminder 3");
}

TEST(Annunciation, IsToldOnceForAnInstance) {
    HistoryBuilder builder;
    builder.annunciation(104, 9).at(10min).annunciation(104, 9).cleared(104, 9).annunciation(104, 10);
    EXPECT_EQ(map(builder.stretch(), test::settings()).size(), 2U);
}

TEST(Annunciation, OfNoFaultOrOfTheSpecificationGivesNothing) {
    HistoryBuilder builder;
    builder.annunciation(0, 1).annunciation(7, 2);
    auto stretch = builder.stretch();
    std::get<history::AnnunciationConsolidated>(stretch.records[1].record->data).annunciationType = 0x003c;
    EXPECT_TRUE(map(stretch, test::settings()).empty());
}

TEST(Message, IsNotToldNextToTheRecordOfTheSameFact) {
    HistoryBuilder builder;
    builder.at(1s).annunciation(820, 1).at(200s);
    builder.transition(history::Cl1TransitionKind::OutHighSg).at(302s).tick();
    EXPECT_EQ(test::ownFields(builder.stretch()),
              (std::vector<json>{{{"eventType", "Note"}, {"notes", "SmartGuard off: high sensor glucose"}}}));
}

TEST(Message, IsToldFiveMinutesLaterWhenNothingElseTellsIt) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(825, 1).annunciation(821, 2).at(300s).tick();
    EXPECT_EQ(test::ownFields(builder.stretch()).size(), 1U); // BG required: needs action, never held back
    builder.at(301s).tick();
    EXPECT_EQ(test::ownFields(builder.stretch()).at(0).at("notes"), "Pump: SmartGuard started");
}

} // namespace
} // namespace nightscout
