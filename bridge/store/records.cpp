// SPDX-License-Identifier: MIT
// Records as the pump sent them, which numbers are held or known to be absent, and how glucose moved at a
// sample, as the pump measured it live.
#include <algorithm>
#include <sstream>

#include "bridge/store/store_impl.hpp"
#include "protocol/history/record.hpp"

namespace bridge {
namespace {

using protocol::history::kCorruptionSequenceNumber;
using sqlite::Statement;

/// The statements of one range table: SQL names no table by parameter.
struct RangeTable {
    std::string_view touching;
    std::string_view remove;
    std::string_view insert;
    std::string_view all;
};

constexpr RangeTable kHeld{
    "SELECT first, last FROM held WHERE pump = ? AND epoch = ? AND first <= ? "
    "ORDER BY first DESC",
    "DELETE FROM held WHERE pump = ? AND epoch = ? AND first = ?",
    "INSERT INTO held (pump, epoch, first, last) VALUES (?, ?, ?, ?)",
    "SELECT first, last FROM held WHERE pump = ? AND epoch = ? ORDER BY first",
};
constexpr RangeTable kAbsent{
    "SELECT first, last FROM absent WHERE pump = ? AND epoch = ? AND first <= ? "
    "ORDER BY first DESC",
    "DELETE FROM absent WHERE pump = ? AND epoch = ? AND first = ?",
    "INSERT INTO absent (pump, epoch, first, last) VALUES (?, ?, ?, ?)",
    "SELECT first, last FROM absent WHERE pump = ? AND epoch = ? ORDER BY first",
};

constexpr RangeTable kUnpublished{
    "SELECT first, last FROM unpublished WHERE pump = ? AND epoch = ? AND first <= ? "
    "ORDER BY first DESC",
    "DELETE FROM unpublished WHERE pump = ? AND epoch = ? AND first = ?",
    "INSERT INTO unpublished (pump, epoch, first, last) VALUES (?, ?, ?, ?)",
    "SELECT first, last FROM unpublished WHERE pump = ? AND epoch = ? ORDER BY first",
};

/// One pump's ranges of one kind, kept ascending and non-adjacent. 64-bit numbers, so that first - 1 and last
/// + 1 exist for every sequence number.
class Ranges {
public:
    struct Range {
        std::int64_t first = 0;
        std::int64_t last = 0;
    };

    Ranges(sqlite::Database& database, const RangeTable& table, PumpId pump, std::int64_t epoch)
        : database_(database), table_(table), pump_(pump), epoch_(epoch) {}

    void add(Range range) {
        for (const Range& old : takeTouching({range.first - 1, range.last + 1})) {
            range.first = std::min(range.first, old.first);
            range.last = std::max(range.last, old.last);
        }
        insert(range);
    }

    void subtract(Range range) {
        for (const Range& old : takeTouching(range)) {
            if (old.first < range.first) insert({old.first, range.first - 1});
            if (old.last > range.last) insert({range.last + 1, old.last});
        }
    }

    [[nodiscard]] std::vector<SequenceRange> all() const {
        Statement query(database_, table_.all, pump_, epoch_);
        std::vector<SequenceRange> ranges;
        while (query.step()) {
            ranges.push_back(
                {static_cast<std::uint32_t>(query.integer(0)), static_cast<std::uint32_t>(query.integer(1))});
        }
        return ranges;
    }

private:
    std::vector<Range> takeTouching(Range range) {
        std::vector<Range> taken;
        {
            Statement query(database_, table_.touching, pump_, epoch_, range.last);
            while (query.step() && query.integer(1) >= range.first) {
                taken.push_back({query.integer(0), query.integer(1)});
            }
        }
        for (const Range& old : taken) Statement(database_, table_.remove, pump_, epoch_, old.first).run();
        return taken;
    }

    void insert(Range range) {
        Statement(database_, table_.insert, pump_, epoch_, range.first, range.last).run();
    }

    sqlite::Database& database_;
    const RangeTable& table_;
    PumpId pump_;
    std::int64_t epoch_;
};

/// Numberings that may begin anew within a time: a memory failure makes one, a repair another.
constexpr std::size_t kMostEpochs = 3;
constexpr std::chrono::hours kEpochsWithin{24};

enum class Held { No, Same, Other };

Held lookUp(sqlite::Database& database, PumpId pump, std::int64_t epoch, const ReceivedRecord& record) {
    Statement query(database, "SELECT raw FROM record WHERE pump = ? AND epoch = ? AND sequence = ?", pump,
                    epoch, record.sequenceNumber);
    if (!query.step()) return Held::No;
    return std::ranges::equal(query.blobView(0), record.raw) ? Held::Same : Held::Other;
}

/// Stores one batch inside the caller's transaction.
class BatchWriter {
public:
    BatchWriter(Store::Impl& store, PumpId pump, std::chrono::sys_seconds receivedAt)
        : store_(store), pump_(pump), receivedAt_(receivedAt), epoch_(store.epochOf(pump)) {}

