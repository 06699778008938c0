// SPDX-License-Identifier: MIT
// Each row of nightscout-v1.md 4.4, against a scripted site.
#include "nightscout/uploader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "upload_fixture.hpp"

namespace nightscout::testing {
namespace {

using Json = nlohmann::json;
using Fault = ScriptedAnswer::Fault;
using Health = UploadState::Health;

ScriptedAnswer give(unsigned status, std::string body, std::string contentType = "application/json") {
    ScriptedAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.contentType = std::move(contentType);
    return answer;
}
ScriptedAnswer html(unsigned status) {
    return give(status, "<html><head><title>Just a moment...</title></head></html>", "text/html");
}

/// A site that stores what it is sent; `fault` may answer instead.
class ScriptedSite {
public:
    using FaultScript = std::function<std::optional<ScriptedAnswer>(const SeenRequest&)>;
    explicit ScriptedSite(asio::io_context& io)
        : server(io, [this](SeenRequest request) { return answer(std::move(request)); }) {}

    FaultScript fault = [](const SeenRequest&) { return std::nullopt; };
    std::map<std::string, Json> stored; ///< by `_id`

    std::size_t requestsTo(const std::string& start, const std::string& method = "POST") const {
        return static_cast<std::size_t>(std::count_if(
            server.requests().begin(), server.requests().end(), [&](const SeenRequest& request) {
                return request.method == method && request.target.starts_with(start);
            }));
    }

private:
    asio::awaitable<ScriptedAnswer> answer(SeenRequest request) {
        if (auto instead = fault(request)) co_return *instead;
        Json reply = Json::array();
        if (request.method == "GET" && request.target == "/api/v1/status.json")
            co_return give(200, R"({"status":"ok"})");
        if (request.method == "GET") {
            for (const auto& [id, document] : stored)
                if (request.target.find(document.value("identifier", "?")) != std::string::npos)
                    reply.push_back(document);
            co_return give(200, reply.dump());
        }
        if (request.method == "DELETE") co_return give(200, remove(request.target).dump());
        const Json body = Json::parse(request.body);
        for (const auto& document : body.is_array() ? body : Json::array({body}))
            reply.push_back(store(document));
        co_return give(200, request.method == "PUT" ? reply[0].dump() : reply.dump());
    }
    Json store(Json document) {
        if (!document.contains("_id")) {
            char id[25] = {};
            std::snprintf(id, sizeof id, "%024d", ++lastId_);
            document["_id"] = id;
        }
        return stored[document["_id"]] = document;
    }
    Json remove(const std::string& target) {
        const auto gone = std::erase_if(stored, [&](const auto& one) {
            return target.find(one.first) != std::string::npos ||
                   target.find(one.second.value("identifier", "?")) != std::string::npos;
        });
        return {{"acknowledged", true}, {"deletedCount", gone}};
    }
    int lastId_ = 0;

public:
    ScriptedServer server; ///< last: it may answer once it is there
};

class AnUploader : public UploaderTest {
protected:
    AnUploader() { connectTo(site_.server.port()); }
    void addTreatments(int count) {
        for (int number = 0; number < count; ++number) outbox_.add(treatment(number));
    }
    std::size_t storedCount() const { return site_.stored.size(); }
    std::set<std::string> storedIdentifiers() const {
        std::set<std::string> all;
        for (const auto& [id, document] : site_.stored) all.insert(document.value("identifier", id));
        return all;
    }
    /// The first `count` requests get this answer.
    void failFirst(int count, ScriptedAnswer answer) {
        site_.fault = [count, answer](const SeenRequest&) mutable {
            return count-- > 0 ? std::optional(answer) : std::nullopt;
        };
    }

    ScriptedSite site_{io_};
};

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
            io_.get_executor(), *client_, outbox, policy_, [] { return 0.5; }, log_);
        outbox.add(treatment(1));
        outbox.add(treatment(2), Operation::Put);
        outbox.add(treatment(3), Operation::Put, "0123456789abcdef01234567");
        outbox.add(treatment(4), Operation::Delete);
        OutboxItem status;
        status.document = deviceStatus(1);
        status.attempts = 1;
        outbox.add(status);
        outbox.add(profile("2026-03-14T00:00:00.000Z", 1));
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
    policy_.refusedRetry = std::chrono::hours(1);
    connectTo(site_.server.port());
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
    busy.headers["Retry-After"] = "1";
    failFirst(1, busy);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(drain());
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
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

TEST_F(AnUploader, GivesUpDrainingAfterTheGivenRetries) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    EXPECT_FALSE(drain(4));
    EXPECT_EQ(site_.server.requests().size(), 5U);
    EXPECT_EQ(outbox_.depth(), 1U);
}

