-- SPDX-License-Identifier: MIT
-- The schema of version 0.1.0, for the contents in the files beside this.
PRAGMA application_id = 1886220386;
PRAGMA user_version = 2;
CREATE TABLE absent (
    pump  INTEGER NOT NULL REFERENCES pump (id),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE trend (
    pump       INTEGER NOT NULL REFERENCES pump (id),
    sampled_at INTEGER NOT NULL,
    rate       INTEGER NOT NULL,
    PRIMARY KEY (pump, sampled_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE unpublished (
    pump  INTEGER NOT NULL REFERENCES pump (id),
    epoch INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (pump, epoch, first)
) STRICT, WITHOUT ROWID;
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
CREATE INDEX record_reference ON record (pump, epoch, sequence)
    WHERE substr(raw, 1, 2) IN (x'0ef0', x'0f00');
CREATE INDEX outbox_by_document ON outbox (identifier, id);
CREATE INDEX outbox_by_turn ON outbox (collection, operation, rank, id);
CREATE INDEX outbox_by_after ON outbox (after) WHERE after IS NOT NULL;
CREATE INDEX uploaded_by_time ON uploaded (collection, time_ms);