    Store::AddResult write(std::span<const ReceivedRecord> records) {
        // One contradiction shows that the numbering began again; the whole batch belongs to the new one,
        // also the numbers that were free in the old.
        const bool contradicts = std::ranges::any_of(records, [this](const ReceivedRecord& record) {
            return record.sequenceNumber != kCorruptionSequenceNumber &&
                   lookUp(store_.database, pump_, epoch_, record) == Held::Other;
        });
        if (contradicts) (void)beginEpoch();
        for (const ReceivedRecord& record : records) {
            if (record.sequenceNumber == kCorruptionSequenceNumber) {
                writeCorruption(record);
            } else {
                writeRecord(record);
            }
        }
        writeRanges();
        Statement(store_.database, "UPDATE pump SET active_at = ? WHERE id = ?", toInteger(receivedAt_),
                  pump_)
            .run();
        return result_;
    }

private:
    void writeRecord(const ReceivedRecord& record) {
        const Held held = lookUp(store_.database, pump_, epoch_, record);
        if (held == Held::Same) {
            ++result_.known;
            return;
        }
        // A batch that contradicts itself, or a pump that does so all the time.
        if (held == Held::Other && !beginEpoch()) {
            ++result_.refused;
            return;
        }
        Statement(store_.database,
                  "INSERT INTO record (pump, epoch, sequence, raw, received_at) VALUES (?, ?, ?, ?, ?)",
                  pump_, epoch_, record.sequenceNumber, record.raw, toInteger(receivedAt_))
            .run();
        const std::int64_t number = record.sequenceNumber;
        if (!fresh_.empty() && fresh_.back().last + 1 == number) {
            fresh_.back().last = number;
        } else {
            fresh_.push_back({number, number});
        }
        ++result_.added;
    }

    void writeCorruption(const ReceivedRecord& record) {
        Statement(store_.database,
                  "INSERT INTO corruption (pump, epoch, raw, received_at) VALUES (?, ?, ?, ?) ON CONFLICT DO "
                  "NOTHING",
                  pump_, epoch_, record.raw, toInteger(receivedAt_))
            .run();
        ++(store_.database.changes() > 0 ? result_.added : result_.known);
    }

    /// A new numbering means that all the pump holds is read again. One that comes again and again is a
    /// fault, and must neither fill the disk nor keep the newest data away.
    [[nodiscard]] bool beginEpoch() {
        if (!mayBeginEpoch()) return false;
        writeRanges();
        epoch_ = store_.beginEpoch(pump_);
        result_.newEpoch = true;
        return true;
    }

    /// Keeps the times of the last beginnings in the settings: a number of seconds each.
    [[nodiscard]] bool mayBeginEpoch() {
        const std::string key = "epochs-begun." + std::to_string(pump_);
        std::istringstream kept(store_.setting(key).value_or(""));
        std::vector<std::int64_t> begun;
        for (std::int64_t time = 0; kept >> time;) {
            if (time > toInteger(receivedAt_ - kEpochsWithin)) begun.push_back(time);
        }
        if (begun.size() >= kMostEpochs) return false;
        begun.push_back(toInteger(receivedAt_));
        std::string text;
        for (const std::int64_t time : begun) text += std::to_string(time) + " ";
        store_.setSetting(key, text);
        return true;
    }

    void writeRanges() {
        Ranges held(store_.database, kHeld, pump_, epoch_);
        Ranges missing(store_.database, kAbsent, pump_, epoch_);
        Ranges unpublished(store_.database, kUnpublished, pump_, epoch_);
        for (const Ranges::Range& range : fresh_) {
            held.add(range);
            missing.subtract(range);
            unpublished.add(range);
        }
        fresh_.clear();
    }

    Store::Impl& store_;
    PumpId pump_;
    std::chrono::sys_seconds receivedAt_;
    std::int64_t epoch_;
    std::vector<Ranges::Range> fresh_; ///< added in this batch, not yet in `held`
    Store::AddResult result_;
};

StoredRecord readRecord(const Statement& query) {
    StoredRecord record;
    record.sequenceNumber = static_cast<std::uint32_t>(query.integer(0));
    record.raw = query.blob(1);
    record.receivedAt = toTime(query.integer(2));
    if (const auto published = query.optionalInteger(3)) record.publishedAt = toTime(*published);
    return record;
}

/// A negative limit is none, as SQLite has it.
template <typename Visit>
void visitRecords(Store::Impl& store, PumpId pump, SequenceRange range, std::int64_t limit,
                  const Visit& visit) {
    Statement query(store.database,
                    "SELECT sequence, raw, received_at, published_at FROM record "
                    "WHERE pump = ? AND epoch = ? AND sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?",
                    pump, store.epochOf(pump), range.first, range.last, limit);
    while (query.step()) visit(readRecord(query));
}

} // namespace

Store::AddResult Store::addRecords(PumpId pump, std::span<const ReceivedRecord> records,
                                   std::chrono::sys_seconds receivedAt) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::WithNext);
    const AddResult result = BatchWriter(*impl_, pump, receivedAt).write(records);
    transaction.commit();
    return result;
}