TEST_F(AnUploader, LogsTheFirstOfManyFailuresAndThenEachTenth) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    EXPECT_FALSE(drain(24));
    EXPECT_EQ(logged("upload failed"), 1);
    EXPECT_EQ(logged("upload still fails"), 2);
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

TEST_F(AnUploader, SetsAsideASingleDocumentThatIsTooLarge) {
    addTreatments(5);
    Document large = treatment(10);
    large.body.insert(1, R"("notes":")" + std::string(9000, 'x') + R"(",)");
    const auto id = outbox_.add(large);
    site_.fault = [](const SeenRequest& request) {
        return request.body.size() > 5000 ? std::optional(html(413)) : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 5U);
    EXPECT_TRUE(outbox_.aside().contains(id));
}

class RejectsADocument : public AnUploader, public ::testing::WithParamInterface<unsigned> {};

TEST_P(RejectsADocument, SetsItAsideWithTheAnswerAndGoesOn) {
    addTreatments(30);
    std::set<std::int64_t> bad;
    for (const int number : {100, 101}) bad.insert(outbox_.add(treatment(number, "Bad")));
    site_.fault = [](const SeenRequest& request) {
        return request.body.find("\"Bad\"") != std::string::npos
                   ? std::optional(give(GetParam(), R"({"message":"no such event"})"))
                   : std::nullopt;
    };
    EXPECT_TRUE(drain(10));
    EXPECT_EQ(storedCount(), 30U);
    ASSERT_EQ(outbox_.aside().size(), 2U);
    for (const auto& [id, reason] : outbox_.aside()) {
        EXPECT_TRUE(bad.contains(id));
        EXPECT_EQ(reason, "HTTP " + std::to_string(GetParam()) + ": no such event");
    }
    EXPECT_EQ(uploader_->state().setAside, 2U);
}

INSTANTIATE_TEST_SUITE_P(With, RejectsADocument, ::testing::Values(400U, 422U, 500U));

