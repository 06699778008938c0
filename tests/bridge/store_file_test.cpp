// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <fstream>

#include "bridge/store/damage.hpp"
#include "bridge/store/store.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string refusal(const fs::path& file, Store::Access access = Store::Access::ReadWrite) {
    try {
        const Store store(file, access);
    } catch (const StoreError& error) {
        return error.what();
    }
    return "opened";
}

void executeRaw(const fs::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
}

TEST(StoreFile, IsReadableByItsOwnerOnly) {
    const TemporaryDirectory directory;
    Store store(directory / "state/history.db");
    store.pump("NG1234567H");
    const auto mode = fs::perms::owner_read | fs::perms::owner_write;
    EXPECT_EQ(fs::status(directory / "state/history.db").permissions(), mode);
    EXPECT_EQ(fs::status(directory / "state/history.db-wal").permissions(), mode);
    EXPECT_EQ(fs::status(directory / "state").permissions(), fs::perms::owner_all);
}

TEST(StoreFile, SurvivesReopening) {
    const TemporaryDirectory directory;
    PumpId pump = 0;
    {
        Store store(directory / "history.db");
        pump = store.pump("NG1234567H").id;
        store.addRecords(pump, recordsFromTo(1, 10), kNow);
    }
    const Store store(directory / "history.db");
    EXPECT_EQ(store.recordCount(pump), 10U);
}

TEST(StoreFile, CanBeReadWhileTheServiceWrites) {
    const TemporaryDirectory directory;
    Store writer(directory / "history.db");
    const PumpId pump = writer.pump("NG1234567H").id;
    const Store reader(directory / "history.db", Store::Access::ReadOnly);
    writer.addRecords(pump, recordsFromTo(1, 10), kNow);
    EXPECT_EQ(reader.recordCount(pump), 10U);
}

TEST(StoreFile, CannotBeWrittenThroughAReadOnlyStore) {
    const TemporaryDirectory directory;
    Store writer(directory / "history.db");
    const PumpId pump = writer.pump("NG1234567H").id;
    Store reader(directory / "history.db", Store::Access::ReadOnly);
    EXPECT_THROW(reader.addRecords(pump, recordsFromTo(1, 1), kNow), StoreError);
}

TEST(StoreFile, OfAnotherProgramIsRefused) {
    const TemporaryDirectory directory;
    executeRaw(directory / "other.db", "CREATE TABLE photo (id INTEGER)");
    EXPECT_THAT(refusal(directory / "other.db"), HasSubstr("another program"));
}

TEST(StoreFile, ThatIsNoDatabaseIsRefused) {
    const TemporaryDirectory directory;
    const auto file = directory.write("notes.txt", std::string(4096, 'x'));
    EXPECT_THAT(refusal(file), HasSubstr("not a pump-bridge database"));
    EXPECT_EQ(readAll(file), std::string(4096, 'x'));
}

const std::string kBackToVersion5 =
    "DROP TABLE uploaded_sum; CREATE INDEX uploaded_by_time ON uploaded (collection, time_ms); "
    "DROP INDEX record_reference; CREATE INDEX record_reference ON record (pump, epoch, sequence) "
    "WHERE substr(raw, 1, 2) IN (x'0ef0', x'0f00'); PRAGMA user_version = 5; ";

const std::string kBackToVersion4 =
    kBackToVersion5 + "DROP INDEX record_wrong_time; PRAGMA user_version = 4; ";

const std::string kBackToVersion3 = kBackToVersion4 + R"sql(
DROP TABLE refusal;
CREATE TABLE refused (
    identifier TEXT    PRIMARY KEY,
    operation  INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
)sql";

/// Takes away what version 3 has added, and the later ones.
const std::string kBackToVersion2 =
    kBackToVersion3 +
    "DROP TABLE clock_offset; ALTER TABLE pump ADD COLUMN measured_offset INTEGER; "
    "ALTER TABLE record DROP COLUMN time_source; ALTER TABLE trend DROP COLUMN milligrams; "
    "PRAGMA user_version = 2";

TEST(StoreFile, OfTheSecondVersionKeepsPublishedTimesAndDropsTheOffset) {
    const TemporaryDirectory directory;
    PumpId pump = 0;
    {
        Store store(directory / "history.db");
        pump = store.pump("NG1234567H").id;
        store.addRecords(pump, recordsFromTo(1, 10), kNow);
        store.queueDocuments(pump, {}, std::vector<Store::Published>{{3, kNow}, {4, kNow}});
        store.addTrend(pump, {});
    }
    executeRaw(directory / "history.db", kBackToVersion2.c_str());
    executeRaw(directory / "history.db", "UPDATE pump SET measured_offset = 7200");
    Store store(directory / "history.db");
    EXPECT_THAT(store.clockOffsets(pump), ::testing::IsEmpty());
    EXPECT_THAT(store.oldTimes(pump), ::testing::ElementsAre(3, 4));
    EXPECT_EQ(store.records(pump, {3, 3}).front().publishedAt, kNow);
    EXPECT_EQ(store.trends(pump, {}, {}).size(), 1U);
    // What is published from now on is not of an earlier version.
    store.queueDocuments(pump, {}, std::vector<Store::Published>{{5, kNow}});
    store.requeueDocuments(pump, {}, std::vector<Store::Published>{{4, kNow}});
    EXPECT_THAT(store.oldTimes(pump), ::testing::ElementsAre(3));
}