std::vector<SequenceRange> Store::held(PumpId pump) const {
    return Ranges(impl_->database, kHeld, pump, impl_->epochOf(pump)).all();
}

std::vector<SequenceRange> Store::absent(PumpId pump) const {
    return Ranges(impl_->database, kAbsent, pump, impl_->epochOf(pump)).all();
}

std::vector<SequenceRange> Store::covered(PumpId pump) const {
    std::vector<SequenceRange> all = held(pump);
    const std::vector<SequenceRange> missing = absent(pump);
    all.insert(all.end(), missing.begin(), missing.end());
    std::ranges::sort(all, {}, &SequenceRange::first);
    std::vector<SequenceRange> joined;
    for (const SequenceRange& range : all) {
        if (!joined.empty() && std::int64_t{joined.back().last} + 1 >= range.first) {
            joined.back().last = std::max(joined.back().last, range.last);
        } else {
            joined.push_back(range);
        }
    }
    return joined;
}

void Store::markAbsent(PumpId pump, SequenceRange range) {
    if (range.first > range.last) return;
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    const std::int64_t epoch = impl_->epochOf(pump);
    Ranges missing(impl_->database, kAbsent, pump, epoch);
    missing.add({range.first, range.last});
    for (const SequenceRange& present : Ranges(impl_->database, kHeld, pump, epoch).all()) {
        missing.subtract({present.first, present.last});
    }
    // What follows a number that will never come need not wait for it any longer.
    Ranges(impl_->database, kUnpublished, pump, epoch).add({range.first, std::int64_t{range.last} + 1});
    transaction.commit();
}

std::vector<SequenceRange> Store::unpublished(PumpId pump) const {
    return Ranges(impl_->database, kUnpublished, pump, impl_->epochOf(pump)).all();
}

void Store::markPublished(PumpId pump, SequenceRange range) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    Ranges(impl_->database, kUnpublished, pump, impl_->epochOf(pump)).subtract({range.first, range.last});
    transaction.commit();
}

void Store::noteOldest(PumpId pump, std::uint32_t sequenceNumber) {
    Statement(impl_->database, "UPDATE pump SET oldest = ?2 WHERE id = ?1 AND oldest IS NOT ?2", pump,
              sequenceNumber)
        .run();
}

std::optional<std::uint32_t> Store::oldest(PumpId pump) const {
    Statement query(impl_->database, "SELECT oldest FROM pump WHERE id = ?", pump);
    if (!query.step() || query.isNull(0)) return std::nullopt;
    return static_cast<std::uint32_t>(query.integer(0));
}

std::uint64_t Store::recordCount(PumpId pump) const {
    Statement query(impl_->database, "SELECT ifnull(sum(last - first + 1), 0) FROM held WHERE pump = ?",
                    pump);
    query.step();
    return static_cast<std::uint64_t>(query.integer(0));
}

std::vector<StoredRecord> Store::records(PumpId pump, SequenceRange range, std::size_t limit) const {
    std::vector<StoredRecord> records;
    visitRecords(*impl_, pump, range, limit == 0 ? -1 : static_cast<std::int64_t>(limit),
                 [&records](StoredRecord record) { records.push_back(std::move(record)); });
    return records;
}

void Store::forEachRecord(PumpId pump, SequenceRange range,
                          const std::function<void(const StoredRecord&)>& visit) const {
    visitRecords(*impl_, pump, range, -1, visit);
}

std::vector<ReceivedRecord> Store::references(PumpId pump, SequenceRange range) const {
    Statement query(impl_->database,
                    "SELECT sequence, raw FROM record INDEXED BY record_reference "
                    "WHERE pump = ? AND epoch = ? AND sequence BETWEEN ? AND ? "
                    "AND substr(raw, 1, 2) IN (x'0ef0', x'0f00') ORDER BY sequence",
                    pump, impl_->epochOf(pump), range.first, range.last);
    std::vector<ReceivedRecord> records;
    while (query.step()) records.push_back({static_cast<std::uint32_t>(query.integer(0)), query.blob(1)});
    return records;
}

void Store::addTrend(PumpId pump, Trend trend) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    Statement(impl_->database,
              "INSERT OR REPLACE INTO trend (pump, sampled_at, rate, milligrams) VALUES (?, ?, ?, ?)", pump,
              trend.sampleTime.time_since_epoch().count(), trend.rate, trend.milligrams)
        .run();
    transaction.commit();
}

std::vector<Store::Trend> Store::trends(PumpId pump, protocol::LocalSeconds from,
                                        protocol::LocalSeconds to) const {
    std::vector<Trend> result;
    Statement query(impl_->database,
                    "SELECT sampled_at, rate, ifnull(milligrams, 0) FROM trend WHERE pump = ? AND sampled_at "
                    "BETWEEN ? AND ? ORDER BY sampled_at",
                    pump, from.time_since_epoch().count(), to.time_since_epoch().count());
    while (query.step()) {
        result.push_back({protocol::LocalSeconds(std::chrono::seconds(query.integer(0))),
                          static_cast<std::int32_t>(query.integer(1)), static_cast<int>(query.integer(2))});
    }
    return result;
}

} // namespace bridge
