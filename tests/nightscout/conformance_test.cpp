// SPDX-License-Identifier: MIT
// Conformance to the Nightscout interoperability specification, level "Uploader": one test for each row of
// docs/nightscout/api.md 14, named by it. What a row asks of documents is asked of every document that the
// service can produce; what it asks of the exchange, of an uploader at work on a scripted site.
#include <array>
#include <regex>
#include <set>

#include "every_document.hpp"
#include "nightscout/documents/profile.hpp"
#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using Json = nlohmann::json;

class InteropSpec : public ScriptedSiteTest {
protected:
    /// Bodies of one collection, of everything that can be produced.
    static const std::vector<Json>& all(Collection collection) {
        static const auto sorted = [] {
            std::array<std::vector<Json>, kCollections> bodies;
            for (const auto& document : test::everyDocument(test::everything())) {
                bodies.at(static_cast<std::size_t>(document.collection))
                    .push_back(Json::parse(document.body));
            }
            return bodies;
        }();
        const auto& bodies = sorted.at(static_cast<std::size_t>(collection));
        EXPECT_FALSE(bodies.empty());
        return bodies;
    }
    static const std::vector<Json>& entries() { return all(Collection::Entries); }
    static const std::vector<Json>& treatments() { return all(Collection::Treatments); }
    static const std::vector<Json>& statuses() { return all(Collection::DeviceStatus); }
    static std::vector<Json> profiles() {
        using namespace std::chrono_literals;
        ProfileSettings profile;
        profile.basal = {{0min, 0.85}, {6h, 1}};
        profile.carbRatio = {{0min, 9}};
        profile.sensitivity = {{0min, 45}};
        profile.targetLow = {{0min, 100}};
        profile.targetHigh = {{0min, 120}};
        const std::chrono::sys_days now = std::chrono::year(2026) / 3 / 14;
        return {Json::parse(planProfile(profile, "Europe/Berlin", {}, "", now).body)};
    }

    void uploadSome() {
        addTreatments(2);
        outbox_.add(entry(1));
        outbox_.add(deviceStatus(1));
        EXPECT_TRUE(drain());
        EXPECT_FALSE(site_.server.requests().empty());
    }
    static bool isUtc(const Json& time) {
        static const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
        return time.is_string() && std::regex_match(time.get<std::string>(), form);
    }
};

TEST_F(InteropSpec, Row2_1_EntriesHaveTheirRequiredFields) {
    for (const Json& entry : entries()) {
        for (const char* key : {"type", "sgv", "date", "dateString"})
            EXPECT_TRUE(entry.contains(key)) << entry;
    }
}

TEST_F(InteropSpec, Row2_1_TreatmentsHaveTheirRequiredFields) {
    for (const Json& treatment : treatments()) {
        for (const char* key : {"eventType", "created_at"}) EXPECT_TRUE(treatment.contains(key)) << treatment;
    }
}

TEST_F(InteropSpec, Row2_1_DeviceStatusesHaveTheirRequiredFields) {
    for (const Json& status : statuses()) {
        for (const char* key : {"device", "created_at"}) EXPECT_TRUE(status.contains(key)) << status;
    }
}

TEST_F(InteropSpec, Row2_1_ProfilesHaveTheirRequiredFields) {
    for (const Json& profile : profiles()) {
        for (const char* key : {"defaultProfile", "store", "startDate", "units"}) {
            EXPECT_TRUE(profile.contains(key)) << profile;
        }
        EXPECT_TRUE(profile.at("store").contains(profile.at("defaultProfile").get<std::string>()));
    }
}

TEST_F(InteropSpec, Row2_2_EntriesAreWholeMilligramsAndMilliseconds) {
    for (const Json& entry : entries()) {
        EXPECT_TRUE(entry.at("sgv").is_number_integer()) << entry;
        EXPECT_TRUE(entry.at("date").is_number_integer()) << entry;
        EXPECT_GT(entry.at("date"), 1'700'000'000'000) << "milliseconds, not seconds";
        EXPECT_TRUE(isUtc(entry.at("dateString"))) << entry;
        EXPECT_EQ(toIso(UtcMilliseconds(std::chrono::milliseconds(entry.at("date").get<std::int64_t>()))),
                  entry.at("dateString"));
    }
}

