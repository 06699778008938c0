// SPDX-License-Identifier: MIT
#include "nightscout/upload/site_documents.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "scripted_site.hpp"

namespace nightscout::testing {
namespace {

using namespace std::chrono_literals;

constexpr UtcMilliseconds kFrom{1773476940000ms};
constexpr UtcMilliseconds kBefore{1773477000022ms};

TEST(SiteDocuments, AreAskedForByTimeAndName) {
    EXPECT_EQ(siteDocumentsPath(Collection::Entries, kFrom, kBefore),
              "/api/v1/entries.json?find[date][$gte]=1773476940000&find[date][$lt]=1773477000022"
              "&find[device][$regex]=%5Eminimed-780g%3A&count=500");
    EXPECT_EQ(siteDocumentsPath(Collection::Treatments, kFrom, kBefore),
              "/api/v1/treatments.json?find[created_at][$gte]=2026-03-14T08:29:00.000Z"
              "&find[created_at][$lt]=2026-03-14T08:30:00.022Z&find[enteredBy]=%2Fminimed-780g%2F&count=500");
}

TEST(SiteDocuments, AreReadWithTheirTimes) {
    const auto entries = readSiteDocuments(
        Collection::Entries,
        R"([{"identifier":"b7","date":1773476940000},{"date":1773476000000},{"identifier":"x"},7])");
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->documents.size(), 1U);
    EXPECT_EQ(entries->documents[0].identifier, "b7");
    EXPECT_EQ(entries->documents[0].time, kFrom);
    EXPECT_EQ(entries->oldest, UtcMilliseconds{1773476000000ms}) << "of what has no identifier too";
    EXPECT_FALSE(entries->full);

    const auto treatments = readSiteDocuments(
        Collection::Treatments,
        R"([{"identifier":"a","created_at":"2026-03-14T08:30:00.022Z"},{"identifier":"b","created_at":"soon"}])");
    ASSERT_TRUE(treatments);
    ASSERT_EQ(treatments->documents.size(), 1U);
    EXPECT_EQ(treatments->documents[0].time, kBefore);
}

TEST(SiteDocuments, AreAList) {
    EXPECT_FALSE(readSiteDocuments(Collection::Entries, R"({"status":"ok"})"));
    EXPECT_FALSE(readSiteDocuments(Collection::Entries, "<html>"));
    EXPECT_TRUE(readSiteDocuments(Collection::Entries, "[]"));
}

/// Needs two answers.
class TwoQuestions final : public Inquiry {
public:
    [[nodiscard]] bool isOpen() const override { return answers < 2; }
    asio::awaitable<Reply> ask(UploadApi& api) override {
        auto listed = co_await api.list(Collection::Entries, kFrom, kBefore);
        if (listed.reply.accepted()) ++answers;
        co_return std::move(listed.reply);
    }
    int answers = 0;
};

class AnInquiry : public ScriptedSiteTest {
protected:
    void SetUp() override {
        uploader_->setInquiry(inquiry_);
        addTreatments(2);
    }
    TwoQuestions inquiry_;
};

TEST_F(AnInquiry, IsAnsweredBeforeAnythingIsSent) {
    EXPECT_TRUE(drain());
    EXPECT_EQ(inquiry_.answers, 2);
    const auto& requests = site_.server.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].method, "GET");
    EXPECT_EQ(requests[1].method, "GET");
    EXPECT_EQ(requests[2].method, "POST");
}

TEST_F(AnInquiry, WaitsForASiteThatFailsAsAnUploadDoes) {
    failFirst(2, html(503));
    EXPECT_TRUE(drain());
    EXPECT_EQ(inquiry_.answers, 2);
    EXPECT_EQ(storedCount(), 2U);
    EXPECT_EQ(logged("upload works again after failures=2"), 1);
}

TEST_F(AnInquiry, OfASiteThatStaysSilentKeepsWhatWaits) {
    failFirst(100, html(503));
    EXPECT_FALSE(drain());
    EXPECT_EQ(outbox_.depth(), 2U);
    EXPECT_EQ(uploader_->state().health, UploadHealth::Failing);
}

} // namespace
} // namespace nightscout::testing
