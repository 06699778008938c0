// SPDX-License-Identifier: MIT
// The uploader against a real Nightscout (an old one: 0.12.8), directly and through a proxy that loses
// answers.
#include <nlohmann/json.hpp>
#include <set>

#include "nightscout_process.hpp"
#include "upload_fixture.hpp"

namespace nightscout::testing {
namespace {

using Json = nlohmann::json;

class ANightscoutServer : public UploaderTest {
protected:
    void SetUp() override {
        const auto folder = NightscoutProcess::folder();
        if (!folder) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR names no folder with node_modules";
        start(*folder, "careportal basal iob pump devicestatus");
    }
    void start(const std::filesystem::path& folder, const std::string& enable) {
        server_ = std::make_unique<NightscoutProcess>(io_, folder, kApiSecret, enable);
        connectTo(server_->port());
        ClientSettings settings = client_->settings();
        settings.bodyLimit = 16 * 1024 * 1024; // a test reads all of the site at once
        direct_ = std::make_unique<Client>(io_.get_executor(), settings);
    }
    Json ask(const std::string& path) {
        const Response response = runTask(io_, direct_->request("GET", path, ""));
        EXPECT_EQ(response.status, 200U) << path;
        return Json::parse(response.body, nullptr, false);
    }
    Json treatments() {
        return ask("/api/v1/treatments.json?find[created_at][$gte]=1970-01-02T00:00:00.000Z&count=10000");
    }
    Json entries() { return ask("/api/v1/entries.json?find[date][$gte]=1&count=10000"); }
    Json deviceStatuses() {
        return ask("/api/v1/devicestatus.json?find[created_at][$gte]=1970-01-02T00:00:00.000Z&count=10000");
    }
    static std::set<std::string> identifiers(const Json& documents) {
        std::set<std::string> all;
        for (const auto& document : documents) all.insert(document.value("identifier", ""));
        return all;
    }

    std::unique_ptr<NightscoutProcess> server_;
    std::unique_ptr<Client> direct_;
};

TEST_F(ANightscoutServer, StoresEachDocumentOnceAndGivesItsId) {
    std::vector<std::int64_t> ids;
    for (int number = 0; number < 450; ++number) ids.push_back(outbox_.add(treatment(number)));
    for (int number = 0; number < 450; ++number) outbox_.add(entry(number));
    outbox_.add(deviceStatus(1));
    EXPECT_TRUE(drain(0));
    EXPECT_EQ(treatments().size(), 450U);
    EXPECT_EQ(entries().size(), 450U);
    EXPECT_EQ(deviceStatuses().size(), 1U);
    EXPECT_EQ(identifiers(treatments()).size(), 450U);
    for (const auto id : ids)
        EXPECT_TRUE(outbox_.acknowledged().at(id)); // this generation gives entries none
    EXPECT_TRUE(outbox_.aside().empty());
    EXPECT_LE(uploader_->state().requests, 12U);
}

TEST_F(ANightscoutServer, TakesSixThousandDocumentsInFortyRequests) {
    for (int number = 0; number < 4500; ++number) outbox_.add(treatment(number));
    for (int number = 0; number < 1500; ++number) outbox_.add(entry(number));
    EXPECT_TRUE(drain(0));
    EXPECT_EQ(treatments().size(), 4500U);
    EXPECT_EQ(entries().size(), 1500U);
    EXPECT_LE(uploader_->state().requests, 40U);
}

TEST_F(ANightscoutServer, HoldsNothingTwiceAfterAnswersWereLost) {
    std::set<std::string> seen;
    ScriptedServer proxy(io_, [&](SeenRequest request) -> asio::awaitable<ScriptedAnswer> {
        const Response response = co_await direct_->request(request.method, request.target, request.body);
        ScriptedAnswer answer;
        answer.status = response.status;
        answer.body = response.body;
        answer.contentType = response.contentType;
        const bool first = seen.insert(request.method + request.target + request.body).second;
        if (first) answer.fault = ScriptedAnswer::Fault::CutBeforeAnswer; // done, but never told
        co_return answer;
    });
    policy_.batchDocuments = 20;
    connectTo(proxy.port());
    for (int number = 0; number < 100; ++number) outbox_.add(treatment(number));
    for (int number = 0; number < 100; ++number) outbox_.add(entry(number));
    for (int number = 0; number < 5; ++number) outbox_.add(deviceStatus(number));
    EXPECT_TRUE(drain(3));
    EXPECT_EQ(treatments().size(), 100U);
    EXPECT_EQ(identifiers(treatments()).size(), 100U);
    EXPECT_EQ(entries().size(), 100U);
    EXPECT_EQ(deviceStatuses().size(), 5U);
    EXPECT_EQ(outbox_.acknowledged().size(), 205U);

    // Changed, moved in time and withdrawn, with each first answer lost again.
    Document changed = treatment(1);
    changed.time += std::chrono::minutes(7);
    changed.body =
        R"({"identifier":")" + changed.identifier + R"(","created_at":")" + toIso(changed.time) +
        R"(","eventType":"Temp Basal","enteredBy":"openaps://minimed-780g","duration":9,"rate":0.3})";
    outbox_.add(changed, Operation::Put);
    outbox_.add(treatment(2), Operation::Delete);
    outbox_.add(entry(2), Operation::Delete);
    EXPECT_TRUE(drain(3));
    const Json all = treatments();
    EXPECT_EQ(all.size(), 99U);
    const auto moved = std::find_if(all.begin(), all.end(), [&](const Json& one) {
        return one.value("identifier", "") == changed.identifier;
    });
    ASSERT_NE(moved, all.end());
    EXPECT_EQ(moved->at("created_at"), toIso(changed.time));
    EXPECT_EQ(moved->at("rate"), 0.3);
    EXPECT_EQ(entries().size(), 99U);
}

