// SPDX-License-Identifier: MIT
#include <array>
#include <string>

#include "bridge/store/store_impl.hpp"

namespace bridge {
namespace {

// "pmpb": tells our file from every other SQLite file.
constexpr std::int64_t kApplicationId = 0x706d7062;

// Version 1.
//
// pump.oldest and pump.measured_offset belong to the present epoch. Version 3 drops measured_offset.
//
// record_reference: reference times (0xF00E, 0x000F; docs/protocol/history.md 10), one record in about 45.
//
// held and absent repeat in ranges what record says row by row, in the same transaction: what to ask the pump
// for is known without reading years of records.
//
// unpublished: numbers whose arrival, or whose absence, has not been mapped yet. Written with the records, so
// that a crash between storing and mapping leaves nothing unmapped.
//
// outbox: the rows of one document form a queue by id. Only the first is due; only the last may be replaced,
// and only while nobody has seen it. rank ascends in the order of sending: entries newest first, all else
// oldest first.
//
// uploaded: what the server has. Of the body only a hash is kept: enough to notice a change.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE pump (
    id              INTEGER PRIMARY KEY,
    serial          TEXT    NOT NULL UNIQUE,
    model           TEXT    NOT NULL DEFAULT '',
    firmware        TEXT    NOT NULL DEFAULT '',
    active_at       INTEGER NOT NULL DEFAULT 0,
    epoch           INTEGER NOT NULL DEFAULT 0,
    oldest          INTEGER,
    measured_offset INTEGER
) STRICT;
CREATE TABLE record (
    pump         INTEGER NOT NULL REFERENCES pump (id),
    epoch        INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    raw          BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    published_at INTEGER,
    PRIMARY KEY (pump, epoch, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_reference ON record (pump, epoch, sequence)
    WHERE substr(raw, 1, 2) IN (x'0ef0', x'0f00');
CREATE TABLE corruption (
    pump         INTEGER NOT NULL REFERENCES pump (id),
    epoch        INTEGER NOT NULL,
    raw          BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    PRIMARY KEY (pump, epoch, raw)
) STRICT, WITHOUT ROWID;
CREATE TABLE held (
    pump  INTEGER NOT NULL REFERENCES pump (id),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE absent (
    pump  INTEGER NOT NULL REFERENCES pump (id),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE unpublished (
    pump  INTEGER NOT NULL REFERENCES pump (id),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT    NOT NULL,
    operation  INTEGER NOT NULL,
    collection INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    feature    INTEGER NOT NULL,
    event_type TEXT    NOT NULL,
    time_ms    INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    rank       INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    supersedes TEXT,
    after      TEXT,
    attempts   INTEGER NOT NULL DEFAULT 0,
    body       TEXT    NOT NULL
) STRICT;
CREATE INDEX outbox_by_document ON outbox (identifier, id);
CREATE INDEX outbox_by_turn ON outbox (collection, operation, rank, id);
CREATE INDEX outbox_by_after ON outbox (after) WHERE after IS NOT NULL;
CREATE TABLE uploaded (
    identifier TEXT    PRIMARY KEY,
    collection INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    feature    INTEGER NOT NULL,
    event_type TEXT    NOT NULL,
    time_ms    INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    server_id  TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX uploaded_by_time ON uploaded (collection, time_ms);
CREATE TABLE refused (
    identifier TEXT    PRIMARY KEY,
    operation  INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    reason     TEXT    NOT NULL,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// Version 2.
//
// trend: of the live glucose measurement. sampled_at: pump's local time, seconds since 1970 as if it were
// UTC, which is how the records' own times are counted before they are dated. rate: thousandths of mg/dL per
// minute.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE trend (
    pump       INTEGER NOT NULL REFERENCES pump (id),
    sampled_at INTEGER NOT NULL,
    rate       INTEGER NOT NULL,
    PRIMARY KEY (pump, sampled_at)
) STRICT, WITHOUT ROWID;
)sql";

// Version 3.
//
// clock_offset: local minus UTC of the pump's clock, for the records from `first` to the end of the segment
// between two changes of the clock that `first` is in (docs/nightscout/mapping.md 5.3). source:
// therapy::OffsetSource.
//
// record.time_source: 0 for a time that was published by an earlier version, by one offset for the whole
// pump; else null, and clock_offset tells. trend.milligrams: null for trends that were read before.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE clock_offset (
    pump        INTEGER NOT NULL REFERENCES pump (id),
    epoch       INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    utc_offset  INTEGER NOT NULL,
    measured    INTEGER NOT NULL,
    measured_at INTEGER NOT NULL,
    source      INTEGER NOT NULL,
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
ALTER TABLE pump DROP COLUMN measured_offset;
ALTER TABLE record ADD COLUMN time_source INTEGER;
UPDATE record SET time_source = 0 WHERE published_at IS NOT NULL;
ALTER TABLE trend ADD COLUMN milligrams INTEGER;
)sql";

// Version 4.
//
// refusal: what the site refuses alone, by the rule of proof (docs/nightscout/api.md 4.4). The document stays
// in the outbox. Version 2 set documents aside too soon and kept them apart: their records are mapped again,
// which queues what the server does not have.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE refusal (
    item       INTEGER PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    occasions  INTEGER NOT NULL,
    counted_at INTEGER,
    set_aside  INTEGER NOT NULL,
    retry_at   INTEGER NOT NULL,
    reason     TEXT    NOT NULL
) STRICT;
DELETE FROM unpublished WHERE EXISTS (SELECT 1 FROM refused) AND EXISTS (
    SELECT 1 FROM held WHERE held.pump = unpublished.pump AND held.epoch = unpublished.epoch
    AND held.first <= unpublished.last AND held.last >= unpublished.first);
INSERT INTO unpublished (pump, epoch, first, last)
    SELECT pump, epoch, first, last FROM held WHERE EXISTS (SELECT 1 FROM refused);
DROP TABLE refused;
)sql";

// Version 5.
//
// record.time_source: 1 as well, for a time that the site had and that is wrong. site-before-PUMP: what
// earlier versions sent of the old end of the pump's memory (SiteBefore) stays theirs to correct.
constexpr const char* kVersion5 = R"sql(
CREATE INDEX record_wrong_time ON record (pump, epoch) WHERE time_source = 1;
INSERT OR IGNORE INTO setting (key, value)
    SELECT 'site-before-' || id, 'empty' FROM pump
    WHERE EXISTS (SELECT 1 FROM record WHERE record.pump = pump.id AND record.published_at IS NOT NULL);
)sql";

// Version 6.
//
// record_reference has all that a time line is made of: a year of them is read from pages of their own, not
// from one of each. uploaded_sum: how many rows `uploaded` has, and the time of its newest entry, so that
// neither takes an index that each acknowledgement writes to.
constexpr const char* kVersion6 = R"sql(
DROP INDEX record_reference;
CREATE INDEX record_reference ON record (pump, epoch, sequence, raw)
    WHERE substr(raw, 1, 2) IN (x'0ef0', x'0f00');
CREATE TABLE uploaded_sum (
    id           INTEGER PRIMARY KEY CHECK (id = 0),
    documents    INTEGER NOT NULL,
    newest_entry INTEGER
) STRICT;
INSERT INTO uploaded_sum (id, documents, newest_entry)
    SELECT 0, (SELECT count(*) FROM uploaded), (SELECT max(time_ms) FROM uploaded WHERE collection = 0);
DROP INDEX uploaded_by_time;
)sql";

