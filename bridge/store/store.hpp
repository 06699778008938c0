// SPDX-License-Identifier: MIT
// The one SQLite file: pump records as they came (before anything else is done with them), what is known to
// be absent, the UTC time under which a record was published, the outbox, and small settings. WAL, one
// connection, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/store/write_failure.hpp"
#include "nightscout/documents/document.hpp"
#include "nightscout/upload/outbox.hpp"
#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/history/sequence_range.hpp"
#include "therapy/dating.hpp"

namespace bridge {

namespace sqlite {
class Transaction;
}

/// What is wrong with the file.
enum class StoreErrorKind : std::uint8_t {
    Unusable, ///< of another program, of a newer version, no database, or not permitted: a person must act
    Damaged,  ///< a page of it is corrupt
    Passing,  ///< the disk is full or read-only, another program is writing: may be over later
};

/// The text names the file and the remedy.
class StoreError : public std::runtime_error {
public:
    explicit StoreError(const std::string& what, StoreErrorKind kind = StoreErrorKind::Unusable)
        : std::runtime_error(what), kind_(kind) {}
    [[nodiscard]] StoreErrorKind kind() const { return kind_; }

private:
    StoreErrorKind kind_;
};

using PumpId = std::int64_t;

struct PumpInfo {
    PumpId id = 0;
    std::string serial;
    std::string model;
    std::string firmware;
    /// Counts up when the pump's numbering starts again (memory failure); records of earlier epochs are kept.
    std::int64_t epoch = 0;
};

using protocol::history::SequenceRange;

struct ReceivedRecord {
    std::uint32_t sequenceNumber = 0;
    protocol::Bytes raw;
};

struct StoredRecord {
    std::uint32_t sequenceNumber = 0;
    protocol::Bytes raw;
    std::chrono::sys_seconds receivedAt{};
    /// Fixed when a document of this record was queued: a published time does not change.
    std::optional<std::chrono::sys_seconds> publishedAt;
};

/// What the outbox did with a document of the mapping.
struct QueueResult {
    std::size_t added = 0;
    std::size_t changed = 0; ///< known, with another body: will be updated on the server
    std::size_t known = 0;
    std::size_t refused = 0; ///< known, but the site has refused it; tried again
};

/// What the site does not take.
struct RefusedDocuments {
    std::uint64_t count = 0;
    std::uint64_t setAside = 0; ///< of those, proven bad by the rule of docs/nightscout/api.md 4.4
    std::string reason;         ///< the site's words for the worst of them
};

class Store final : public nightscout::Outbox {
public:
    enum class Access { ReadWrite, ReadOnly };
    /// Creates the file (mode 0600) and its directory when missing, and brings older schemas up to date.
    explicit Store(const std::filesystem::path& file, Access access = Access::ReadWrite);
    ~Store() override;

    // --- pumps ---
    PumpInfo pump(std::string_view serial);            ///< creates it
    [[nodiscard]] std::vector<PumpInfo> pumps() const; ///< newest activity first
    void describePump(PumpId pump, std::string_view model, std::string_view firmware);

    // --- records ---
    struct AddResult {
        std::size_t added = 0;
        std::size_t known = 0;
        bool newEpoch = false; ///< a held number came with other bytes: the numbering began again
        /// Came with other bytes although the numbering began again often enough of late: not kept.
        std::size_t refused = 0;
    };
    /// One transaction, on the disk with the next that is (that of their documents, as a rule): until then
    /// the pump still has them. Records of Data Corruption (number 0xffffffff) are kept apart.
    AddResult addRecords(PumpId pump, std::span<const ReceivedRecord> records,
                         std::chrono::sys_seconds receivedAt);
    void beginEpoch(PumpId pump);
    /// What is held or known to be absent, as ascending, non-adjacent ranges of the present epoch.
    [[nodiscard]] std::vector<SequenceRange> covered(PumpId pump) const;
    /// Held only (absent numbers split ranges).
    [[nodiscard]] std::vector<SequenceRange> held(PumpId pump) const;
    [[nodiscard]] std::vector<SequenceRange> absent(PumpId pump) const;
    /// The pump does not have these: they are not asked for again.
    void markAbsent(PumpId pump, SequenceRange range);
    /// Numbers that came, or were found absent, since they were last marked as published.
    [[nodiscard]] std::vector<SequenceRange> unpublished(PumpId pump) const;
    void markPublished(PumpId pump, SequenceRange range);
    /// The oldest record that the pump still had when asked, remembered for runs that begin there.
    void noteOldest(PumpId pump, std::uint32_t sequenceNumber);
    [[nodiscard]] std::optional<std::uint32_t> oldest(PumpId pump) const;
    [[nodiscard]] std::uint64_t recordCount(PumpId pump) const;
    /// Ascending. `limit` 0: all.
    [[nodiscard]] std::vector<StoredRecord> records(PumpId pump, SequenceRange range,
                                                    std::size_t limit = 0) const;
    /// Calls back in ascending order without holding all in memory.
    void forEachRecord(PumpId pump, SequenceRange range,
                       const std::function<void(const StoredRecord&)>& visit) const;

