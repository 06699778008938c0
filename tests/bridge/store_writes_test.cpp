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