TEST_F(AnUploader, SetsAsideALoneRejectedDocumentOnlyWhileTheSiteAnswersOtherwise) {
    const auto id = outbox_.add(treatment(1));
    site_.fault = [](const SeenRequest&) { return html(400); };
    EXPECT_FALSE(drain(2));
    EXPECT_TRUE(outbox_.aside().empty()); // a proxy that rejects everything
    site_.fault = [](const SeenRequest& request) {
        return request.method == "POST" ? std::optional(html(400)) : std::nullopt;
    };
    EXPECT_TRUE(drain(2));
    EXPECT_TRUE(outbox_.aside().contains(id));
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

TEST_F(AnUploader, UpdatesATreatmentByItsRememberedId) {
    const std::string id = "0123456789abcdef01234567";
    const auto item = outbox_.add(treatment(1), Operation::Put, id);
    EXPECT_TRUE(drain());
    ASSERT_EQ(site_.server.requests().size(), 1U);
    EXPECT_EQ(site_.server.requests()[0].method, "PUT");
    EXPECT_EQ(Json::parse(site_.server.requests()[0].body).at("_id"), id);
    EXPECT_EQ(outbox_.acknowledged().at(item), id);
}

TEST_F(AnUploader, LooksForATreatmentWhoseIdIsUnknown) {
    outbox_.add(treatment(1));
    EXPECT_TRUE(drain());
    const std::string id = site_.stored.begin()->first;
    Document changed = treatment(1);
    changed.time += std::chrono::hours(1);
    const auto item = outbox_.add(changed, Operation::Put);
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
    EXPECT_EQ(outbox_.acknowledged().at(item), id);
    EXPECT_EQ(site_.server.requests().back().method, "PUT");
}

TEST_F(AnUploader, PostsATreatmentThatIsNotThere) {
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
    EXPECT_EQ(site_.server.requests().back().method, "POST");
}

TEST_F(AnUploader, RemovesTheOlderOfTwoTreatments) {
    Json wrong = Json::parse(treatment(1).body);
    Json right = wrong;
    wrong["_id"] = "000000000000000000000aaa";
    wrong["created_at"] = "2020-01-01T00:00:00.000Z";
    right["_id"] = "000000000000000000000bbb";
    site_.stored = {{wrong["_id"], wrong}, {right["_id"], right}};
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
    ASSERT_EQ(storedCount(), 1U);
    EXPECT_EQ(site_.stored.begin()->first, "000000000000000000000bbb");
}

TEST_F(AnUploader, PostsAgainWhenTheTokenMayNotUpdate) {
    for (int number = 0; number < 3; ++number)
        outbox_.add(treatment(number), Operation::Put, "00000000000000000000000" + std::to_string(number));
    site_.fault = [](const SeenRequest& request) {
        return request.method == "PUT" ? std::optional(give(401, "{}")) : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(site_.requestsTo("/api/v1/treatments", "PUT"), 1U); // each 401 makes the site slower
    EXPECT_EQ(storedCount(), 3U);
}

TEST_F(AnUploader, SetsAsideAnUpdateThatTheServerCannotTake) {
    const std::string id = "0123456789abcdef0123456";
    const auto bad = outbox_.add(treatment(0, "Bad"), Operation::Put, id + "0");
    for (int number = 1; number < 4; ++number)
        outbox_.add(treatment(number), Operation::Put, id + std::to_string(number));
    site_.fault = [](const SeenRequest& request) {
        return request.body.find("\"Bad\"") != std::string::npos ? std::optional(give(500, "{}"))
                                                                 : std::nullopt;
    };
    EXPECT_TRUE(drain(5));
    EXPECT_EQ(storedCount(), 3U);
    EXPECT_TRUE(outbox_.aside().contains(bad));
}

TEST_F(AnUploader, DeletesByIdAndByIdentifier) {
    addTreatments(3);
    outbox_.add(entry(1));
    EXPECT_TRUE(drain());
    const auto known = std::find_if(site_.stored.begin(), site_.stored.end(), [](const auto& one) {
        return one.second.value("identifier", "") == treatment(0).identifier;
    });
    outbox_.add(treatment(0), Operation::Delete, known->first);
    outbox_.add(treatment(1), Operation::Delete);
    outbox_.add(treatment(2), Operation::Delete,
                "ffffffffffffffffffffffff"); // restored database: another _id
    outbox_.add(entry(1), Operation::Delete);
    outbox_.add(treatment(77), Operation::Delete); // was never there
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 0U);
}

TEST_F(AnUploader, LetsDeletionsWaitWithoutHoldingUpTreatments) {
    outbox_.add(treatment(1));
    EXPECT_TRUE(drain());
    outbox_.add(treatment(1), Operation::Delete);
    site_.fault = [](const SeenRequest& request) {
        return request.method == "DELETE" ? std::optional(give(401, "{}")) : std::nullopt;
    };
    EXPECT_FALSE(drain());
    outbox_.add(treatment(2));
    EXPECT_FALSE(drain());
    EXPECT_EQ(storedCount(), 2U);
}

TEST_F(AnUploader, AsksBeforeItRepeatsADeviceStatus) {
    outbox_.add(deviceStatus(1));
    ScriptedAnswer cut;
    cut.fault = Fault::CutBeforeAnswer;
    bool lost = false;
    site_.fault = [&](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        if (request.method == "GET") {
            Json found = Json::parse(deviceStatus(1).body);
            found["_id"] = "0123456789abcdef01234567";
            return give(200, Json::array({found}).dump());
        }
        lost = true;
        return cut; // stored, as the GET shows
    };
    EXPECT_TRUE(drain());
    EXPECT_TRUE(lost);
    EXPECT_EQ(site_.requestsTo("/api/v1/devicestatus"), 1U);
    EXPECT_EQ(outbox_.acknowledged().begin()->second, "0123456789abcdef01234567");
}

TEST_F(AnUploader, SendsDeviceStatusesOneByOneAsObjects) {
    for (int number = 0; number < 3; ++number) outbox_.add(deviceStatus(number));
    EXPECT_TRUE(drain());
    EXPECT_EQ(site_.requestsTo("/api/v1/devicestatus.json"), 3U);
    for (const auto& request : site_.server.requests()) EXPECT_TRUE(request.body.starts_with('{'));
}

TEST_F(AnUploader, SendsAProfileOnlyWhenItDiffers) {
    Json current = Json::parse(profile("2026-01-01T00:00:00.000Z", 0.85).body);
    current["_id"] = "0123456789abcdef01234567";
    site_.fault = [&](const SeenRequest& request) -> std::optional<ScriptedAnswer> {
        if (request.method == "GET") return give(200, current.dump());
        return std::nullopt;
    };
    outbox_.add(profile("2026-03-14T00:00:00.000Z", 0.85));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 0U);
    outbox_.add(profile("2026-03-14T00:00:00.000Z", 0.9));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
}

