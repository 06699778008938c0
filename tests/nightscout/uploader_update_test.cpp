// SPDX-License-Identifier: MIT
// Updates, deletions, and the collections that have no key on the server: docs/nightscout/api.md 10.
#include "nightscout/upload/uploader.hpp"

#include <nlohmann/json.hpp>

#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using Json = nlohmann::json;
using Fault = ScriptedAnswer::Fault;

class AnUpdate : public ScriptedSiteTest {};
class ADeletion : public ScriptedSiteTest {};
class ADeviceStatus : public ScriptedSiteTest {};

TEST_F(AnUpdate, GoesToTheRememberedId) {
    const std::string id = "0123456789abcdef01234567";
    const auto item = outbox_.add(treatment(1), Operation::Put, id);
    EXPECT_TRUE(drain());
    ASSERT_EQ(site_.server.requests().size(), 1U);
    EXPECT_EQ(site_.server.requests()[0].method, "PUT");
    EXPECT_EQ(Json::parse(site_.server.requests()[0].body).at("_id"), id);
    EXPECT_EQ(outbox_.acknowledged().at(item), id);
}

TEST_F(AnUpdate, LooksForTheIdWhenItIsUnknown) {
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

TEST_F(AnUpdate, PostsWhatIsNotThere) {
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 1U);
    EXPECT_EQ(site_.server.requests().back().method, "POST");
}

TEST_F(AnUpdate, RemovesTheOtherOfTwoTreatments) {
    storeTwice(treatment(1));
    outbox_.add(treatment(1), Operation::Put);
    EXPECT_TRUE(drain());
    ASSERT_EQ(storedCount(), 1U);
    EXPECT_EQ(site_.stored.begin()->first, "000000000000000000000bbb");
}

TEST_F(AnUpdate, IsPostedWhenTheTokenMayNotUpdate) {
    for (int number = 0; number < 3; ++number)
        outbox_.add(treatment(number), Operation::Put, "00000000000000000000000" + std::to_string(number));
    site_.fault = [](const SeenRequest& request) {
        return request.method == "PUT" ? std::optional(give(401, "{}")) : std::nullopt;
    };
    EXPECT_TRUE(drain());
    EXPECT_EQ(site_.requestsTo("/api/v1/treatments", "PUT"), 1U); // each 401 makes the site slower
    EXPECT_EQ(storedCount(), 3U);
}

TEST_F(AnUpdate, ThatTheServerCannotTakeWaitsWithoutHoldingUpOthers) {
    const std::string id = "0123456789abcdef0123456";
    addTreatments(1); // known to be good
    EXPECT_TRUE(drain());
    const auto bad = outbox_.add(treatment(9, "Bad"), Operation::Put, id + "9");
    for (int number = 1; number < 4; ++number)
        outbox_.add(treatment(number), Operation::Put, id + std::to_string(number));
    site_.fault = [](const SeenRequest& request) {
        return request.body.find("\"Bad\"") != std::string::npos ? std::optional(give(500, "{}"))
                                                                 : std::nullopt;
    };
    EXPECT_TRUE(drain(8));
    EXPECT_EQ(storedCount(), 4U);
    EXPECT_EQ(outbox_.refusals().at(bad).occasions, 0) << "a server error proves nothing";
    EXPECT_EQ(outbox_.depth(), 1U);
}

TEST_F(ADeletion, IsByIdOrByIdentifier) {
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

TEST_F(ADeletion, WaitsWithoutHoldingUpTreatments) {
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

TEST_F(ADeviceStatus, IsLookedForBeforeItIsRepeated) {
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

TEST_F(ADeviceStatus, GoesAloneAsAnObject) {
    for (int number = 0; number < 3; ++number) outbox_.add(deviceStatus(number));
    EXPECT_TRUE(drain());
    EXPECT_EQ(site_.requestsTo("/api/v1/devicestatus.json"), 3U);
    for (const auto& request : site_.server.requests()) EXPECT_TRUE(request.body.starts_with('{'));
}

TEST_F(ADeviceStatus, IsDroppedAfterHalfAnHour) {
    const UtcMilliseconds now = deviceStatus(7).time; // one every five minutes
    clock_.setUtc(std::chrono::floor<std::chrono::seconds>(now));
    for (int number = 0; number < 8; ++number) outbox_.add(deviceStatus(number));
    EXPECT_TRUE(drain());
    EXPECT_EQ(storedCount(), 7U);
    EXPECT_EQ(outbox_.depth(), 0U);
    EXPECT_EQ(uploader_->state().uploaded, 7U);
    EXPECT_EQ(uploader_->state().setAside, 0U);
}

} // namespace
} // namespace nightscout::testing
