// SPDX-License-Identifier: MIT
// What becomes of documents: each row of docs/nightscout/api.md 4.4, against a scripted site.
#include "nightscout/upload/uploader.hpp"

#include <set>

#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using Fault = ScriptedAnswer::Fault;
using Health = UploadState::Health;

class AnUploader : public ScriptedSiteTest {};

TEST_F(AnUploader, SendsOneCollectionPerRequestAndRemembersWhoIsWho) {
    addTreatments(3);
    const auto sgv = outbox_.add(entry(1));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 4U);
    EXPECT_EQ(site_.requestsTo("/api/v1/treatments.json"), 1U);
    EXPECT_EQ(site_.requestsTo("/api/v1/entries.json"), 1U);
    EXPECT_TRUE(outbox_.acknowledged().at(sgv));
    EXPECT_EQ(uploader_->state().uploaded, 4U);
    EXPECT_EQ(uploader_->state().requests, 2U);
    EXPECT_EQ(uploader_->state().health, Health::Good);
    EXPECT_EQ(uploader_->state().lastError, "");
}

TEST_F(AnUploader, SendsNothingWhenNothingWaits) {
    EXPECT_TRUE(drain());
    EXPECT_TRUE(site_.server.requests().empty());
}

TEST_F(AnUploader, SendsSixThousandDocumentsInFortyRequests) {
    addTreatments(4500);
    for (int number = 0; number < 1500; ++number) outbox_.add(entry(number));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 6000U);
    EXPECT_LE(site_.server.requests().size(), 40U);
    EXPECT_EQ(site_.server.connections(), 1);
}

TEST_F(AnUploader, TakesHtmlWithStatus200ForAFailure) {
    addTreatments(2);
    failFirst(1, html(200));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 2U);
    EXPECT_EQ(logged("Just a moment"), 1);
    EXPECT_EQ(logged("upload works again after failures=1"), 1);
}

TEST_F(AnUploader, TakesAnAnswerThatMissesDocumentsForAFailure) {
    addTreatments(2);
    failFirst(1, give(200, "[]"));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 2U);
}

TEST_F(AnUploader, SurvivesAnyJson) {
    const std::vector<std::string> bodies{"null",
                                          "1",
                                          "\"x\"",
                                          "{}",
                                          "[null]",
                                          "[1,2]",
                                          "[[],[]]",
                                          R"([{"_id":7},{"_id":null}])",
                                          R"({"_id":"x"})",
                                          R"([{"identifier":5},{"identifier":[]}])",
                                          std::string(100000, '['),
                                          "",
                                          "\xff\xfe",
                                          "nul"};
    for (const auto& body : bodies) {
        site_.fault = [&](const SeenRequest&) { return give(200, body); };
        MemoryOutbox outbox;
        Uploader uploader(
            clock_, *client_, outbox, policy_, [] { return 0.5; }, log_);
        outbox.add(treatment(1));
        outbox.add(treatment(2), Operation::Put);
        outbox.add(treatment(3), Operation::Put, "0123456789abcdef01234567");
        outbox.add(treatment(4), Operation::Delete);
        OutboxItem status;
        status.document = deviceStatus(1);
        status.attempts = 1;
        outbox.add(status);
        runTask(io_, uploader.drain(4));
    }
}

TEST_F(AnUploader, StopsWhenTheSecretIsRefusedAndSaysSoOnce) {
    addTreatments(2);
    outbox_.add(entry(1));
    const auto refused =
        give(401, R"({"status":401,"message":"Unauthorized","description":"Invalid/Missing"})");
    site_.fault = [refused](const SeenRequest&) { return refused; };
    EXPECT_FALSE(drain(5));
    EXPECT_EQ(site_.server.requests().size(), 1U);
    EXPECT_EQ(uploader_->state().health, Health::Refused);
    EXPECT_NE(uploader_->state().lastError.find("Unauthorized, Invalid/Missing"), std::string::npos);
    for (int i = 0; i < 12; ++i) EXPECT_FALSE(drain(0));
    EXPECT_EQ(logged("refuses the API secret"), 1);
    site_.fault = [](const SeenRequest&) { return std::nullopt; };
    EXPECT_TRUE(drain(0));
    EXPECT_EQ(uploader_->state().health, Health::Good);
    EXPECT_EQ(storedCount(), 3U);
}

TEST_F(AnUploader, TreatsAForbiddingProxyLikeARefusal) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(403); };
    EXPECT_FALSE(drain(5));
    EXPECT_EQ(site_.server.requests().size(), 1U);
    EXPECT_EQ(uploader_->state().health, Health::Refused);
}

TEST_F(AnUploader, GoesOnWithGlucoseWhenOnlyTreatmentsAreRefused) {
    addTreatments(2);
    for (int number = 0; number < 3; ++number) outbox_.add(entry(number));
    site_.fault = [](const SeenRequest& request) {
        return request.target.starts_with("/api/v1/treatments") ? std::optional(give(401, "{}"))
                                                                : std::nullopt;
    };
    EXPECT_FALSE(drain());
    EXPECT_EQ(storedCount(), 3U);
    EXPECT_EQ(outbox_.depth(), 2U);
    EXPECT_EQ(site_.requestsTo("/api/v1/treatments.json"), 1U);
}

TEST_F(AnUploader, GoesOnWithGlucoseWhenCareportalIsOff) {
    addTreatments(2);
    for (int number = 0; number < 3; ++number) outbox_.add(entry(number));
    site_.fault = [](const SeenRequest& request) {
        return request.target.starts_with("/api/v1/treatments")
                   ? std::optional(give(404, "<pre>Cannot POST /api/v1/treatments</pre>", "text/html"))
                   : std::nullopt;
    };
    EXPECT_FALSE(drain());
    EXPECT_EQ(storedCount(), 3U);
    EXPECT_EQ(outbox_.depth(), 2U);
    EXPECT_EQ(logged("add careportal to its ENABLE setting"), 1);
    EXPECT_EQ(uploader_->state().health, Health::Failing);
    EXPECT_NE(uploader_->state().lastError.find("careportal"), std::string::npos);
}

