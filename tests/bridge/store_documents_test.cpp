// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/store/store.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using nightscout::Acknowledgement;
using nightscout::Collection;
using nightscout::Document;
using nightscout::Operation;
using nightscout::OutboxItem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kMany = 1000;
constexpr std::size_t kLarge = 1'000'000;

class StoreDocuments : public ::testing::Test {
protected:
    QueueResult queue(const std::vector<Document>& documents) {
        return store().queueDocuments(pump, documents, {});
    }

    std::vector<OutboxItem> next(std::size_t limit = kMany, std::size_t bytes = kLarge) {
        return store().next(limit, bytes, kNow);
    }

    static std::vector<std::string> names(const std::vector<OutboxItem>& items) {
        std::vector<std::string> names;
        names.reserve(items.size());
        for (const auto& item : items) names.push_back(item.document.identifier);
        return names;
    }

    void acknowledge(const std::vector<OutboxItem>& items, const std::optional<std::string>& serverId = {}) {
        std::vector<Acknowledgement> acknowledgements;
        acknowledgements.reserve(items.size());
        for (const auto& item : items) acknowledgements.push_back({item.id, serverId});
        store().acknowledge(acknowledgements);
    }

    /// The names of every batch until nothing is due.
    std::vector<std::vector<std::string>> drain(std::size_t limit) {
        std::vector<std::vector<std::string>> batches;
        for (auto items = next(limit); !items.empty(); items = next(limit)) {
            batches.push_back(names(items));
            acknowledge(items);
        }
        return batches;
    }

    static nightscout::Refusal refusal(int occasions, std::chrono::seconds wait,
                                       const std::string& reason = "400 Bad Request") {
        return {occasions, kNow, occasions >= 3, kNow + wait, reason};
    }

    Store& store() { return *store_; }
    void reopen() {
        store_.reset();
        store_ = std::make_unique<Store>(directory / "history.db");
    }

    TemporaryDirectory directory;
    std::unique_ptr<Store> store_ = std::make_unique<Store>(directory / "history.db");
    PumpId pump = store_->pump("NG1234567H").id;
};

TEST_F(StoreDocuments, GiveBackWhatWasQueued) {
    Document original = treatment(3, R"({"insulin":1.5})");
    original.supersedes = "carbs3";
    queue({original});
    const auto items = next();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].document, original);
    EXPECT_EQ(items[0].operation, Operation::Post);
    EXPECT_EQ(items[0].attempts, 0);
    EXPECT_FALSE(items[0].serverId);
}

TEST_F(StoreDocuments, AreSentInTheOrderThatShowsThePresentFirst) {
    Document status = document(Collection::DeviceStatus, "status", 30);
    Document secondStatus = document(Collection::DeviceStatus, "status2", 35);
    queue({entry(0), treatment(1), entry(5), status, treatment(2), entry(10), secondStatus});
    EXPECT_THAT(drain(2), ElementsAre(ElementsAre("sgv10", "sgv5"), ElementsAre("bolus1", "bolus2"),
                                      ElementsAre("sgv0"), ElementsAre("status", "status2")));
    EXPECT_EQ(store().depth(), 0U);
}

TEST_F(StoreDocuments, LetANewGlucoseValueOvertakeABacklog) {
    queue({entry(0), entry(5), treatment(1)});
    acknowledge(next(1));
    queue({entry(20)});
    EXPECT_THAT(names(next()), ElementsAre("sgv20"));
}

TEST_F(StoreDocuments, StayWithinTheByteLimitButNeverStall) {
    queue({treatment(1, std::string(60, 'a')), treatment(2, std::string(60, 'b')), treatment(3, "c")});
    EXPECT_EQ(next(kMany, 100).size(), 1U);
    EXPECT_EQ(next(kMany, 120).size(), 2U);
    EXPECT_EQ(next(kMany, 10).size(), 1U);
    EXPECT_THAT(next(0, kLarge), IsEmpty());
}

