// SPDX-License-Identifier: MIT
// The queue's other end: what is due, and what became of it.
#include <algorithm>
#include <array>
#include <limits>

#include "bridge/store/store_impl.hpp"

namespace bridge {
namespace {

using nightscout::Collection;
using nightscout::Operation;
using nightscout::OutboxItem;
using sqlite::Statement;

/// What is sent together, in the order of docs/nightscout/mapping.md 14.
struct Lane {
    Collection collection;
    Operation operation;
    bool newestOnly = false; ///< entries newer than any that the server has: the value a person waits for
};

constexpr std::array kLanes{
    Lane{Collection::Entries, Operation::Post, true},  Lane{Collection::Treatments, Operation::Post},
    Lane{Collection::Treatments, Operation::Put},      Lane{Collection::Entries, Operation::Post},
    Lane{Collection::DeviceStatus, Operation::Post},   Lane{Collection::DeviceStatus, Operation::Put},
    Lane{Collection::Treatments, Operation::Delete},   Lane{Collection::Entries, Operation::Delete},
    Lane{Collection::DeviceStatus, Operation::Delete},
};

std::vector<std::int64_t> due(sqlite::Database& database, const Lane& lane, std::int64_t rankBelow,
                              std::int64_t limit, std::chrono::sys_seconds now) {
    Statement query(
        database,
        "SELECT id FROM outbox AS o WHERE collection = ? AND operation = ? AND rank < ? "
        "AND NOT EXISTS (SELECT 1 FROM outbox AS earlier "
        "WHERE earlier.identifier = o.identifier AND earlier.id < o.id) "
        "AND (after IS NULL OR EXISTS (SELECT 1 FROM uploaded WHERE uploaded.identifier = o.after)) "
        "AND NOT EXISTS (SELECT 1 FROM refusal WHERE item = o.id AND retry_at > ?) "
        "ORDER BY rank, id LIMIT ?",
        static_cast<unsigned>(lane.collection), static_cast<unsigned>(lane.operation), rankBelow,
        toInteger(now), limit);
    std::vector<std::int64_t> ids;
    while (query.step()) ids.push_back(query.integer(0));
    return ids;
}

/// Ranks of entries are negated times.
std::int64_t rankOfNewestUploadedEntry(sqlite::Database& database) {
    Statement query(database, "SELECT newest_entry FROM uploaded_sum");
    const auto newest = query.step() ? query.optionalInteger(0) : std::nullopt;
    return newest ? -*newest : std::numeric_limits<std::int64_t>::max();
}

OutboxItem readItem(sqlite::Database& database, std::int64_t id) {
    Statement query(
        database,
        "SELECT o.identifier, o.operation, o.collection, o.kind, o.feature, o.event_type, o.time_ms, "
        "o.sequence, o.supersedes, o.attempts, o.body, u.server_id, r.occasions, r.counted_at "
        "FROM outbox AS o LEFT JOIN uploaded AS u USING (identifier) LEFT JOIN refusal AS r ON r.item = o.id "
        "WHERE o.id = ?",
        id);
    query.step();
    OutboxItem item;
    item.id = id;
    item.operation = static_cast<Operation>(query.integer(1));
    item.document.identifier = query.text(0);
    item.document.collection = static_cast<Collection>(query.integer(2));
    item.document.kind = static_cast<nightscout::Kind>(query.integer(3));
    item.document.feature = static_cast<nightscout::Feature>(query.integer(4));
    item.document.eventType = query.text(5);
    item.document.time = nightscout::UtcMilliseconds(std::chrono::milliseconds(query.integer(6)));
    item.document.sequenceNumber = static_cast<std::uint32_t>(query.integer(7));
    item.document.supersedes = query.optionalText(8);
    item.attempts = static_cast<int>(query.integer(9));
    item.document.body = query.text(10);
    item.serverId = query.optionalText(11);
    item.refusals = static_cast<int>(query.optionalInteger(12).value_or(0));
    if (const auto at = query.optionalInteger(13)) item.refusedAt = toTime(*at);
    return item;
}

/// What becomes of uploaded_sum.
struct Sum {
    std::int64_t documents = 0; ///< more than before
    std::optional<std::int64_t> newestEntry;
};

void acknowledgeOne(sqlite::Database& database, const nightscout::Acknowledgement& item, Sum& sum) {
    // A row that is gone was replaced by a deletion while it was under way.
    Statement query(database,
                    "SELECT operation, collection, time_ms, EXISTS (SELECT 1 FROM uploaded WHERE "
                    "uploaded.identifier = outbox.identifier) FROM outbox WHERE id = ?",
                    item.id);
    if (!query.step()) return;
    const bool known = query.integer(3) != 0;
    const auto operation = static_cast<Operation>(query.integer(0));
    const auto collection = static_cast<Collection>(query.integer(1));
    if (operation == Operation::Delete) {
        Statement(database,
                  "DELETE FROM uploaded WHERE identifier = (SELECT identifier FROM outbox WHERE id = ?)",
                  item.id)
            .run();
        if (known) --sum.documents;
    } else if (collection != Collection::DeviceStatus) { // those never come again
        Statement(database,
                  "INSERT INTO uploaded (identifier, collection, kind, feature, event_type, time_ms, "
                  "sequence, hash, "
                  "server_id) SELECT identifier, collection, kind, feature, event_type, time_ms, sequence, "
                  "hash, ?2 "
                  "FROM outbox WHERE id = ?1 ON CONFLICT DO UPDATE SET event_type = excluded.event_type, "
                  "time_ms = excluded.time_ms, hash = excluded.hash, "
                  "server_id = ifnull(excluded.server_id, server_id)",
                  item.id, item.serverId)
            .run();
        if (!known) ++sum.documents;
        if (collection == Collection::Entries)
            sum.newestEntry = std::max(sum.newestEntry.value_or(query.integer(2)), query.integer(2));
    }
    Statement(database, "DELETE FROM outbox WHERE id = ?", item.id).run();
}

} // namespace

std::int64_t Store::Impl::newestRow() {
    Statement query(database, "SELECT max(id) FROM outbox");
    query.step();
    return query.optionalInteger(0).value_or(0);
}

std::vector<OutboxItem> Store::next(std::size_t limit, std::size_t maxBytes, std::chrono::sys_seconds now) {
    if (limit == 0) return {};
    const std::int64_t newest = rankOfNewestUploadedEntry(impl_->database);
    std::vector<OutboxItem> items;
    for (const Lane& lane : kLanes) {
        if (isHeld(lane.collection)) continue;
        const std::int64_t rankBelow = lane.newestOnly ? newest : std::numeric_limits<std::int64_t>::max();
        std::size_t bytes = 0;
        for (const std::int64_t id :
             due(impl_->database, lane, rankBelow, static_cast<std::int64_t>(limit), now)) {
            OutboxItem item = readItem(impl_->database, id);
            if (id <= impl_->inherited) item.attempts = std::max(item.attempts, 1);
            bytes += item.document.body.size();
            if (!items.empty() && bytes > maxBytes) break;
            items.push_back(std::move(item));
        }
        if (!items.empty()) break;
    }
    for (const OutboxItem& item : items) impl_->handedOut.insert(item.id);
    return items;
}

// On the disk with the next records: forgotten by a power cut before, a document goes up a second time under
// the same identity, which changes nothing there (docs/nightscout/api.md 5.2).
void Store::acknowledge(std::span<const nightscout::Acknowledgement> items) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    Sum sum;
    for (const auto& item : items) acknowledgeOne(impl_->database, item, sum);
    if (sum.documents != 0 || sum.newestEntry) {
        Statement(impl_->database,
                  "UPDATE uploaded_sum SET documents = documents + ?1, "
                  "newest_entry = max(ifnull(newest_entry, ?2), ifnull(?2, newest_entry))",
                  sum.documents, sum.newestEntry)
            .run();
    }
    transaction.commit();
    for (const auto& item : items) impl_->handedOut.erase(item.id);
}

