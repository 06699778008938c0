// SPDX-License-Identifier: MIT
// Alarms, alerts, messages (docs/nightscout/mapping.md 8.12, 15).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <regex>

#include "history_builder.hpp"
#include "nightscout/documents/fault.hpp"
#include "project_file.hpp"

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

/// The rows of docs/nightscout/mapping.md 15: "| 2, 3, 13–20 | hex | A | text |".
TEST(Fault, HasTheClassOfTheReference) {
    const std::map<char, FaultClass> classes{{'A', FaultClass::Alarm},   {'W', FaultClass::Warning},
                                             {'G', FaultClass::Glucose}, {'S', FaultClass::Sensor},
                                             {'M', FaultClass::Message}, {'R', FaultClass::Reminder}};
    std::ifstream page(support::projectFile("docs/nightscout/mapping.md"));
    ASSERT_TRUE(page);
    const std::regex row(R"(\| ([0-9, -]+) \| [0-9a-f -]*\| ([AWGSMR]) \| .*)");
    const std::regex range("([0-9]+)(-([0-9]+))?");
    int ids = 0;
    for (std::string line; std::getline(page, line);) {
        for (auto dash = line.find("–"); dash != std::string::npos; dash = line.find("–")) {
            line.replace(dash, std::strlen("–"), "-");
        }
        std::smatch columns;
        if (!std::regex_match(line, columns, row)) continue;
        const std::string list = columns[1];
        for (std::sregex_iterator each(list.begin(), list.end(), range), end; each != end; ++each) {
            const int first = std::stoi((*each)[1]);
            const int last = (*each)[3].matched ? std::stoi((*each)[3]) : first;
            for (int id = first; id <= last; ++id, ++ids) {
                EXPECT_EQ(faultClass(static_cast<std::uint16_t>(id)), classes.at(columns[2].str()[0])) << id;
            }
        }
    }
    EXPECT_GT(ids, 130);
}

TEST(Fault, ThatStopsDeliveryOrKeepsItFromStartingIsAnAlarm) {
    for (unsigned id = 1; id < 0x1000; ++id) {
        const auto fault = static_cast<std::uint16_t>(id);
        const std::string text = textOf(fault);
        const bool stops = text.find("delivery stopped") != std::string::npos ||
                           text.find("delivery cannot start") != std::string::npos;
        if (stops) {
            EXPECT_EQ(faultClass(fault), FaultClass::Alarm) << text;
        }
    }
    constexpr std::array<std::uint16_t, 5> kNoDelivery{57, 58, 66, 69, 84};
    for (const auto fault : kNoDelivery) EXPECT_EQ(faultClass(fault), FaultClass::Alarm);
    EXPECT_EQ(textOf(84), "delivery stopped: insert a new battery now");
}

TEST(Annunciation, OfAnAlarmIsAnAnnouncementThatTheSitePushes) {
    HistoryBuilder builder;
    builder.annunciation(7, 1, Bytes{1, 0});
    const auto body = test::bodies(map(builder.run(), test::settings())).at(0);
    EXPECT_EQ(body.at("eventType"), "Announcement");
    EXPECT_EQ(body.at("isAnnouncement"), true);
    EXPECT_EQ(body.at("enteredBy"), "minimed-780g");
    EXPECT_EQ(body.at("notes"), "Pump alarm 7: insulin flow blocked");
    EXPECT_EQ(body.at("fault"), 7);
}

TEST(Annunciation, OfAWarningIsANote) {
    HistoryBuilder builder;
    builder.annunciation(105, 1, Bytes{0x14, 0, 0, 0});
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector<json>{
                  {{"eventType", "Note"}, {"notes", "Pump: reservoir low, 20 U left"}, {"fault", 105}}}));
}

TEST(Annunciation, OfTheSensorNeedsTheFeatureForIt) {
    HistoryBuilder builder;
    builder.annunciation(802, 1, Bytes{0x44, 0}).annunciation(780, 2);
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    const auto documents = map(builder.run(), everything());
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].feature, Feature::CgmAlerts);
}

TEST(Annunciation, IsAnnouncedAsTheUserAsks) {
    HistoryBuilder builder;
    builder.annunciation(7, 1).annunciation(104, 2).annunciation(108, 3, Bytes{3, 0}).annunciation(103, 4);
    auto settings = test::settings();
    settings.announce = {{FaultClass::Warning}, {108}};
    const auto all = test::ownFields(builder.run(), settings);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].at("eventType"), "Note");
    EXPECT_EQ(all[1].at("eventType"), "Announcement");
    EXPECT_EQ(all[2].at("notes"), "Pump: personal reminder 3");
}

TEST(Annunciation, IsToldOnceForAnInstance) {
    HistoryBuilder builder;
    builder.annunciation(104, 9).at(10min).annunciation(104, 9).cleared(104, 9).annunciation(104, 10);
    EXPECT_EQ(map(builder.run(), test::settings()).size(), 2U);
}