TEST(StoreFile, OfTheFirstVersionIsBroughtUpToDate) {
    const TemporaryDirectory directory;
    PumpId pump = 0;
    {
        Store store(directory / "history.db");
        pump = store.pump("NG1234567H").id;
        store.addRecords(pump, recordsFromTo(1, 10), kNow);
    }
    executeRaw(directory / "history.db",
               (kBackToVersion2 + "; DROP TABLE trend; PRAGMA user_version = 1").c_str());
    EXPECT_THAT(refusal(directory / "history.db", Store::Access::ReadOnly), HasSubstr("older pump-bridge"));
    Store store(directory / "history.db");
    EXPECT_EQ(store.recordCount(pump), 10U);
    store.addTrend(pump, {});
    EXPECT_EQ(store.trends(pump, {}, {}).size(), 1U);
}

TEST(StoreFile, OfTheSecondVersionMapsAnewWhatWasSetAsideTooSoon) {
    for (const bool refused : {true, false}) {
        const TemporaryDirectory directory;
        PumpId pump = 0;
        {
            Store store(directory / "history.db");
            pump = store.pump("NG1234567H").id;
            store.addRecords(pump, recordsFromTo(1, 10), kNow);
            store.addRecords(pump, recordsFromTo(20, 30), kNow);
            store.markPublished(pump, {1, 25});
        }
        executeRaw(
            directory / "history.db",
            (kBackToVersion3 + (refused ? "INSERT INTO refused VALUES ('x', 0, x'00', '500', '{}')" : ""))
                .c_str());
        Store store(directory / "history.db");
        EXPECT_EQ(store.unpublished(pump), refused ? (std::vector<SequenceRange>{{1, 10}, {20, 30}})
                                                   : (std::vector<SequenceRange>{{26, 30}}));
        EXPECT_EQ(store.refusedDocuments().count, 0U);
        store.markPublished(pump, {1, 30});
        EXPECT_TRUE(store.unpublished(pump).empty());
    }
}

/// A store of version `back` that has sent an entry and a treatment, opened by this version.
class AnOlderStoreFile : public ::testing::TestWithParam<int> {
protected:
    AnOlderStoreFile() {
        {
            Store store(file);
            pump = store.pump("NG1234567H").id;
            store.addRecords(pump, recordsFromTo(1, 10), kNow);
            store.addRecords(pump, std::vector{kReference}, kNow);
            store.markPublished(pump, {1, 11});
            store.queueDocuments(pump, std::vector{entry(1), treatment(2)},
                                 std::vector<Store::Published>{{3, kNow}});
            send(store);
            store.queueDocuments(pump, std::vector{treatment(3)}, {});
        }
        const std::array<std::string, 5> back{kBackToVersion2 + "; DROP TABLE trend; PRAGMA user_version = 1",
                                              kBackToVersion2, kBackToVersion3, kBackToVersion4,
                                              kBackToVersion5};
        executeRaw(file, back.at(static_cast<std::size_t>(GetParam() - 1)).c_str());
    }
    static void send(Store& store) {
        for (auto items = store.next(1, 1000, kNow); !items.empty(); items = store.next(1, 1000, kNow))
            store.acknowledge(std::vector<nightscout::Acknowledgement>{{items[0].id, "id"}});
    }

    /// 2026-03-14 09:26.
    const ReceivedRecord kReference{
        11, {0x0e, 0xf0, 0x0b, 0, 0, 0, 0, 0x10, 0x0e, 0x3c, 0xea, 0x07, 0x03, 0x0e, 0x09, 0x1a, 0}};
    TemporaryDirectory directory;
    fs::path file = directory / "history.db";
    PumpId pump = 0;
};