TEST_F(InteropSpec, Row2_3_AmountsAreNumbers) {
    static constexpr std::array kNumbers{"insulin",   "carbs",        "duration", "absolute",
                                         "rate",      "relative",     "glucose",  "percent",
                                         "targetTop", "targetBottom", "pumpId",   "programmed"};
    for (const Json& treatment : treatments()) {
        for (const char* key : kNumbers) {
            EXPECT_TRUE(!treatment.contains(key) || treatment.at(key).is_number()) << key << treatment;
        }
        for (const auto& [key, value] : treatment.items()) EXPECT_FALSE(value.is_null()) << key;
    }
}

TEST_F(InteropSpec, Row2_4_EventTypesAreStandardOrDeclared) {
    static const std::set<std::string> standard{
        "Correction Bolus", "Meal Bolus", "Carb Correction", "Temp Basal",  "Temporary Target",
        "Profile Switch",   "Note",       "Exercise",        "Site Change", "Sensor Start"};
    static const std::set<std::string> declared{"BG Check",       "Combo Bolus",         "Announcement",
                                                "Insulin Change", "Pump Battery Change", "SMB"};
    for (const Json& treatment : treatments()) {
        const auto type = treatment.at("eventType").get<std::string>();
        EXPECT_TRUE(standard.contains(type) || declared.contains(type)) << type;
    }
}

TEST_F(InteropSpec, Row2_5_WritesThePumpObjectAndNoLoopsStatus) {
    for (const Json& status : statuses()) {
        EXPECT_TRUE(status.at("pump").is_object());
        EXPECT_FALSE(status.contains("loop") || status.contains("openaps"));
    }
}

TEST_F(InteropSpec, Row3_1_SpeaksVersion1) {
    uploadSome();
    for (const auto& request : site_.server.requests()) {
        EXPECT_TRUE(request.target.starts_with("/api/v1/")) << request.target;
    }
}

TEST_F(InteropSpec, Row3_2_SendsJson) {
    uploadSome();
    for (const auto& request : site_.server.requests()) {
        if (request.body.empty()) continue;
        EXPECT_TRUE(request.headers.at("content-type").starts_with("application/json"));
        EXPECT_TRUE(Json::accept(request.body));
    }
}

TEST_F(InteropSpec, Row3_3_AsksForJson) {
    uploadSome();
    for (const auto& request : site_.server.requests()) {
        EXPECT_EQ(request.headers.at("accept"), "application/json");
        EXPECT_TRUE(request.method == "GET" || request.target.ends_with(".json")) << request.target;
    }
}

TEST_F(InteropSpec, Row4_1_SendsTheSecretHashedAndInTheHeader) {
    uploadSome();
    for (const auto& request : site_.server.requests()) {
        EXPECT_EQ(request.headers.at("api-secret"), secretHeader(kApiSecret));
        EXPECT_EQ(request.target.find("secret"), std::string::npos);
        EXPECT_EQ(request.target.find("token"), std::string::npos);
    }
}

TEST_F(InteropSpec, Row4_1_SendsATokenInTheHeader) {
    connectTo(site_.server.port(), "bridge-0123456789abcdef");
    uploadSome();
    for (const auto& request : site_.server.requests()) {
        EXPECT_EQ(request.headers.at("api-secret"), "bridge-0123456789abcdef");
    }
}

TEST_F(InteropSpec, Row4_2_NeedsNoRightToUpdateOrDelete) {
    site_.fault = [](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        if (request.method == "GET" || request.method == "POST") return std::nullopt;
        return give(401, R"({"status":401,"message":"Unauthorized"})");
    };
    addTreatments(2);
    EXPECT_TRUE(drain());
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
}