TEST_F(StoreDocuments, WaitWhileTheirCollectionIsHeld) {
    queue({entry(0), treatment(1)});
    store().setHeld(Collection::Entries, true);
    EXPECT_THAT(names(next()), ElementsAre("bolus1"));
    store().setHeld(Collection::Treatments, true);
    EXPECT_THAT(next(), IsEmpty());
    EXPECT_EQ(store().depth(), 2U);
}

TEST_F(StoreDocuments, AreQueuedOnce) {
    EXPECT_EQ(queue({entry(0), treatment(1)}).added, 2U);
    EXPECT_EQ(queue({entry(0), treatment(1)}).known, 2U);
    drain(kMany);
    EXPECT_EQ(queue({entry(0), treatment(1)}).known, 2U);
    EXPECT_EQ(store().depth(), 0U);
    EXPECT_EQ(store().uploadedCount(), 2U);
}

TEST_F(StoreDocuments, AreReplacedInPlaceWhileNobodySawThem) {
    queue({treatment(1, "old")});
    EXPECT_EQ(queue({treatment(1, "new")}).changed, 1U);
    EXPECT_EQ(store().depth(), 1U);
    const auto items = next();
    EXPECT_EQ(items[0].operation, Operation::Post);
    EXPECT_EQ(items[0].document.body, "new");
}

TEST_F(StoreDocuments, AreUpdatedBehindAPostThatMayHaveArrived) {
    queue({treatment(1, "old")});
    store().countAttempt(std::vector{next()[0].id});
    reopen();
    EXPECT_EQ(queue({treatment(1, "new")}).changed, 1U);
    const auto post = next();
    ASSERT_EQ(post.size(), 1U);
    EXPECT_EQ(post[0].operation, Operation::Post);
    EXPECT_EQ(post[0].document.body, "old");
    EXPECT_EQ(post[0].attempts, 1);
    acknowledge(post, "5f0000000000000000000001");
    const auto put = next();
    ASSERT_EQ(put.size(), 1U);
    EXPECT_EQ(put[0].operation, Operation::Put);
    EXPECT_EQ(put[0].document.body, "new");
    EXPECT_EQ(put[0].serverId, "5f0000000000000000000001");
    acknowledge(put);
    EXPECT_EQ(queue({treatment(1, "new")}).known, 1U);
}

TEST_F(StoreDocuments, ThatChangeWhileUnderWayAreNotForgotten) {
    queue({treatment(1, "first")});
    const auto underWay = next();
    queue({treatment(1, "second")});
    acknowledge(underWay);
    const auto put = next();
    ASSERT_EQ(put.size(), 1U);
    queue({treatment(1, "third")});
    acknowledge(put);
    const auto last = next();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].operation, Operation::Put);
    EXPECT_EQ(last[0].document.body, "third");
}

TEST_F(StoreDocuments, AreUpdatedAfterTheirUpload) {
    queue({treatment(1, "old")});
    acknowledge(next(), "5f0000000000000000000001");
    reopen();
    EXPECT_EQ(queue({treatment(1, "new")}).changed, 1U);
    const auto put = next();
    ASSERT_EQ(put.size(), 1U);
    EXPECT_EQ(put[0].operation, Operation::Put);
    EXPECT_EQ(put[0].serverId, "5f0000000000000000000001");
}

TEST_F(StoreDocuments, OfGlucoseNeverChangeOnceQueued) {
    queue({entry(0, "old")});
    EXPECT_EQ(queue({entry(0, "new")}).known, 1U);
    const auto items = next();
    EXPECT_EQ(items[0].document.body, "old");
    acknowledge(items);
    EXPECT_EQ(queue({entry(0, "new")}).known, 1U);
    EXPECT_THAT(next(), IsEmpty());
}

TEST_F(StoreDocuments, ThatAreSupersededUnseenLeaveNoTrace) {
    queue({treatment(1)});
    Document successor = treatment(2);
    successor.supersedes = "bolus1";
    queue({successor});
    EXPECT_THAT(drain(kMany), ElementsAre(ElementsAre("bolus2")));
}