void Store::refuse(std::int64_t id, const nightscout::Refusal& refusal) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    // Where another body of the document waits behind it, that takes its place.
    Statement(impl_->database,
              "DELETE FROM outbox WHERE id = ?1 AND EXISTS (SELECT 1 FROM outbox AS later "
              "WHERE later.identifier = outbox.identifier AND later.id > ?1)",
              id)
        .run();
    std::optional<std::int64_t> countedAt;
    if (refusal.countedAt) countedAt = toInteger(*refusal.countedAt);
    Statement(impl_->database,
              "INSERT INTO refusal (item, occasions, counted_at, set_aside, retry_at, reason) "
              "SELECT id, ?2, ?3, ?4, ?5, ?6 FROM outbox WHERE id = ?1 ON CONFLICT DO UPDATE SET "
              "occasions = excluded.occasions, counted_at = excluded.counted_at, "
              "set_aside = excluded.set_aside, retry_at = excluded.retry_at, reason = excluded.reason",
              id, refusal.occasions, countedAt, refusal.setAside ? 1 : 0, toInteger(refusal.retryAt),
              refusal.reason)
        .run();
    transaction.commit();
    impl_->handedOut.erase(id);
}

void Store::retryRefused() {
    Statement(impl_->database, "UPDATE refusal SET retry_at = 0").run();
}

std::optional<std::chrono::sys_seconds> Store::nextRetry() {
    Statement query(impl_->database, "SELECT min(retry_at) FROM refusal");
    query.step();
    const auto first = query.optionalInteger(0);
    return first ? std::optional(toTime(*first)) : std::nullopt;
}

void Store::countAttempt(std::span<const std::int64_t> ids) {
    sqlite::Transaction transaction(impl_->database, sqlite::Durability::Later);
    for (const std::int64_t id : ids) {
        Statement(impl_->database, "UPDATE outbox SET attempts = attempts + 1 WHERE id = ?", id).run();
    }
    transaction.commit();
}

std::size_t Store::depth() {
    // Without what is set aside, and without what that was to take the place of.
    Statement query(impl_->database,
                    "WITH aside AS (SELECT id, identifier FROM outbox JOIN refusal ON item = id WHERE "
                    "set_aside) SELECT count(*) FROM outbox WHERE id NOT IN (SELECT id FROM aside) AND "
                    "(after IS NULL OR after NOT IN (SELECT identifier FROM aside))");
    query.step();
    return static_cast<std::size_t>(query.integer(0));
}

std::uint64_t Store::uploadedCount() const {
    Statement query(impl_->database, "SELECT documents FROM uploaded_sum");
    return query.step() ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

RefusedDocuments Store::refusedDocuments() const {
    Statement query(impl_->database, "SELECT count(*), ifnull(sum(set_aside), 0) FROM refusal");
    query.step();
    RefusedDocuments refused{
        static_cast<std::uint64_t>(query.integer(0)), static_cast<std::uint64_t>(query.integer(1)), {}};
    Statement words(impl_->database,
                    "SELECT reason FROM refusal ORDER BY set_aside DESC, counted_at DESC LIMIT 1");
    if (words.step()) refused.reason = words.text(0);
    return refused;
}

} // namespace bridge
