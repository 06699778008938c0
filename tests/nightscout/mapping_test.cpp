// SPDX-License-Identifier: MIT
// What holds for every document of the mapping (docs/nightscout/mapping.md 6.2, 12, 16).
#include "nightscout/documents/mapping.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "eventful_history.hpp"
#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using nlohmann::json;
using test::HistoryBuilder;

TEST(WorkedExample, GivesTheReferencesBodies) {
    const auto run = test::runFromHex(test::readData("worked_example.hex"), 1h);
    const auto documents = map(run, test::settings());
    ASSERT_EQ(documents.size(), 4U);
    EXPECT_EQ(json::parse(documents[0].body), json::parse(R"({
        "type":"sgv","sgv":142,"direction":"NOT COMPUTABLE","date":1773476940000,
        "dateString":"2026-03-14T08:29:00.000Z","device":"minimed-780g://780G",
        "identifier":"b7156343-a005-563f-90fe-82f26a1c98af","pumpId":100010})"));
    EXPECT_EQ(json::parse(documents[1].body), json::parse(R"({
        "eventType":"Temp Basal","created_at":"2026-03-14T08:29:11.022Z","duration":7,"absolute":3.6,
        "rate":3.6,"temp":"absolute","automatic":true,"reason":"SmartGuard","microbolus":0.3,
        "enteredBy":"openaps://minimed-780g","device":"minimed-780g://780G","pumpType":"MINIMED_780G",
        "pumpId":100022,"identifier":"d7adf161-ec8a-5769-9f98-b37ade94d5b5",
        "syncIdentifier":"d7adf161-ec8a-5769-9f98-b37ade94d5b5"})"));
    // The records between are not there in the reference; a history without missing numbers has a gap.
    EXPECT_EQ(documents[2].identifier, "bae9cfb5-eb6c-5c93-9151-dffe67d8a752");
    EXPECT_EQ(toIso(documents[2].time), "2026-03-14T08:34:11.022Z");
    EXPECT_EQ(json::parse(documents[3].body), json::parse(R"({
        "eventType":"Meal Bolus","created_at":"2026-03-14T08:46:04.033Z","insulin":11.2,"carbs":45,
        "programmed":11.2,"type":"normal","activation":"recommended",
        "enteredBy":"openaps://minimed-780g","device":"minimed-780g://780G","pumpType":"MINIMED_780G",
        "pumpId":100033,"identifier":"7ace3e6f-6a69-56a8-bc15-2b0d6208627c",
        "syncIdentifier":"7ace3e6f-6a69-56a8-bc15-2b0d6208627c"})"));
    EXPECT_EQ(documents[3].supersedes, "58ffcab3-94cf-5261-9f44-5c0dde660431");
}

TEST(WorkedExample, IsWrittenWithSortedKeysAndShortestNumbers) {
    const auto run = test::runFromHex(test::readData("worked_example.hex"), 1h);
    EXPECT_EQ(map(run, test::settings(), 100033, 100033).at(0).body,
              R"({"activation":"recommended","carbs":45,"created_at":"2026-03-14T08:46:04.033Z",)"
              R"("device":"minimed-780g://780G","enteredBy":"openaps://minimed-780g",)"
              R"("eventType":"Meal Bolus","identifier":"7ace3e6f-6a69-56a8-bc15-2b0d6208627c",)"
              R"("insulin":11.2,"programmed":11.2,"pumpId":100033,"pumpType":"MINIMED_780G",)"
              R"("syncIdentifier":"7ace3e6f-6a69-56a8-bc15-2b0d6208627c","type":"normal"})");
}

TEST(WorkedExample, MakesACarbCorrectionOfTheMealAlone) {
    const auto run = test::runFromHex(
        "0ef0a0860100100e3cea07030e091a00\n"
        "05f0be860100b4042d00\n"
        "5a00c5860100d305cb0033c0cf6af9000000000000\n",
        1h);
    const auto bodies = test::bodies(map(run, test::settings()));
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(bodies[0].at("identifier"), "58ffcab3-94cf-5261-9f44-5c0dde660431");
    EXPECT_EQ(bodies[0].at("created_at"), "2026-03-14T08:46:04.030Z");
}