TEST_F(AnUploader, WaitsAsLongAsAskedWhenThereAreTooManyRequests) {
    addTreatments(1);
    auto busy = give(429, "{}");
    busy.headers["Retry-After"] = "40";
    failFirst(1, busy);
    EXPECT_TRUE(drain());
    EXPECT_EQ(clock_.waits(), std::vector<FakeClock::Wait>{std::chrono::seconds(40)});
    EXPECT_EQ(storedCount(), 1U);
}

TEST_F(AnUploader, WaitsOutProxyErrorsAndCutConnections) {
    ScriptedAnswer cut;
    cut.fault = Fault::CutBeforeAnswer;
    for (const auto& failure : {html(502), html(503), html(504), html(521), give(599, "x"), cut}) {
        outbox_.add(treatment(static_cast<int>(storedCount())));
        failFirst(3, failure);
        EXPECT_TRUE(drain()) << failure.status;
    }
    EXPECT_EQ(storedCount(), 6U);
    EXPECT_TRUE(outbox_.aside().empty());
}

TEST_F(AnUploader, HalvesABatchThatIsTooLarge) {
    addTreatments(100);
    site_.fault = [](const SeenRequest& request) {
        return request.body.size() > 5000 ? std::optional(html(413)) : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 100U);
    EXPECT_TRUE(outbox_.aside().empty());
    EXPECT_LT(site_.server.requests().size(), 45U);
}

TEST_F(AnUploader, KeepsEverythingWhileTheServerFailsOnEverything) {
    addTreatments(20);
    const auto full = give(500, R"({"status":500,"message":"Mongo Error","description":"quota exceeded"})");
    site_.fault = [full](const SeenRequest& request) {
        return request.method == "POST" ? std::optional(full) : std::nullopt;
    };
    EXPECT_FALSE(drain(6));
    EXPECT_EQ(outbox_.depth(), 20U);
    EXPECT_TRUE(outbox_.aside().empty());
    EXPECT_NE(uploader_->state().lastError.find("Mongo Error, quota exceeded"), std::string::npos);
    site_.fault = [](const SeenRequest&) { return std::nullopt; };
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 20U);
}

TEST_F(AnUploader, SetsAsideWhatIsNotAnObjectWithoutSendingIt) {
    Document broken = treatment(1);
    for (const char* body : {"", "null", "[]", "{", "\"x\""}) {
        broken.body = body;
        outbox_.add(broken);
    }
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.aside().size(), 5U);
    EXPECT_TRUE(site_.server.requests().empty());
}

TEST_F(AnUploader, BlotsOutASecretThatTheSiteEchoes) {
    addTreatments(1);
    EXPECT_TRUE(drain());
    const auto id = outbox_.add(treatment(2, "Bad"));
    site_.fault = [](const SeenRequest& request) {
        return request.body.find("\"Bad\"") != std::string::npos
                   ? std::optional(
                         give(400, R"({"message":"bad header )" + request.headers.at("api-secret") + "\"}"))
                   : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.refusals().at(id).reason, "HTTP 400: bad header ***");
}

TEST_F(AnUploader, AcknowledgesTheDocumentsThatTheAnswerLists) {
    addTreatments(6);
    const std::string missed = treatment(3).identifier;
    int answers = 0;
    site_.fault = [&](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        nlohmann::json sent = nlohmann::json::parse(request.body);
        nlohmann::json listed = nlohmann::json::array();
        for (auto& document : sent) // reordered, doubled, one left out
            if (document["identifier"] != missed || answers > 0)
                listed.insert(listed.begin(), {document, document});
        ++answers;
        return give(200, listed.dump());
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.acknowledged().size(), 6U);
    ASSERT_EQ(site_.server.requests().size(), 2U);
    EXPECT_EQ(nlohmann::json::parse(site_.server.requests()[1].body).size(), 1U) << "only what was missed";
}

TEST_F(AnUploader, DoesNotTakeAsManyOtherDocumentsForOurs) {
    addTreatments(2);
    failFirst(2, give(200, R"([{"identifier":"a","_id":"1"},{"identifier":"b","_id":"2"},{"x":1}])"));
    EXPECT_TRUE(drain());
    EXPECT_EQ(site_.server.requests().size(), 3U);
    EXPECT_EQ(storedCount(), 2U);
}

TEST_F(AnUploader, WaitsTenMinutesThirtyMinutesThenHourlyAfterARefusal) {
    using namespace std::chrono_literals;
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return give(401, "{}"); };
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(drain());
    EXPECT_EQ(clock_.waits(), (std::vector<FakeClock::Wait>{10min, 30min, 60min, 60min}));
}

TEST_F(AnUploader, TriesAtOnceWithOtherCredentials) {
    addTreatments(1);
    site_.fault = [](const SeenRequest& request) {
        return request.headers.at("api-secret") == "pump-0123456789abcdef" ? std::nullopt
                                                                           : std::optional(give(403, "{}"));
    };
    EXPECT_FALSE(drain());
    client_->setApiSecretHeader("pump-0123456789abcdef");
    uploader_->credentialsChanged();
    EXPECT_TRUE(drain());
    EXPECT_TRUE(clock_.waits().empty());
    EXPECT_EQ(storedCount(), 1U);
}

} // namespace
} // namespace nightscout::testing