TEST_F(AnUploader, RunsUntilCancelledAndWakesForNewDocuments) {
    asio::cancellation_signal stop;
    bool done = false;
    std::exception_ptr end;
    asio::co_spawn(io_, uploader_->run(),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
                       end = error;
                       done = true;
                   }));
    io_.poll();
    outbox_.add(treatment(1));
    uploader_->wake();
    while (outbox_.depth() > 0) io_.run_one();
    outbox_.add(treatment(2));
    uploader_->wake();
    while (outbox_.depth() > 0) io_.run_one();
    stop.emit(asio::cancellation_type::terminal);
    runUntil(io_, done, std::chrono::seconds(2));
    EXPECT_FALSE(end);
    EXPECT_EQ(storedCount(), 2U);
}

TEST_F(AnUploader, EndsAtOnceWhenCancelledInsideARequestOrAWait) {
    ScriptedAnswer silent;
    silent.fault = Fault::NoAnswer;
    policy_.firstBackoff = policy_.longestBackoff = std::chrono::hours(1);
    for (const auto& answer : {silent, html(503)}) {
        MemoryOutbox outbox;
        outbox.add(treatment(1));
        Uploader uploader(
            io_.get_executor(), *client_, outbox, policy_, [] { return 0.5; }, log_);
        site_.fault = [answer](const SeenRequest&) { return answer; };
        asio::cancellation_signal stop;
        bool done = false;
        std::exception_ptr end;
        asio::co_spawn(io_, uploader.run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
                           end = error;
                           done = true;
                       }));
        const bool waits = answer.fault == Fault::None;
        const auto seen = site_.server.requests().size();
        while (site_.server.requests().size() == seen || (waits && uploader.state().lastError.empty()))
            io_.run_one();
        stop.emit(asio::cancellation_type::terminal);
        runUntil(io_, done, std::chrono::seconds(2));
        EXPECT_FALSE(end);
        EXPECT_EQ(outbox.depth(), 1U);
    }
}

TEST_F(AnUploader, DoublesItsWaitsUpToALimitWithJitter) {
    addTreatments(1);
    site_.fault = [](const SeenRequest&) { return html(503); };
    policy_.firstBackoff = std::chrono::milliseconds(10);
    policy_.longestBackoff = std::chrono::milliseconds(40);
    policy_.jitter = 0.5;
    for (const auto& [random, least] : {std::pair{0.0, 5 + 10 + 20 + 20}, {0.999, 14 + 29 + 59 + 59}}) {
        Uploader uploader(
            io_.get_executor(), *client_, outbox_, policy_, [random = random] { return random; }, log_);
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(runTask(io_, uploader.drain(4)));
        EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(least));
    }
}

TEST_F(AnUploader, BlotsOutASecretThatTheSiteEchoes) {
    const auto id = outbox_.add(treatment(1, "Bad"));
    site_.fault = [](const SeenRequest& request) {
        return request.method == "POST"
                   ? std::optional(
                         give(400, R"({"message":"bad header )" + request.headers.at("api-secret") + "\"}"))
                   : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(outbox_.aside().at(id), "HTTP 400: bad header ***");
}

} // namespace
} // namespace nightscout::testing