/// docs/nightscout/mapping.md 6.3: kind, created_at, identifier.
TEST(Identity, ComesOutOfTheMappingAsPublished) {
    const auto run = test::runFromHex(test::readData("identity_records.hex"), 1h);
    std::set<std::string> made;
    for (const auto& document : map(run, test::settings())) {
        made.insert(std::string(name(document.kind)) + " " + toIso(document.time) + " " +
                    document.identifier);
    }
    for (const char* expected : {"autobasal 2026-03-14T08:29:11.022Z d7adf161-ec8a-5769-9f98-b37ade94d5b5",
                                 "gap 2026-03-14T08:34:11.022Z bae9cfb5-eb6c-5c93-9151-dffe67d8a752",
                                 "suspend 2026-03-14T08:38:30.060Z 5772e57f-db53-511a-9e93-5841c11b41bb",
                                 "basal 2026-03-14T08:41:05.065Z 71f57287-8734-5d3d-8aab-78a9c8047f65",
                                 "note 2026-03-14T08:42:42.069Z 937107db-bcee-5500-a3c3-35f0e18c7e43",
                                 "basal 2026-03-14T08:43:55.051Z b9f93816-512f-5f16-9fe5-f27f83ac1033",
                                 "alarm 2026-03-14T09:02:00.103Z 93b7f557-8356-5d30-aeb7-485df7cc15b9"}) {
        EXPECT_TRUE(made.contains(expected)) << expected;
    }
}

TEST(Mapping, GivesOnlyDocumentsOfTheAskedRange) {
    HistoryBuilder builder(10);
    builder.glucose(100).glucose(101).glucose(102).glucose(103);
    const auto documents = map(builder.run(), test::settings(), 11, 12);
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].sequenceNumber, 11U);
    EXPECT_EQ(documents[1].sequenceNumber, 12U);
    EXPECT_TRUE(map(builder.run(), test::settings(), 14).empty());
    EXPECT_TRUE(map(therapy::HistoryRun{}, test::settings()).empty());
}

TEST(Mapping, SwitchesDocumentsByFeature) {
    const auto history = test::eventfulHistory(1, 24h);
    for (const auto feature :
         {Feature::Cgm, Feature::Bolus, Feature::Basal, Feature::PumpEvents, Feature::CgmAlerts}) {
        auto settings = test::settings();
        settings.features = {feature};
        const auto documents = map(history, settings);
        EXPECT_FALSE(documents.empty()) << name(feature);
        for (const auto& document : documents) EXPECT_EQ(document.feature, feature);
    }
}

TEST(Mapping, LetsUndecodedAndUndatedRecordsKeepTheirPlaces) {
    auto history = test::eventfulHistory(2, 24h);
    for (std::size_t i = 0; i < history.records.size(); ++i) {
        if (i % 5 == 0) history.records[i].record.reset();
        if (i % 7 == 0) history.records[i].time.reset();
        if (i % 11 == 0) history.records[i].sampleTime.reset();
    }
    EXPECT_FALSE(map(history, test::settings()).empty());
    for (auto& record : history.records) record.time.reset(), record.sampleTime.reset();
    EXPECT_TRUE(map(history, test::settings()).empty());
    for (auto& record : history.records) record.record.reset();
    EXPECT_TRUE(map(history, test::settings()).empty());
}

TEST(Mapping, DoesNotTakeTheNextRecordForASecondPartOfAnotherSecond) {
    HistoryBuilder builder;
    builder.at(0s).programmed(1, 1000, history::BolusActivation::Commanded);
    builder.delivered(1, 1000);
    auto run = builder.run();
    run.records[1].record->header.relativeOffset = 1;
    EXPECT_EQ(test::ownFields(run).at(0).at("eventType"), "Correction Bolus");
}

TEST(Mapping, ShowsTheAliasAndNeverTheSerial) {
    auto settings = test::settings();
    settings.alias = "mine";
    for (const auto& document : map(test::eventfulHistory(3, 24h), settings)) {
        EXPECT_EQ(json::parse(document.body).at("device"), "minimed-780g://mine");
        EXPECT_EQ(document.body.find("NG1234567H"), std::string::npos);
    }
}