TEST(Fault, IsTheMoreUrgentTheLessThePumpDelivers) {
    EXPECT_EQ(urgency(24), Urgency::Emergency);
    EXPECT_EQ(urgency(812), Urgency::Emergency);
    EXPECT_EQ(urgency(827), Urgency::Emergency);
    EXPECT_EQ(urgency(84), Urgency::DeliveryStopped);
    EXPECT_EQ(urgency(7), Urgency::DeliveryStopped);
    EXPECT_EQ(urgency(51), Urgency::Alarm);
    EXPECT_EQ(urgency(105), Urgency::Other);
}

std::vector<std::string> notesByTime(std::vector<Document> documents) {
    std::ranges::sort(documents, {}, &Document::time);
    std::vector<std::string> notes;
    for (const auto& body : test::bodies(documents)) notes.push_back(body.at("notes"));
    return notes;
}

TEST(Annunciation, ThatIsLessUrgentStepsBackBehindOneThatCameAMinuteBefore) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(7, 1).at(60s).annunciation(51, 2).annunciation(24, 3).annunciation(104, 4);
    EXPECT_EQ(notesByTime(map(builder.run(), test::settings())),
              (std::vector<std::string>{"Pump alarm 51: bolus stopped", "Pump alarm 7: insulin flow blocked",
                                        "Pump alarm 24: critical pump error 24, do not use the pump",
                                        "Pump: pump battery low"}));
    EXPECT_EQ(map(builder.run(), test::settings())[1].time, test::kStart - 1s + 1ms);
    HistoryBuilder later;
    later.at(0s).annunciation(7, 1).at(61s).annunciation(51, 2);
    EXPECT_EQ(map(later.run(), test::settings())[1].time, test::kStart + 61s + 1ms);
}

std::vector<Document> announcements(const HistoryBuilder& builder) {
    auto documents = map(builder.run(), test::settings());
    std::erase_if(documents, [](const Document& one) { return one.eventType != "Announcement"; });
    return documents;
}

TEST(Annunciation, StillActiveOnReconnectIsAnnouncedAgain) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(7, 1).at(10min - 1s).shows(7, 1);
    EXPECT_EQ(announcements(builder).size(), 1U); // its own announcement is pushed yet

    HistoryBuilder late;
    late.at(0s).annunciation(7, 1).at(10min).shows(7, 1).at(1h).shows(7, 1);
    const auto documents = announcements(late);
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].time, test::kStart);
    EXPECT_EQ(documents[1].time, test::kStart + 10min);
    EXPECT_NE(documents[1].identifier, documents[0].identifier);
    const auto body = json::parse(documents[1].body);
    EXPECT_EQ(body.at("notes"), "Pump alarm 7: insulin flow blocked (still active)");
    EXPECT_EQ(body.at("isAnnouncement"), true);
    EXPECT_EQ(body.at("enteredBy"), "minimed-780g");
}

TEST(Annunciation, StillActiveIsAnnouncedAgainOnlyForItsOwnInstance) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(7, 1).annunciation(104, 3).at(1h).shows(7, 2).shows(8, 1).shows(104, 3);
    EXPECT_EQ(announcements(builder).size(), 1U);
    HistoryBuilder seen; // when it began
    seen.at(0s).annunciation(7, 1).at(5s).shows(7, 1).at(1h).shows(0, 0).at(2h).shows(7, 1);
    EXPECT_EQ(announcements(seen).size(), 1U);
}

TEST(Annunciation, HiddenByALaterLessUrgentOneIsAnnouncedAgain) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(7, 1).at(3min).annunciation(51, 2).at(5min).shows(7, 1);
    const auto documents = announcements(builder);
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_EQ(notesByTime(documents).back(), "Pump alarm 7: insulin flow blocked (still active)");
    HistoryBuilder alone;
    alone.at(0s).annunciation(7, 1).at(3min).annunciation(24, 2).at(5min).shows(7, 1);
    EXPECT_EQ(announcements(alone).size(), 2U);
}

TEST(Annunciation, OfNoFaultOrOfTheSpecificationGivesNothing) {
    HistoryBuilder builder;
    builder.annunciation(0, 1).annunciation(7, 2);
    auto run = builder.run();
    std::get<history::AnnunciationConsolidated>(run.records[1].record->data).annunciationType = 0x003c;
    EXPECT_TRUE(map(run, test::settings()).empty());
}

TEST(Message, IsNotToldNextToTheRecordOfTheSameFact) {
    HistoryBuilder builder;
    builder.at(1s).annunciation(820, 1).at(200s);
    builder.transition(history::Cl1TransitionKind::OutHighSg).at(302s).tick();
    EXPECT_EQ(test::ownFields(builder.run()),
              (std::vector<json>{{{"eventType", "Note"}, {"notes", "SmartGuard off: high sensor glucose"}}}));
}

TEST(Message, IsToldFiveMinutesLaterWhenNothingElseTellsIt) {
    HistoryBuilder builder;
    builder.at(0s).annunciation(825, 1).annunciation(821, 2).at(300s).tick();
    EXPECT_EQ(test::ownFields(builder.run()).size(), 1U); // BG required: needs action, never held back
    builder.at(301s).tick();
    EXPECT_EQ(test::ownFields(builder.run()).at(0).at("notes"), "Pump: SmartGuard started");
}

} // namespace
} // namespace nightscout