// The script at index i leads from version i to version i + 1. Released scripts never change.
constexpr std::array kMigrations{kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6};
constexpr std::int64_t kVersion = kMigrations.size();

std::int64_t readPragma(sqlite::Database& database, std::string_view pragma) {
    sqlite::Statement query(database, pragma);
    return query.step() ? query.integer(0) : 0;
}

void requireOurs(sqlite::Database& database) {
    const std::int64_t application = readPragma(database, "PRAGMA application_id");
    const std::int64_t version = readPragma(database, "PRAGMA user_version");
    const bool empty = readPragma(database, "SELECT count(*) FROM sqlite_schema") == 0;
    if (application == 0 && version == 0 && empty) return;
    if (application != kApplicationId) {
        throw StoreError(database.file().string() +
                         ": is the database of another program; set storage.path to another file");
    }
    if (version > kVersion) {
        throw StoreError(database.file().string() + ": was written by a newer pump-bridge (schema " +
                         std::to_string(version) + ", this one knows " + std::to_string(kVersion) +
                         "); install that version again");
    }
}

void migrate(sqlite::Database& database) {
    if (readPragma(database, "PRAGMA user_version") == kVersion) return;
    sqlite::Transaction transaction(database);
    // Read again: another process may have migrated while this one waited for the lock.
    for (auto version = readPragma(database, "PRAGMA user_version"); version < kVersion; ++version) {
        database.execute(kMigrations.at(static_cast<std::size_t>(version)));
        database.execute("PRAGMA user_version = " + std::to_string(version + 1));
    }
    database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    transaction.commit();
}

/// A commit writes whole pages, and a new record touches ten of them with a hundred bytes in each. A file
/// with larger ones is written anew once; not while somebody else has it open.
void usePages(sqlite::Database& database) {
    constexpr std::int64_t kPageBytes = 1024;
    database.execute("PRAGMA page_size = " + std::to_string(kPageBytes));
    if (readPragma(database, "PRAGMA page_count") == 0 ||
        readPragma(database, "PRAGMA page_size") == kPageBytes)
        return;
    try {
        database.execute("PRAGMA busy_timeout = 100; PRAGMA journal_mode = DELETE; VACUUM");
    } catch (const StoreError& error) {
        if (error.kind() != StoreErrorKind::Passing) throw;
    }
    database.execute("PRAGMA busy_timeout = 10000");
}

} // namespace

void openSchema(sqlite::Database& database, Store::Access access) {
    requireOurs(database);
    // 512 KiB of pages: the working set is the newest day.
    database.execute("PRAGMA cache_size = -512; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF");
    if (access == Store::Access::ReadOnly) {
        if (readPragma(database, "PRAGMA user_version") == kVersion) return;
        throw StoreError(
            database.file().string() +
            ": has the schema of an older pump-bridge; start the service once to bring it up to date");
    }
    usePages(database);
    // WAL: readers never wait for the service, and a commit writes each page once. NORMAL: a commit is not
    // synced by itself; a transaction that must be on the disk when it returns asks for FULL
    // (sqlite::Durability). The log is copied into the file every 2 MiB: often enough to stay small, seldom
    // enough that a page which changes with each record is copied once for many.
    database.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2048; "
        "PRAGMA journal_size_limit = 2097152");
    migrate(database);
}

} // namespace bridge