TEST_P(AnOlderStoreFile, KeepsAllAndGoesOn) {
    EXPECT_THAT(refusal(file, Store::Access::ReadOnly), HasSubstr("older pump-bridge"));
    Store store(file);
    EXPECT_EQ(store.recordCount(pump), 11U);
    EXPECT_EQ(store.records(pump, {3, 3}).front().publishedAt, kNow);
    ASSERT_EQ(store.references(pump, {1, 11}).size(), 1U);
    EXPECT_EQ(store.references(pump, {1, 11}).front().raw, kReference.raw);
    EXPECT_TRUE(store.unpublished(pump).empty());
    EXPECT_EQ(store.uploadedCount(), 2U);
    EXPECT_EQ(store.depth(), 1U);
    EXPECT_TRUE(store.isUploaded(entry(1)));
    EXPECT_EQ(store.queueDocuments(pump, std::vector{entry(1), treatment(2)}, {}).known, 2U);
    // Of entries what is newer than all that was sent comes first, with its treatments; then the older ones.
    store.queueDocuments(pump, std::vector{entry(0), entry(5)}, {});
    std::vector<std::string> order;
    for (auto items = store.next(1, 1000, kNow); !items.empty(); items = store.next(1, 1000, kNow)) {
        order.push_back(items[0].document.identifier);
        store.acknowledge(std::vector<nightscout::Acknowledgement>{{items[0].id, "id"}});
    }
    EXPECT_THAT(order, ::testing::ElementsAre("sgv5", "bolus3", "sgv0"));
    EXPECT_EQ(store.uploadedCount(), 5U);
}

INSTANTIATE_TEST_SUITE_P(OfVersion, AnOlderStoreFile, ::testing::Range(1, 6),
                         ::testing::PrintToStringParamName());

TEST(StoreFile, OfLargePagesIsWrittenAnewWhenNobodyElseHasIt) {
    const TemporaryDirectory directory;
    const auto file = directory / "history.db";
    PumpId pump = 0;
    {
        Store store(file);
        pump = store.pump("NG1234567H").id;
        store.addRecords(pump, recordsFromTo(1, 2000), kNow);
    }
    const auto pageSize = [&file] {
        const std::string header = readAll(file);
        return static_cast<unsigned char>(header.at(16)) * 256 + static_cast<unsigned char>(header.at(17));
    };
    EXPECT_EQ(pageSize(), 1024);
    executeRaw(file, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM");
    ASSERT_EQ(pageSize(), 4096);
    {
        const Store reader(file, Store::Access::ReadOnly);
        EXPECT_EQ(reader.recordCount(pump), 2000U);
    }
    Store store(file);
    EXPECT_EQ(pageSize(), 1024);
    EXPECT_EQ(store.recordCount(pump), 2000U);
}

TEST(StoreFile, ThatIsDamagedSaysSoOnceAndIsSetAside) {
    const TemporaryDirectory directory;
    const auto file = directory / "history.db";
    PumpId pump = 0;
    {
        Store store(file);
        pump = store.pump("NG1234567H").id;
        store.setSetting("mobile-name", "123456");
        store.addRecords(pump, recordsFromTo(1, 4000), kNow);
    }
    {
        std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
        raw.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
        raw << std::string(fs::file_size(file) / 4, '\xff');
    }
    {
        Store store(file);
        int damaged = 0;
        store.onDamage([&damaged] { ++damaged; });
        for (int i = 0; i < 2; ++i) {
            try {
                (void)store.records(pump, {0, 0xffffffff});
                FAIL() << "read through the damage";
            } catch (const StoreError& error) {
                EXPECT_EQ(error.kind(), StoreErrorKind::Damaged) << error.what();
            }
        }
        EXPECT_EQ(damaged, 1);
    }
    const std::string before = readAll(file);
    const auto aside = setDamagedStoreAside(file, kNow);
    EXPECT_THAT(aside.filename().string(), ::testing::StartsWith("history.db.damaged-2026"));
    EXPECT_EQ(readAll(aside), before);
    const Store fresh(file);
    EXPECT_EQ(fresh.setting("mobile-name"), "123456") << "the name that the pump knows us by";
    EXPECT_TRUE(fresh.pumps().empty());
}

TEST(StoreFile, OfANewerVersionIsRefused) {
    const TemporaryDirectory directory;
    { const Store store(directory / "history.db"); }
    executeRaw(directory / "history.db", "PRAGMA user_version = 99");
    EXPECT_THAT(refusal(directory / "history.db"), HasSubstr("newer pump-bridge"));
}

TEST(StoreFile, ThatIsMissingIsNotMadeForReaders) {
    const TemporaryDirectory directory;
    EXPECT_THAT(refusal(directory / "history.db", Store::Access::ReadOnly), HasSubstr("does not exist"));
    EXPECT_FALSE(fs::exists(directory / "history.db"));
}

TEST(StoreFile, InAPlaceThatCannotBeMadeIsNamed) {
    const TemporaryDirectory directory;
    const auto file = directory.write("file", "");
    EXPECT_THAT(refusal(file / "history.db"), HasSubstr(file.string()));
}

} // namespace
} // namespace bridge::test