class EveryDocument : public testing::Test {
protected:
    std::vector<Document> documents_ = [] {
        auto documents = map(test::eventfulHistory(4, 48h), test::settings());
        auto more = map(test::everyEvent(), test::settings());
        documents.insert(documents.end(), more.begin(), more.end());
        return documents;
    }();
};

TEST_F(EveryDocument, IsOfSomeTypeThatTheSiteKnows) {
    std::set<std::string> types;
    for (const auto& document : documents_) types.insert(document.eventType);
    EXPECT_EQ(types, (std::set<std::string>{"sgv", "Meal Bolus", "Correction Bolus", "Carb Correction", "SMB",
                                            "Combo Bolus", "Note", "BG Check", "Temp Basal", "Announcement",
                                            "Insulin Change", "Site Change", "Pump Battery Change",
                                            "Sensor Start"}));
}

TEST_F(EveryDocument, HasAnIdentityOfItsOwn) {
    std::set<std::string> identifiers;
    for (const auto& document : documents_) {
        EXPECT_TRUE(identifiers.insert(document.identifier).second) << document.body;
        EXPECT_EQ(json::parse(document.body).at("identifier"), document.identifier);
    }
}

TEST_F(EveryDocument, HasTheFieldsOfItsCollection) {
    for (const auto& document : documents_) {
        const auto body = json::parse(document.body);
        EXPECT_EQ(body.at("pumpId"), document.sequenceNumber);
        EXPECT_EQ(body.at("device"), "minimed-780g://780G");
        if (document.collection == Collection::Entries) {
            EXPECT_TRUE(body.at("sgv").is_number_integer());
            EXPECT_TRUE(body.at("date").is_number_integer());
            EXPECT_EQ(body.at("date"), document.time.time_since_epoch().count());
            EXPECT_EQ(body.at("date").get<std::int64_t>() % 1000, 0);
            continue;
        }
        EXPECT_EQ(body.at("eventType"), document.eventType);
        EXPECT_EQ(body.at("created_at"), toIso(document.time));
        EXPECT_EQ(document.time.time_since_epoch().count() % 1000, document.sequenceNumber % 1000);
        const bool announcement = document.eventType == "Announcement";
        EXPECT_EQ(body.at("enteredBy"), announcement ? "minimed-780g" : "openaps://minimed-780g");
        EXPECT_EQ(body.contains("isAnnouncement"), announcement);
        EXPECT_EQ(body.at("pumpType"), "MINIMED_780G");
        EXPECT_EQ(body.at("syncIdentifier"), document.identifier);
    }
}

TEST_F(EveryDocument, HoldsNothingThatTheServerWouldMangle) {
    const std::regex iso(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
    for (const auto& document : documents_) {
        const auto body = json::parse(document.body);
        for (const auto& [key, value] : body.items()) {
            for (const char* forbidden : {"_id", "mills", "eventTime", "utcOffset", "secret", "token"}) {
                EXPECT_NE(key, forbidden);
            }
            EXPECT_FALSE(document.collection == Collection::Treatments && key == "date");
            EXPECT_EQ(key.find_first_of("$."), std::string::npos);
            EXPECT_FALSE(value.is_null() || value.is_structured()) << document.body;
            if (value.is_string()) {
                EXPECT_FALSE(value.get<std::string>().empty()) << document.body;
                EXPECT_EQ(value.get<std::string>().find_first_of("<>"), std::string::npos) << document.body;
            }
            for (const char* numeric :
                 {"insulin", "carbs", "duration", "relative", "programmed", "glucose"}) {
                EXPECT_TRUE(key != numeric || value.is_number()) << document.body;
            }
            if (key == "created_at" || key == "dateString") {
                EXPECT_TRUE(std::regex_match(value.get<std::string>(), iso));
            }
        }
    }
}

TEST_F(EveryDocument, HasAKeyOfItsOwnOnOldServers) {
    std::set<std::pair<UtcMilliseconds, std::string>> keys;
    for (const auto& document : documents_) {
        if (document.collection != Collection::Treatments) continue;
        EXPECT_TRUE(keys.emplace(document.time, document.eventType).second) << document.body;
    }
}

} // namespace
} // namespace nightscout
