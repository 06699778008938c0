// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/store/store.hpp"
#include "measured_clock.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SequenceRange kAll{0, 0xffffffff};

class StoreRecords : public ::testing::Test {
protected:
    Store::AddResult add(const std::vector<ReceivedRecord>& records) {
        return store.addRecords(pump, records, kNow);
    }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    PumpId pump = store.pump("NG1234567H").id;
};

TEST_F(StoreRecords, KeepsBytesAndTimeOfReceipt) {
    add({record(7, 3)});
    const auto stored = store.records(pump, kAll);
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_EQ(stored[0].sequenceNumber, 7U);
    EXPECT_EQ(stored[0].raw, record(7, 3).raw);
    EXPECT_EQ(stored[0].receivedAt, kNow);
    EXPECT_FALSE(stored[0].publishedAt);
}

TEST_F(StoreRecords, CountsRepeatedRecordsAsKnown) {
    const auto first = add(recordsFromTo(10, 14));
    EXPECT_EQ(first.added, 5U);
    const auto second = add(recordsFromTo(12, 16));
    EXPECT_EQ(second.added, 2U);
    EXPECT_EQ(second.known, 3U);
    EXPECT_FALSE(second.newEpoch);
    EXPECT_EQ(store.recordCount(pump), 7U);
}

TEST_F(StoreRecords, HoldsTheWholeRangeOfSequenceNumbers) {
    add({record(0), record(0xfffffffe)});
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{0, 0}, SequenceRange{0xfffffffe, 0xfffffffe}));
    EXPECT_EQ(store.records(pump, {0xfffffffe, 0xffffffff}).size(), 1U);
}

TEST_F(StoreRecords, JoinsRangesInWhateverOrderTheyArrive) {
    add(recordsFromTo(20, 24));
    add(recordsFromTo(10, 14));
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{10, 14}, SequenceRange{20, 24}));
    add(recordsFromTo(15, 19));
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{10, 24}));
}

TEST_F(StoreRecords, AcceptsRecordsInAnyOrderWithinABatch) {
    add({record(5), record(3), record(4), record(9)});
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{3, 5}, SequenceRange{9, 9}));
}

TEST_F(StoreRecords, ListsAscendingAndLimited) {
    add({record(5), record(3), record(4)});
    const auto two = store.records(pump, kAll, 2);
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[0].sequenceNumber, 3U);
    EXPECT_EQ(two[1].sequenceNumber, 4U);
}

TEST_F(StoreRecords, AllowsTheStoreToBeUsedWhileRecordsAreVisited) {
    add(recordsFromTo(1, 5));
    std::size_t seen = 0;
    store.forEachRecord(pump, kAll, [&](const StoredRecord&) {
        store.forEachRecord(pump, kAll, [&](const StoredRecord&) { ++seen; });
    });
    EXPECT_EQ(seen, 25U);
}

TEST_F(StoreRecords, CoversAbsentNumbersWithoutHoldingThem) {
    add(recordsFromTo(10, 14));
    store.markAbsent(pump, {15, 17});
    add(recordsFromTo(18, 20));
    EXPECT_THAT(store.covered(pump), ElementsAre(SequenceRange{10, 20}));
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{10, 14}, SequenceRange{18, 20}));
    EXPECT_THAT(store.absent(pump), ElementsAre(SequenceRange{15, 17}));
}

TEST_F(StoreRecords, NeverCallsAHeldRecordAbsent) {
    add(recordsFromTo(10, 12));
    store.markAbsent(pump, {8, 14});
    EXPECT_THAT(store.absent(pump), ElementsAre(SequenceRange{8, 9}, SequenceRange{13, 14}));
    add({record(13)});
    EXPECT_THAT(store.absent(pump), ElementsAre(SequenceRange{8, 9}, SequenceRange{14, 14}));
}

TEST_F(StoreRecords, BeginsAnEpochWhenAHeldNumberComesWithOtherBytes) {
    add(recordsFromTo(100, 110));
    store.noteOldest(pump, 100);
    store.keepClockOffset(pump, measuredClock(100, std::chrono::hours(1)));
    const auto result = add({record(99, 1), record(100, 1), record(111, 1)});
    EXPECT_TRUE(result.newEpoch);
    EXPECT_EQ(result.added, 3U);
    EXPECT_EQ(store.pumps().front().epoch, 1);
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{99, 100}, SequenceRange{111, 111}));
    EXPECT_EQ(store.recordCount(pump), 14U) << "records of earlier epochs are kept";
    EXPECT_FALSE(store.oldest(pump));
    EXPECT_THAT(store.clockOffsets(pump), IsEmpty());
}

TEST_F(StoreRecords, DoesNotGrowWithANumberThatChangesAllTheTime) {
    add(recordsFromTo(100, 110));
    std::size_t refused = 0;
    for (std::uint8_t i = 1; i < 200; ++i) refused += add({record(100, i)}).refused;
    EXPECT_EQ(refused, 196U);
    EXPECT_EQ(store.pumps().front().epoch, 3);
    EXPECT_EQ(store.recordCount(pump), 14U);
    EXPECT_EQ(add({record(100, 250), record(101)}).added, 1U) << "what contradicts nothing is kept";
    const auto later = kNow + std::chrono::hours(24);
    const auto at = [&](std::chrono::sys_seconds time) {
        return store.addRecords(pump, std::vector{record(100, 251)}, time).newEpoch;
    };
    EXPECT_FALSE(at(later - std::chrono::seconds(1)));
    EXPECT_TRUE(at(later)) << "a repair may come";
}