TEST_F(ANightscoutServer, UpdatesByRememberedIdAndRepairsADouble) {
    const auto posted = outbox_.add(treatment(1));
    EXPECT_TRUE(drain(0));
    const auto serverId = outbox_.acknowledged().at(posted);
    Document moved = treatment(1);
    const std::string oldTime = toIso(moved.time);
    moved.time += std::chrono::hours(1);
    moved.body.replace(moved.body.find(oldTime), oldTime.size(), toIso(moved.time));
    outbox_.add(moved, Operation::Put, serverId);
    EXPECT_TRUE(drain(0));
    ASSERT_EQ(treatments().size(), 1U);
    EXPECT_EQ(treatments()[0].at("_id"), serverId);
    EXPECT_EQ(treatments()[0].at("created_at"), toIso(moved.time));

    outbox_.add(treatment(1)); // the same identifier at its old time: a second document on this generation
    EXPECT_TRUE(drain(0));
    ASSERT_EQ(treatments().size(), 2U);
    outbox_.add(moved, Operation::Put);
    EXPECT_TRUE(drain(0));
    ASSERT_EQ(treatments().size(), 1U);
    EXPECT_EQ(treatments()[0].at("_id"), serverId);
}

TEST_F(ANightscoutServer, RefusesAWrongSecret) {
    connectTo(server_->port(), "this-is-not-the-secret");
    outbox_.add(treatment(1));
    outbox_.add(entry(1));
    EXPECT_FALSE(drain(5));
    EXPECT_EQ(uploader_->state().health, UploadState::Health::Refused);
    EXPECT_EQ(uploader_->state().requests, 1U);
    EXPECT_EQ(outbox_.depth(), 2U);
    EXPECT_TRUE(treatments().empty());
}

TEST_F(ANightscoutServer, TakesGlucoseWithoutCareportal) {
    server_.reset();
    start(*NightscoutProcess::folder(), "pump devicestatus");
    outbox_.add(treatment(1));
    for (int number = 0; number < 3; ++number) outbox_.add(entry(number));
    outbox_.add(deviceStatus(1));
    EXPECT_FALSE(drain(0));
    EXPECT_EQ(entries().size(), 3U);
    EXPECT_EQ(deviceStatuses().size(), 1U);
    EXPECT_EQ(outbox_.depth(), 1U);
    EXPECT_EQ(logged("add careportal to its ENABLE setting"), 1);
}

} // namespace
} // namespace nightscout::testing