TEST_F(InteropSpec, Row5_1_IdentifiersAreUuidsOfVersion5) {
    static const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (const auto* bodies : {&entries(), &treatments()}) {
        for (const Json& body : *bodies) {
            EXPECT_TRUE(std::regex_match(body.at("identifier").get<std::string>(), form)) << body;
        }
    }
}

TEST_F(InteropSpec, Row5_2_KeysAreUniqueOnOldServersToo) {
    std::set<std::string> keys;
    const auto mapped = test::everyDocument(test::everything());
    for (const Document& document : mapped) {
        if (document.collection != Collection::Treatments) continue;
        const auto body = Json::parse(document.body);
        EXPECT_EQ(body.at("syncIdentifier"), body.at("identifier"));
        // The same event told again (a temporary target that was cancelled) is to meet itself.
        EXPECT_TRUE(keys.insert(body.at("created_at").get<std::string>() + document.eventType +
                                body.at("identifier").get<std::string>())
                        .second ||
                    document.eventType == "Temporary Target")
            << document.body;
    }
}

TEST_F(InteropSpec, Row5_3_ARepetitionHasTheSameBody) {
    bool lost = false;
    site_.fault = [&](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        if (request.method != "POST" || std::exchange(lost, true)) return std::nullopt;
        ScriptedAnswer cut;
        cut.fault = ScriptedAnswer::Fault::CutBeforeAnswer;
        return cut;
    };
    addTreatments(3);
    EXPECT_TRUE(drain());
    ASSERT_EQ(site_.requestsTo("/api/v1/treatments"), 2U);
    EXPECT_EQ(site_.server.requests().front().body, site_.server.requests().back().body);
}

TEST_F(InteropSpec, Row6_ReadsNothingInRealTime) {
    uploadSome();
    ASSERT_FALSE(site_.server.requests().empty());
    for (const auto& request : site_.server.requests()) {
        // Engine.IO's path, its polling and its upgrade are all outside of the REST API.
        EXPECT_TRUE(request.target.starts_with("/api/v1/")) << request.target;
        EXPECT_FALSE(request.headers.contains("upgrade")) << request.target;
    }
}

TEST_F(InteropSpec, Row7_1_1_TimesAreUtcWithMilliseconds) {
    for (const auto* bodies : {&treatments(), &statuses()}) {
        for (const Json& body : *bodies) EXPECT_TRUE(isUtc(body.at("created_at"))) << body;
    }
    for (const Json& profile : profiles()) EXPECT_TRUE(isUtc(profile.at("startDate")));
    for (const Json& status : statuses()) EXPECT_TRUE(isUtc(status.at("pump").at("clock")));
}

TEST_F(InteropSpec, Row7_1_2_IsMetWithoutDeclarationWhenTheUserWantsThat) {
    auto settings = test::everything();
    settings.features = {Feature::Basal, Feature::Bolus};
    settings.autoCorrection = AutoCorrectionEventType::CorrectionBolus;
    static const std::set<std::string> standard{"Correction Bolus", "Meal Bolus", "Carb Correction",
                                                "Temp Basal", "Note"};
    for (const Document& document : test::everyDocument(settings)) {
        if (document.collection != Collection::Treatments || document.eventType == "Combo Bolus") continue;
        EXPECT_TRUE(standard.contains(document.eventType)) << document.eventType;
    }
}

TEST_F(InteropSpec, Row7_1_3_EveryDocumentNamesItsDevice) {
    for (const auto* bodies : {&entries(), &treatments(), &statuses()}) {
        for (const Json& body : *bodies) EXPECT_EQ(body.at("device"), "minimed-780g://780G");
    }
    for (const Json& treatment : treatments()) EXPECT_TRUE(treatment.contains("enteredBy"));
}

TEST_F(InteropSpec, Row7_1_4_CreatedAtIsAlwaysThere) {
    for (const auto* bodies : {&treatments(), &statuses()}) {
        for (const Json& body : *bodies) EXPECT_TRUE(body.contains("created_at")) << body;
    }
}