    // --- times ---
    struct Published {
        std::uint32_t sequenceNumber = 0;
        std::chrono::sys_seconds time{};
    };
    /// The reference-time records (therapy::kReferenceTypes) of a range, ascending; by an index, because
    /// every dating needs them all.
    [[nodiscard]] std::vector<ReceivedRecord> references(PumpId pump, SequenceRange range) const;
    /// Of a held, gap-free range.
    [[nodiscard]] std::shared_ptr<const therapy::TimeLine> timeLine(PumpId pump, SequenceRange range) const;
    /// What is known of the pump's clock (docs/nightscout/mapping.md 5.3), by `from`; of the present epoch.
    [[nodiscard]] std::vector<therapy::ClockOffset> clockOffsets(PumpId pump) const;
    /// In place of one with the same `from`.
    void keepClockOffset(PumpId pump, const therapy::ClockOffset& offset);
    /// Under which time the newest of the published records went out.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> newestPublished(PumpId pump) const;
    /// Records that the site has at times other than theirs: kept as published, to be corrected.
    void keepWrongTimes(PumpId pump, std::span<const Published> times);
    [[nodiscard]] std::uint64_t wrongTimes(PumpId pump) const;
    /// Records that were published by an earlier version, which dated a clock that was set wrongly.
    [[nodiscard]] std::vector<std::uint32_t> oldTimes(PumpId pump) const;

    // --- trends ---
    /// Beside the records: how glucose moved at a sample, which history does not tell. Another one of the
    /// same sample replaces it.
    using Trend = therapy::LiveTrend;
    void addTrend(PumpId pump, Trend trend);
    /// Ascending; both ends included.
    [[nodiscard]] std::vector<Trend> trends(PumpId pump, protocol::LocalSeconds from,
                                            protocol::LocalSeconds to) const;

    /// What is done while it lives is one transaction, on the disk when commit() returns; without commit()
    /// nothing of it was done. Nothing may be awaited meanwhile.
    class Group {
    public:
        explicit Group(Store& store);
        ~Group();
        Group(const Group&) = delete;
        Group& operator=(const Group&) = delete;
        void commit();

    private:
        std::unique_ptr<sqlite::Transaction> transaction_;
    };

    /// From now on what need not be on the disk at once is committed by flush(), or with what must be: within
    /// seconds a page is changed several times, and is written once. A crash takes back what waits, which is
    /// nothing that was said to anybody: records that are not mapped yet, which the pump still has, and what
    /// the site has taken, which goes up again under the same identity. `opened`: something waits.
    void groupCommits(std::function<void()> opened);
    void flush();

    // --- documents ---
    /// One transaction: new documents wait to be posted; those whose body changed since they were queued or
    /// uploaded wait to be updated (entries never change once queued); superseded ones are withdrawn; the
    /// records' times are fixed.
    QueueResult queueDocuments(PumpId pump, std::span<const nightscout::Document> documents,
                               std::span<const Published> times);
    /// Another process may empty the outbox at the same time: what waits is no longer replaced in place.
    void shareOutbox();
    /// Whether this body of the document is uploaded, or the last one waiting and not refused.
    [[nodiscard]] bool isKnown(const nightscout::Document& document) const;
    /// As queueDocuments, but known documents are sent again, refused ones are tried again, and the records
    /// get these times whatever time they had. An entry that is another than the uploaded one replaces it by
    /// deletion and a new post: nothing else moves it (docs/nightscout/api.md 5.2).
    QueueResult requeueDocuments(PumpId pump, std::span<const nightscout::Document> documents,
                                 std::span<const Published> times);
    /// Documents that the records do not give any more: what may be on the server is deleted there.
    void withdrawDocuments(std::span<const std::string> identifiers);
    std::vector<nightscout::OutboxItem> next(std::size_t limit, std::size_t maxBytes,
                                             std::chrono::sys_seconds now) override;
    void acknowledge(std::span<const nightscout::Acknowledgement> items) override;
    void refuse(std::int64_t id, const nightscout::Refusal& refusal) override;
    void retryRefused() override;
    [[nodiscard]] std::optional<std::chrono::sys_seconds> nextRetry() override;
    [[nodiscard]] bool isUploaded(const nightscout::Document& document) override;
    void countAttempt(std::span<const std::int64_t> ids) override;
    [[nodiscard]] std::size_t depth() override;
    [[nodiscard]] std::uint64_t uploadedCount() const;
    [[nodiscard]] RefusedDocuments refusedDocuments() const;

    [[nodiscard]] const std::filesystem::path& file() const;
    /// Called once, when a page of the file turns out to be corrupt, whoever catches the error. Nothing of
    /// the store may be used in it.
    void onDamage(std::function<void()> handler);
    /// Of the last attempt to write; empty when it succeeded.
    [[nodiscard]] std::optional<WriteFailure> writeFailure() const;

    // --- settings ---
    [[nodiscard]] std::optional<std::string> setting(std::string_view key) const;
    void setSetting(std::string_view key, std::string_view value);

    struct Impl; ///< for the sources of the store only

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace bridge