TEST_F(StoreDocuments, ThatAreSupersededAfterUploadAreDeletedOnceTheSuccessorIsThere) {
    queue({treatment(1)});
    acknowledge(next(), "5f0000000000000000000001");
    Document successor = treatment(2);
    successor.supersedes = "bolus1";
    queue({successor});
    queue({successor});
    const auto post = next();
    EXPECT_THAT(names(post), ElementsAre("bolus2"));
    acknowledge(post);
    const auto deletion = next();
    ASSERT_THAT(names(deletion), ElementsAre("bolus1"));
    EXPECT_EQ(deletion[0].operation, Operation::Delete);
    EXPECT_EQ(deletion[0].document.body, "");
    EXPECT_EQ(deletion[0].document.time, treatment(1).time);
    EXPECT_EQ(deletion[0].serverId, "5f0000000000000000000001");
    acknowledge(deletion);
    queue({successor});
    EXPECT_EQ(store().depth(), 0U);
    EXPECT_EQ(store().uploadedCount(), 1U);
}

TEST_F(StoreDocuments, ThatAreSupersededWhileUnderWayAreDeleted) {
    queue({treatment(1)});
    const auto underWay = next();
    Document successor = treatment(2);
    successor.supersedes = "bolus1";
    queue({successor});
    acknowledge(underWay);
    EXPECT_THAT(drain(kMany), ElementsAre(ElementsAre("bolus2"), ElementsAre("bolus1")));
}

TEST_F(StoreDocuments, StayUntilTheirRefusedSuccessorIsTaken) {
    queue({treatment(1)});
    acknowledge(next());
    Document successor = treatment(2);
    successor.supersedes = "bolus1";
    queue({successor});
    store().refuse(next()[0].id, refusal(3, std::chrono::hours(24)));
    EXPECT_THAT(next(), IsEmpty());
    EXPECT_EQ(store().depth(), 0U);
    EXPECT_EQ(store().uploadedCount(), 1U);
    store().retryRefused();
    EXPECT_THAT(drain(kMany), ElementsAre(ElementsAre("bolus2"), ElementsAre("bolus1")));
}

TEST_F(StoreDocuments, ThatAreWantedAgainArePostedBehindTheirDeletion) {
    queue({treatment(1)});
    acknowledge(next());
    Document successor = treatment(2);
    successor.supersedes = "bolus1";
    queue({successor});
    EXPECT_EQ(queue({treatment(1)}).added, 1U);
    EXPECT_THAT(drain(kMany),
                ElementsAre(ElementsAre("bolus2"), ElementsAre("bolus1"), ElementsAre("bolus1")));
}

TEST_F(StoreDocuments, ThatWereRefusedWaitWithoutHoldingUpOthers) {
    queue({treatment(1, "bad"), treatment(2)});
    store().refuse(next(1)[0].id, refusal(1, std::chrono::hours(1), "no such event"));
    EXPECT_THAT(names(next()), ElementsAre("bolus2"));
    EXPECT_EQ(store().depth(), 2U);
    EXPECT_EQ(store().nextRetry(), kNow + std::chrono::hours(1));
    EXPECT_EQ(store().refusedDocuments().count, 1U);
    EXPECT_EQ(store().refusedDocuments().setAside, 0U);
    reopen();
    EXPECT_THAT(names(store().next(kMany, kLarge, kNow + std::chrono::seconds(3599))), ElementsAre("bolus2"));
    const auto again = store().next(kMany, kLarge, kNow + std::chrono::seconds(3600));
    EXPECT_THAT(names(again), ElementsAre("bolus1", "bolus2"));
    EXPECT_EQ(again[0].refusals, 1);
    EXPECT_EQ(again[0].refusedAt, kNow);
}

