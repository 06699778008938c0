// SPDX-License-Identifier: MIT
// When the store waits for the disk. The C library's calls are taken over by this program, and counted.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bridge/store/store.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace {
int syncs = 0;
} // namespace

extern "C" int fsync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fsync, file));
}
extern "C" int fdatasync(int file) {
    ++syncs;
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace bridge::test {
namespace {

class StoreWrites : public ::testing::Test {
protected:
    StoreWrites() {
        (void)syncsOf([this] { store.setSetting("any", "thing"); });
    }

    template <typename Action>
    int syncsOf(const Action& action) {
        const int before = syncs;
        action();
        return syncs - before;
    }
    nightscout::Document status() {
        nightscout::Document document = treatment(1);
        document.collection = nightscout::Collection::DeviceStatus;
        return document;
    }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    PumpId pump = store.pump("NG1234567H").id;
};

TEST_F(StoreWrites, WaitForTheDiskBeforeADocumentCanGoOut) {
    store.addRecords(pump, recordsFromTo(1, 5), kNow);
    const std::vector documents{entry(1)};
    EXPECT_EQ(syncsOf([&] { store.queueDocuments(pump, documents, {}); }), 1);
    const std::vector<Store::Published> times{{1, kNow}};
    EXPECT_EQ(syncsOf([&] { store.queueDocuments(pump, {}, times); }), 1);
}

TEST_F(StoreWrites, DoNotWaitForWhatCanBeHadAgain) {
    EXPECT_EQ(syncsOf([&] { store.addRecords(pump, recordsFromTo(1, 5), kNow); }), 0);
    EXPECT_EQ(syncsOf([&] { store.queueDocuments(pump, std::vector{status()}, {}); }), 0);
    EXPECT_EQ(syncsOf([&] { store.addTrend(pump, {}); }), 0);
    const auto items = store.next(10, 10000, {});
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(syncsOf([&] {
                  store.countAttempt(std::vector{items[0].id});
                  store.acknowledge(std::vector<nightscout::Acknowledgement>{{items[0].id, "id"}});
              }),
              0);
}

TEST_F(StoreWrites, WaitOnceForAGroup) {
    EXPECT_EQ(syncsOf([&] {
                  store.addRecords(pump, recordsFromTo(1, 5), kNow);
                  Store::Group group(store);
                  store.queueDocuments(pump, std::vector{entry(1)}, {});
                  store.setSetting("events", "{}");
                  store.markPublished(pump, {1, 5});
                  group.commit();
              }),
              1);
    EXPECT_EQ(store.depth(), 1U);
    EXPECT_TRUE(store.unpublished(pump).empty());
}

class GroupedStoreWrites : public StoreWrites {
protected:
    GroupedStoreWrites() {
        store.groupCommits([this] { ++opened; });
    }
    /// What another process sees.
    std::uint64_t committed() {
        return Store(directory / "history.db", Store::Access::ReadOnly).recordCount(pump);
    }
    int opened = 0;
};

TEST_F(GroupedStoreWrites, WaitForTheFlush) {
    EXPECT_EQ(syncsOf([&] {
                  store.addTrend(pump, {});
                  store.queueDocuments(pump, std::vector{status()}, {});
                  store.addRecords(pump, recordsFromTo(1, 5), kNow);
              }),
              0);
    EXPECT_EQ(opened, 1);
    EXPECT_EQ(committed(), 0U);
    EXPECT_EQ(store.recordCount(pump), 5U);
    EXPECT_EQ(syncsOf([&] { store.flush(); }), 0);
    EXPECT_EQ(committed(), 5U);
    store.addTrend(pump, {});
    EXPECT_EQ(opened, 2);
}

TEST_F(GroupedStoreWrites, AreOnTheDiskBeforeADocumentCanGoOut) {
    store.addTrend(pump, {}); // what was begun without a sync
    store.addRecords(pump, recordsFromTo(1, 5), kNow);
    EXPECT_EQ(syncsOf([&] { store.queueDocuments(pump, std::vector{entry(1)}, {}); }), 1);
    EXPECT_EQ(committed(), 5U);
    store.addRecords(pump, recordsFromTo(6, 9), kNow);
    EXPECT_EQ(syncsOf([&] {
                  Store::Group group(store);
                  store.queueDocuments(pump, std::vector{entry(2)}, {});
                  group.commit();
              }),
              1);
    EXPECT_EQ(committed(), 9U);
}

TEST_F(GroupedStoreWrites, KeepWhatWaitsWhenAGroupIsNotCommitted) {
    store.addRecords(pump, recordsFromTo(1, 5), kNow);
    {
        Store::Group group(store);
        store.queueDocuments(pump, std::vector{entry(1)}, {});
    }
    EXPECT_EQ(store.depth(), 0U);
    store.flush();
    EXPECT_EQ(committed(), 5U);
}

TEST_F(GroupedStoreWrites, AreCommittedAtTheEnd) {
    {
        Store other(directory / "other.db");
        other.groupCommits([] {});
        other.addRecords(other.pump("NG1234567H").id, recordsFromTo(1, 5), kNow);
    }
    const Store again(directory / "other.db");
    EXPECT_EQ(again.recordCount(again.pumps().front().id), 5U);
}

// What it sent is not known: a document that may be on the site is neither replaced in place nor forgotten.
TEST_F(GroupedStoreWrites, OfAProcessThatWasKilledAreTakenForSent) {
    store.queueDocuments(pump, std::vector{treatment(1)}, {});
    for (const bool killed : {true, false}) {
        const auto file = directory / (killed ? "killed.db" : "ended.db");
        store.flush();
        std::filesystem::copy_file(directory / "history.db", file);
        std::filesystem::copy_file(directory / "history.db-wal", file.string() + "-wal");
        if (!killed) {
            Store ended(file);
            ended.setSetting("commits-grouped", "0");
        }
        Store next(file);
        next.groupCommits([] {});
        next.queueDocuments(pump, std::vector{treatment(1, R"({"other":1})")}, {});
        EXPECT_EQ(next.depth(), killed ? 2U : 1U);
        EXPECT_EQ(next.next(1, 1000, kNow).at(0).attempts, killed ? 1 : 0);
    }
}

TEST_F(StoreWrites, UndoAGroupThatIsNotCommitted) {
    store.addRecords(pump, recordsFromTo(1, 5), kNow);
    {
        Store::Group group(store);
        store.queueDocuments(pump, std::vector{entry(1)}, {});
        store.markPublished(pump, {1, 5});
    }
    EXPECT_EQ(store.depth(), 0U);
    EXPECT_EQ(store.unpublished(pump).size(), 1U);
    store.queueDocuments(pump, std::vector{entry(1)}, {});
    EXPECT_EQ(store.depth(), 1U) << "and goes on";
}

} // namespace
} // namespace bridge::test