TEST_F(StoreRecords, SeparatesEpochsWithinABatchThatContradictsItself) {
    const auto result = add({record(1), record(2), record(1, 9), record(2, 9)});
    EXPECT_TRUE(result.newEpoch);
    EXPECT_EQ(result.added, 4U);
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{1, 2}));
    EXPECT_EQ(store.records(pump, kAll)[0].raw, record(1, 9).raw);
    EXPECT_EQ(store.recordCount(pump), 4U);
}

TEST_F(StoreRecords, KeepsDataCorruptionApart) {
    const ReceivedRecord corruption{0xffffffff, {0xa6, 0x03, 0xff, 0xff, 0xff, 0xff, 0x10, 0x00}};
    EXPECT_EQ(add({record(1), corruption}).added, 2U);
    EXPECT_EQ(add({corruption}).known, 1U);
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{1, 1}));
    EXPECT_EQ(store.records(pump, kAll).size(), 1U);
}

TEST_F(StoreRecords, FindsReferencesByTheirType) {
    ReceivedRecord vendor{5, {0x0e, 0xf0, 5, 0, 0, 0, 0x10, 0x0e, 0x3c}};
    ReceivedRecord sig{9, {0x0f, 0x00, 9, 0, 0, 0, 0x10, 0x0e, 0x3c}};
    add({record(4), vendor, record(6), sig, {10, {0x0e}}});
    const auto references = store.references(pump, {5, 9});
    ASSERT_EQ(references.size(), 2U);
    EXPECT_EQ(references[0].raw, vendor.raw);
    EXPECT_EQ(references[1].raw, sig.raw);
    EXPECT_THAT(store.references(pump, {6, 8}), IsEmpty());
}

// The index names the types in SQL, which takes no list from the program.
TEST_F(StoreRecords, FindsEachTypeThatDatesOthersAndNoOther) {
    std::vector<ReceivedRecord> records;
    std::vector<std::uint32_t> expected;
    for (std::uint32_t type = 0; type <= 0xffff; type += type == 0x0400 ? 0xeb00 : 1) {
        records.push_back({type, {static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(type >> 8U)}});
        if (therapy::isReferenceType(static_cast<std::uint16_t>(type))) expected.push_back(type);
    }
    add(records);
    std::vector<std::uint32_t> found;
    for (const auto& reference : store.references(pump, kAll)) found.push_back(reference.sequenceNumber);
    EXPECT_EQ(found, expected);
    EXPECT_EQ(found.size(), therapy::kReferenceTypes.size());
}

TEST_F(StoreRecords, KeepsPumpsApart) {
    const PumpId other = store.pump("NG7654321H").id;
    add(recordsFromTo(1, 3));
    store.addRecords(other, recordsFromTo(2, 9), kNow + std::chrono::hours(1));
    EXPECT_THAT(store.held(pump), ElementsAre(SequenceRange{1, 3}));
    EXPECT_THAT(store.held(other), ElementsAre(SequenceRange{2, 9}));
    EXPECT_EQ(store.pumps().front().serial, "NG7654321H") << "newest activity first";
}

TEST_F(StoreRecords, RemembersPumpAndSettings) {
    store.describePump(pump, "MMT-1886", "8.13.2");
    EXPECT_EQ(store.pump("NG1234567H").id, pump);
    EXPECT_EQ(store.pump("NG1234567H").model, "MMT-1886");
    EXPECT_FALSE(store.setting("bluetooth.name"));
    store.setSetting("bluetooth.name", "123456");
    store.setSetting("bluetooth.name", "654321");
    EXPECT_EQ(store.setting("bluetooth.name"), "654321");
    const therapy::ClockOffset later{200, std::chrono::hours(2), std::chrono::seconds(7211), kNow,
                                     therapy::OffsetSource::Adopted};
    store.keepClockOffset(pump, later);
    store.keepClockOffset(pump, measuredClock(100, std::chrono::hours(1)));
    store.keepClockOffset(pump, measuredClock(100, std::chrono::seconds(-18000)));
    EXPECT_THAT(store.clockOffsets(pump),
                ElementsAre(measuredClock(100, std::chrono::seconds(-18000)), later));
    store.noteOldest(pump, 42);
    EXPECT_EQ(store.oldest(pump), 42U);
}

TEST(StoreTrends, AreFoundByTheTimeOfTheirSample) {
    const TemporaryDirectory directory;
    Store store(directory / "history.db");
    const PumpId pump = store.pump("NG1234567H").id;
    const PumpId other = store.pump("NG7654321H").id;
    const protocol::LocalSeconds noon{std::chrono::local_days{std::chrono::year{2026} / 3 / 14} +
                                      std::chrono::hours{12}};
    const std::chrono::minutes step{5};
    store.addTrend(pump, {noon + step, 1160});
    store.addTrend(pump, {noon, 500});
    store.addTrend(pump, {noon, -590}); // read again
    store.addTrend(other, {noon, 3000});
    using Trends = std::vector<Store::Trend>;
    EXPECT_EQ(store.trends(pump, noon, noon + step), (Trends{{noon, -590}, {noon + step, 1160}}));
    EXPECT_EQ(store.trends(pump, noon + step, noon + 2 * step), (Trends{{noon + step, 1160}}));
    EXPECT_TRUE(store.trends(pump, noon - 2 * step, noon - step).empty());
}

} // namespace
} // namespace bridge::test
