// SPDX-License-Identifier: MIT
// The power is cut at any moment of a day in small. Whatever had not been synced is lost, or written in part.
// docs/architecture.md 3.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "bridge/store/store.hpp"
#include "disk_double.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kFirst = 1000;
constexpr std::uint32_t kRecords = 60;
constexpr std::uint32_t kInABatch = 5;

/// What has ever reached the site: by document, the time under which it came.
using Site = std::map<std::string, std::chrono::sys_seconds>;

/// What SQLite does by itself once its log is long.
void emptyLog(const std::filesystem::path& file) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, "PRAGMA wal_checkpoint(RESTART)", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
}

/// The bridge's work. `skew`: by how much this run dates otherwise than another one; a time under which a
/// record has gone out stays.
class Work {
public:
    Work(const std::filesystem::path& file, Site& site, std::chrono::seconds skew)
        : store_(file), site_(site), skew_(skew), pump_(store_.pump("NG1234567H").id) {}

    void toTheEnd() {
        for (std::uint32_t first = kFirst; first < kFirst + kRecords; first += kInABatch) {
            store_.addRecords(pump_, recordsFromTo(first, first + kInABatch - 1), kNow);
            publish();
            upload();
            if (first % (4 * kInABatch) == 0) emptyLog(store_.file());
        }
    }
    [[nodiscard]] Store& store() { return store_; }
    [[nodiscard]] PumpId pump() const { return pump_; }

private:
    void publish() {
        Store::Group group(store_);
        for (const SequenceRange& range : store_.unpublished(pump_)) {
            std::vector<nightscout::Document> documents;
            std::vector<Store::Published> times;
            for (const StoredRecord& stored : store_.records(pump_, range)) {
                const auto minute = static_cast<int>(stored.sequenceNumber - kFirst);
                const auto time = stored.publishedAt.value_or(kNow + std::chrono::minutes(minute) + skew_);
                documents.push_back(minute % 2 == 0 ? entry(minute) : treatment(minute));
                documents.back().time = time;
                documents.back().body = std::to_string(time.time_since_epoch().count());
                if (!stored.publishedAt) times.push_back({stored.sequenceNumber, time});
            }
            store_.queueDocuments(pump_, documents, times);
            store_.markPublished(pump_, range);
        }
        group.commit();
    }
    /// The last answer of each batch is lost, once.
    void upload() {
        for (auto items = store_.next(3, 10000, kNow); !items.empty(); items = store_.next(3, 10000, kNow)) {
            std::vector<std::int64_t> ids;
            std::vector<nightscout::Acknowledgement> stored;
            for (const auto& item : items) {
                ids.push_back(item.id);
                stored.push_back({item.id, "id"});
            }
            store_.countAttempt(ids);
            for (const auto& item : items) {
                const auto [at, isNew] = site_.emplace(
                    item.document.identifier, std::chrono::floor<std::chrono::seconds>(item.document.time));
                EXPECT_TRUE(isNew || at->second == item.document.time)
                    << item.document.identifier << " went out under two times";
            }
            store_.acknowledge(stored);
        }
    }

    Store store_;
    Site& site_;
    std::chrono::seconds skew_;
    PumpId pump_;
};

/// A moment of the first run: what a power cut would leave on the disk, and what was out by then.
struct Moment {
    DiskDouble::Files disk;
    Site site;
};

std::vector<Moment> momentsOfALife(std::uint64_t seed) {
    std::mt19937_64 chance(seed);
    std::vector<Moment> moments;
    const TemporaryDirectory directory(TemporaryDirectory::inMemory());
    Site site;
    DiskDouble disk;
    disk.onChange = [&] {
        if (chance() % 6 == 0) moments.push_back({disk.afterPowerCut(chance), site});
    };
    std::optional<Work> work;
    work.emplace(directory / "history.db", site, 0s);
    work->toTheEnd();
    work.reset(); // writes what the log still has into the file
    disk.onChange = nullptr;
    EXPECT_EQ(site.size(), kRecords);
    return moments;
}

void expectAllThatWentOut(Store& store, PumpId pump, const Site& site) {
    Site known;
    for (const StoredRecord& stored : store.records(pump, {0, 0xfffffffe})) {
        const auto minute = static_cast<int>(stored.sequenceNumber - kFirst);
        if (stored.publishedAt)
            known.emplace((minute % 2 == 0 ? entry(minute) : treatment(minute)).identifier,
                          *stored.publishedAt);
    }
    for (const auto& document : site)
        EXPECT_TRUE(std::ranges::find(known, document) != known.end()) << document.first << " is forgotten";
}

class APowerCut : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(APowerCut, ForgetsNothingThatWentOutAndDoublesNothing) {
    const auto moments = momentsOfALife(GetParam());
    ASSERT_GT(moments.size(), 50U);
    for (std::size_t i = 0; i < moments.size(); ++i) {
        SCOPED_TRACE("moment " + std::to_string(i));
        const TemporaryDirectory directory(TemporaryDirectory::inMemory());
        for (const auto& [name, content] : moments[i].disk)
            directory.write(name, {reinterpret_cast<const char*>(content.data()), content.size()});
        Site site = moments[i].site;
        Work again(directory / "history.db", site, 7s);
        expectAllThatWentOut(again.store(), again.pump(), site);
        again.toTheEnd();
        EXPECT_EQ(again.store().recordCount(again.pump()), kRecords);
        EXPECT_EQ(again.store().depth(), 0U);
        EXPECT_EQ(site.size(), kRecords);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, APowerCut, ::testing::Range<std::uint64_t>(1, 9));

} // namespace
} // namespace bridge::test