TEST_F(InteropSpec, Row7_1_5_StopsAt401) {
    site_.fault = [](const SeenRequest&) { return give(401, R"({"status":401,"message":"Unauthorized"})"); };
    addTreatments(1);
    EXPECT_FALSE(drain());
    EXPECT_EQ(site_.server.requests().size(), 1U);
    EXPECT_EQ(outbox_.depth(), 1U);
}

TEST_F(InteropSpec, Row7_1_5_SetsAsideADocumentRefusedWith422) {
    const std::string bad = treatment(1).identifier;
    site_.fault = [&](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        if (request.body.find(bad) == std::string::npos) return std::nullopt;
        return give(422, R"({"message":"no"})");
    };
    addTreatments(3);
    for (int occasion = 0; occasion < 3; ++occasion, clock_.advance(std::chrono::hours(1))) {
        EXPECT_TRUE(outbox_.aside().empty());
        EXPECT_TRUE(drain(8));
        EXPECT_EQ(storedCount(), 2U);
    }
    EXPECT_EQ(outbox_.aside().size(), 1U);
}

TEST_F(InteropSpec, Row7_1_5_TriesAgainAfter503) {
    int failures = 2;
    site_.fault = [&](const SeenRequest&) -> std::optional<ScriptedAnswer> {
        if (failures-- > 0) return html(503);
        return std::nullopt;
    };
    addTreatments(1);
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
}

TEST_F(InteropSpec, Row7_2_1_IdentifiersComeFromThePumpsRecordAlone) {
    auto other = test::everything();
    other.alias = "another";
    other.units = GlucoseUnits::MillimolesPerLitre;
    std::set<std::string> here, there;
    for (const auto& document : test::everyDocument(test::everything())) here.insert(document.identifier);
    for (const auto& document : test::everyDocument(other)) there.insert(document.identifier);
    EXPECT_EQ(here, there);
}

TEST_F(InteropSpec, Row7_2_2_DoesNotPollTheSite) {
    EXPECT_TRUE(drain());
    EXPECT_TRUE(site_.server.requests().empty()) << "nothing waits, nothing is asked";
}

TEST_F(InteropSpec, Row7_2_3_RespectsRetryAfter) {
    bool busy = false;
    site_.fault = [&](const SeenRequest&) -> std::optional<ScriptedAnswer> {
        if (std::exchange(busy, true)) return std::nullopt;
        auto answer = give(429, "{}");
        answer.headers["Retry-After"] = "17";
        return answer;
    };
    addTreatments(1);
    EXPECT_TRUE(drain());
    EXPECT_EQ(clock_.waits(), std::vector<FakeClock::Wait>{std::chrono::seconds(17)});
}

TEST_F(InteropSpec, Row7_2_4_AcceptsCompressedAnswers) {
    uploadSome();
    for (const auto& request : site_.server.requests())
        EXPECT_EQ(request.headers.at("accept-encoding"), "gzip");
}

TEST_F(InteropSpec, Row7_3_1_KeepsWhatCannotBeSent) {
    site_.fault = [](const SeenRequest&) { return html(502); };
    addTreatments(5);
    EXPECT_FALSE(drain());
    EXPECT_EQ(outbox_.depth(), 5U);
    EXPECT_TRUE(outbox_.aside().empty());
}

TEST_F(InteropSpec, Row7_3_2_SendsItWhenTheSiteIsBack) {
    site_.fault = [](const SeenRequest&) { return html(502); };
    addTreatments(5);
    EXPECT_FALSE(drain());
    site_.fault = [](const SeenRequest&) { return std::nullopt; };
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 5U);
}

TEST_F(InteropSpec, Row7_3_3_RemovesTheOtherOfTwoWithOneIdentifier) {
    storeTwice(treatment(1));
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
}

} // namespace
} // namespace nightscout::testing