TEST_F(StoreDocuments, ThatAreSetAsideAreCountedWithTheSitesWordsAndAreNotUploaded) {
    queue({treatment(1, "bad")});
    const auto id = next()[0].id;
    store().refuse(id, refusal(3, std::chrono::hours(24), "no such event"));
    EXPECT_EQ(store().depth(), 0U);
    EXPECT_EQ(store().uploadedCount(), 0U);
    EXPECT_EQ(store().refusedDocuments().setAside, 1U);
    EXPECT_EQ(store().refusedDocuments().reason, "no such event");
    const auto result = queue({treatment(1, "bad")});
    EXPECT_EQ(result.refused, 1U);
    EXPECT_EQ(result.known, 0U);
    EXPECT_FALSE(store().isKnown(treatment(1, "bad")));
    EXPECT_FALSE(store().isUploaded(treatment(1, "bad")));
    store().retryRefused();
    const auto again = next();
    EXPECT_EQ(again[0].refusals, 3);
    acknowledge(again);
    EXPECT_EQ(store().refusedDocuments().count, 0U);
    EXPECT_FALSE(store().nextRetry());
    EXPECT_TRUE(store().isUploaded(treatment(1, "bad")));
}

TEST_F(StoreDocuments, ThatWereRefusedAreTriedAtOnceWithAnotherBody) {
    for (const bool shared : {false, true}) {
        if (shared) store().shareOutbox();
        const int number = shared ? 2 : 1;
        queue({treatment(number, "bad")});
        store().refuse(next()[0].id, refusal(3, std::chrono::hours(24)));
        EXPECT_EQ(queue({treatment(number, "good")}).changed, 1U);
        const auto items = next();
        ASSERT_EQ(items.size(), 1U);
        EXPECT_EQ(items[0].document.body, treatment(number, "good").body);
        EXPECT_EQ(items[0].refusals, 0);
        EXPECT_EQ(store().refusedDocuments().count, 0U);
        acknowledge(items);
    }
}

TEST_F(StoreDocuments, ThatChangedWhileTheyWereRefusedAreReplaced) {
    queue({treatment(1, "bad")});
    const auto underWay = next();
    queue({treatment(1, "good")});
    store().refuse(underWay[0].id, refusal(1, std::chrono::hours(1)));
    const auto items = next();
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].document.body, treatment(1, "good").body);
    EXPECT_EQ(store().refusedDocuments().count, 0U);
}

TEST_F(StoreDocuments, AreUploadedWhenTheSiteHasThatBodyAndNothingWaits) {
    queue({treatment(1, "a")});
    EXPECT_FALSE(store().isUploaded(treatment(1, "a")));
    acknowledge(next());
    EXPECT_TRUE(store().isUploaded(treatment(1, "a")));
    EXPECT_FALSE(store().isUploaded(treatment(1, "b")));
    queue({treatment(1, "b")});
    EXPECT_FALSE(store().isUploaded(treatment(1, "a")));
}

TEST_F(StoreDocuments, WhoseUpdateWasRefusedAreNotUpdatedAgainAndAgain) {
    queue({treatment(1, "good")});
    acknowledge(next());
    queue({treatment(1, "bad")});
    store().refuse(next()[0].id, refusal(1, std::chrono::hours(1)));
    EXPECT_EQ(queue({treatment(1, "bad")}).refused, 1U);
    EXPECT_THAT(next(), IsEmpty());
}

TEST_F(StoreDocuments, FixTheTimeOfTheirRecordForGood) {
    store().addRecords(pump, recordsFromTo(1001, 1002), kNow);
    const std::vector<Store::Published> first{{1001, kNow}};
    store().queueDocuments(pump, std::vector{treatment(1)}, first);
    const std::vector<Store::Published> later{{1001, kNow + std::chrono::hours(1)}};
    store().queueDocuments(pump, std::vector{treatment(1)}, later);
    const auto records = store().records(pump, {1001, 1002});
    EXPECT_EQ(records[0].publishedAt, kNow);
    EXPECT_FALSE(records[1].publishedAt);
}

TEST_F(StoreDocuments, IgnoreAcknowledgementsOfUnknownRows) {
    store().acknowledge(std::vector{Acknowledgement{77, "x"}});
    store().refuse(78, refusal(3, std::chrono::hours(24)));
    EXPECT_EQ(store().uploadedCount(), 0U);
    EXPECT_EQ(store().refusedDocuments().count, 0U);
}

} // namespace
} // namespace bridge::test
