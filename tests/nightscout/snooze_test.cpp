// SPDX-License-Identifier: MIT
// The site's plugin treatmentnotify silences all glucose alarms for ten minutes after a treatment
// (docs/nightscout/mapping.md 2). No document that the pump makes by itself may do that.
#include <gtest/gtest.h>

#include <set>

#include "eventful_history.hpp"
#include "every_document.hpp"
#include "history_builder.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// Whether the plugin snoozes the alarms when this is the newest treatment, younger than ten minutes.
/// `includeBolusesOver` is the site's TREATMENTNOTIFY_INCLUDE_BOLUSES_OVER, units.
bool snoozesAlarms(const json& treatment, double includeBolusesOver = 0) {
    if (treatment.value("isAnnouncement", false)) return false;
    const auto eventType = treatment.value("eventType", std::string());
    const auto enteredBy = treatment.value("enteredBy", std::string());
    const bool byProgram = enteredBy.starts_with("openaps://") || enteredBy.starts_with("loop://");
    static const std::set<std::string> kByHand{"BG Check", "Meal Bolus", "Carb Correction",
                                               "Correction Bolus"};
    if (byProgram && !kByHand.contains(eventType)) return false;
    const bool bolus = eventType == "Meal Bolus" || eventType == "Correction Bolus";
    return !(bolus && treatment.contains("insulin") && treatment.at("insulin") < includeBolusesOver);
}

TEST(TreatmentNotify, BehavesAsVerifiedOnServers) {
    EXPECT_TRUE(snoozesAlarms({{"enteredBy", "Pump-X"}, {"eventType", "Temp Basal"}}));
    for (const char* type : {"Temp Basal", "SMB", "Combo Bolus", "Note", "Site Change"}) {
        EXPECT_FALSE(snoozesAlarms({{"enteredBy", "openaps://x"}, {"eventType", type}})) << type;
    }
    EXPECT_TRUE(snoozesAlarms({{"enteredBy", "openaps://x"}, {"eventType", "Correction Bolus"}}));
    EXPECT_FALSE(
        snoozesAlarms({{"enteredBy", "x"}, {"eventType", "Announcement"}, {"isAnnouncement", true}}));
    const json small{{"enteredBy", "openaps://x"}, {"eventType", "Correction Bolus"}, {"insulin", 0.7}};
    EXPECT_TRUE(snoozesAlarms(small));
    EXPECT_FALSE(snoozesAlarms(small, 1.5));
}

/// What a person has done at the pump.
bool byHand(const json& treatment) {
    static const std::set<std::string> kTypes{"BG Check", "Meal Bolus", "Carb Correction",
                                              "Correction Bolus"};
    return kTypes.contains(treatment.at("eventType").get<std::string>()) && !treatment.contains("automatic");
}

void expectAudible(const std::vector<Document>& documents) {
    for (const auto& document : documents) {
        if (document.collection != Collection::Treatments) continue;
        const auto body = json::parse(document.body);
        EXPECT_EQ(snoozesAlarms(body), byHand(body)) << document.body;
    }
}

void expectAudible(const therapy::HistoryRun& history, const MappingSettings& settings) {
    expectAudible(map(history, settings));
}

TEST(Alarms, AreSilencedOnlyByWhatThePersonDoes) {
    expectAudible(test::eventfulHistory(5, 48h), test::settings());
    expectAudible(test::everyEvent(), test::settings());
}

TEST(Alarms, AreSilencedByNoOtherDocumentThatTheServiceCanProduce) {
    const auto documents = test::everyDocument(test::everything());
    expectAudible(documents);
    std::set<std::string> types;
    for (const auto& document : documents) {
        if (document.collection == Collection::Treatments) types.insert(document.eventType);
    }
    EXPECT_EQ(types, (std::set<std::string>{"Announcement", "BG Check", "Carb Correction", "Combo Bolus",
                                            "Correction Bolus", "Insulin Change", "Meal Bolus", "Note",
                                            "Pump Battery Change", "SMB", "Sensor Start", "Site Change",
                                            "Temp Basal", "Temporary Target"}));
}

TEST(Alarms, AreNotSilencedByAutoCorrectionsNamedComboBolus) {
    auto settings = test::settings();
    settings.autoCorrection = AutoCorrectionEventType::ComboBolus;
    expectAudible(test::eventfulHistory(5, 48h), settings);
}

TEST(Alarms, AreSilencedByAutoCorrectionsNamedCorrectionBolusWithoutAThreshold) {
    auto settings = test::settings();
    settings.autoCorrection = AutoCorrectionEventType::CorrectionBolus;
    int automatic = 0;
    for (const auto& body : test::bodies(map(test::eventfulHistory(5, 48h), settings))) {
        if (!body.contains("automatic") || !body.contains("insulin")) continue;
        ++automatic;
        EXPECT_TRUE(snoozesAlarms(body));
        EXPECT_FALSE(snoozesAlarms(body, 100));
    }
    EXPECT_GT(automatic, 0);
}

} // namespace
} // namespace nightscout
