// SPDX-License-Identifier: MIT
#include "bridge/store/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <limits>

#include "bridge/store/store.hpp"

namespace bridge::sqlite {
namespace {

// The service writes in short bursts; a reader (`history`) holds no lock that blocks it. Ten seconds outlast
// a checkpoint on a slow SD card.
constexpr int kBusyTimeoutMs = 10'000;

int sizeOf(std::size_t size) {
    if (size > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw StoreError("a value is too large for the store");
    }
    return static_cast<int>(size);
}

std::string remedy(int code) {
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            return " (not a pump-bridge database: set storage.path to another file)";
        case SQLITE_CORRUPT:
            return " (the file is damaged: 'pump-bridge run' sets it aside and reads the pump's memory "
                   "again)";
        case SQLITE_FULL:
            return " (free some space on the disk)";
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return " (check the owner and the permissions of the file and its directory)";
        case SQLITE_BUSY:
            return " (another program is writing to the file)";
        default:
            return "";
    }
}

/// `settled`: it was written before.
StoreErrorKind kindOf(int code, bool settled) {
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
            return StoreErrorKind::Damaged;
        case SQLITE_NOTADB:
            return StoreErrorKind::Unusable;
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return settled ? StoreErrorKind::Passing : StoreErrorKind::Unusable;
        default:
            return StoreErrorKind::Passing;
    }
}

/// `error`: of the system.
std::optional<WriteFailure> writeFailureOf(int code, int error) {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return WriteFailure::DiskFull;
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return WriteFailure::ReadOnly;
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            if (error == EROFS) return WriteFailure::ReadOnly;
            // A limit of the user, or of the process, is as good as a full disk.
            if (error == ENOSPC || error == EDQUOT || error == EFBIG) return WriteFailure::DiskFull;
            return WriteFailure::DiskError;
        default:
            return std::nullopt;
    }
}

} // namespace

void CloseDatabase::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

void FinalizeStatement::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

Database::Database(std::filesystem::path file, Mode mode) : file_(std::move(file)) {
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(file_.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (handle == nullptr) throw StoreError(file_.string() + ": out of memory");
    if (code != SQLITE_OK) fail();
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
}

Database::~Database() {
    try {
        flush();
    } catch (const StoreError&) {
        return; // as a crash would have left it
    }
}

// Each call of SQLite that writes begins with errno 0. Its own memory of the system's error leaves out what a
// COMMIT met.
void Database::fail() {
    const int systemError = errno;
    const int code = sqlite3_extended_errcode(handle_.get());
    const StoreErrorKind kind = kindOf(code, settled_);
    noteFailure(code, systemError);
    const StoreError error(file_.string() + ": " + sqlite3_errmsg(handle_.get()) + remedy(code), kind);
    if (kind == StoreErrorKind::Damaged && onDamage_) std::exchange(onDamage_, nullptr)();
    throw error;
}

void Database::noteFailure(int code, int systemError) {
    const auto failure = writeFailureOf(code, systemError);
    if (failure) writeFailure_ = failure;
    changesSeen_ = sqlite3_total_changes64(handle_.get());
}

// A commit of nothing says nothing about the disk.
void Database::noteWritten() {
    if (sqlite3_total_changes64(handle_.get()) != changesSeen_) writeFailure_.reset();
}

void Database::execute(const std::string& sql) {
    errno = 0;
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t Database::lastInsertId() const {
    return sqlite3_last_insert_rowid(handle_.get());
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(handle_.get());
}

StatementHandle Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), sizeOf(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail();
    return StatementHandle(statement);
}

StatementHandle Database::borrow(std::string_view sql) {
    const auto found = idle_.find(sql);
    if (found == idle_.end() || !found->second) return prepare(sql);
    return std::move(found->second);
}

void Database::giveBack(std::string_view sql, StatementHandle statement) noexcept {
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    try {
        idle_[sql] = std::move(statement);
    } catch (const std::bad_alloc&) {
        return; // prepared anew next time
    }
}

Statement::~Statement() {
    database_.giveBack(sql_, std::move(handle_));
}

bool Statement::step() {
    errno = 0;
    switch (sqlite3_step(handle_.get())) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            if (database_.transactions_ == 0 && sqlite3_stmt_readonly(handle_.get()) == 0)
                database_.noteWritten();
            return false;
        default:
            database_.fail();
    }
}

bool Statement::isNull(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::optional<std::int64_t> Statement::optionalInteger(int column) const {
    if (isNull(column)) return std::nullopt;
    return integer(column);
}

std::string Statement::text(int column) const {
    const protocol::ByteView bytes = blobView(column);
    return {bytes.begin(), bytes.end()};
}

std::optional<std::string> Statement::optionalText(int column) const {
    if (isNull(column)) return std::nullopt;
    return text(column);
}

protocol::Bytes Statement::blob(int column) const {
    const protocol::ByteView bytes = blobView(column);
    return {bytes.begin(), bytes.end()};
}

protocol::ByteView Statement::blobView(int column) const {
    const void* data = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

void Statement::bind(int index, std::int64_t value) {
    if (sqlite3_bind_int64(handle_.get(), index, value) != SQLITE_OK) database_.fail();
}

// Values are copied: a temporary given to a named statement would be gone at its first step.
void Statement::bind(int index, std::string_view value) {
    const char* data = value.data() == nullptr ? "" : value.data();
    if (sqlite3_bind_text(handle_.get(), index, data, sizeOf(value.size()), SQLITE_TRANSIENT) != SQLITE_OK) {
        database_.fail();
    }
}

void Statement::bind(int index, protocol::ByteView value) {
    // A null pointer would bind NULL, not an empty blob.
    static constexpr std::uint8_t kEmpty = 0;
    const std::uint8_t* data = value.data() == nullptr ? &kEmpty : value.data();
    if (sqlite3_bind_blob(handle_.get(), index, data, sizeOf(value.size()), SQLITE_TRANSIENT) != SQLITE_OK) {
        database_.fail();
    }
}

void Statement::bindNull(int index) {
    if (sqlite3_bind_null(handle_.get(), index) != SQLITE_OK) database_.fail();
}

void Database::setSynchronous(bool full) {
    if (full == synchronous_) return;
    execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    synchronous_ = full;
}

void Database::groupCommits(std::function<void()> opened) {
    onOpened_ = std::move(opened);
}

void Database::begin(bool synchronous) {
    setSynchronous(synchronous); // not possible once it has begun
    execute("BEGIN IMMEDIATE");
    changesSeen_ = sqlite3_total_changes64(handle_.get());
}

void Database::flush() {
    if (!waiting_) return;
    try {
        execute("COMMIT");
    } catch (const StoreError&) {
        abandon();
        throw;
    }
    waiting_ = false;
    noteWritten();
    setSynchronous(false);
}

void Database::abandon() noexcept {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    waiting_ = false;
}

Transaction::Transaction(Database& database, Durability durability)
    : database_(database), durability_(durability) {
    if (database_.transactions_ == 0) {
        // What waits without a sync cannot get one any more: it is committed first, and synced with this one.
        if (durability == Durability::Now && !database_.synchronous_) database_.flush();
        const bool groups = static_cast<bool>(database_.onOpened_);
        const bool synced = durability == Durability::Now || (groups && durability == Durability::WithNext);
        if (!database_.waiting_) database_.begin(synced);
        if (groups) database_.execute("SAVEPOINT part");
        database_.partFailed_ = false;
    }
    ++database_.transactions_;
}

Transaction::~Transaction() {
    if (!open_) return;
    if (--database_.transactions_ > 0) {
        database_.partFailed_ = true;
        return;
    }
    // A failed statement may have rolled back all of it already.
    sqlite3* handle = database_.handle_.get();
    const bool keepsOthers =
        database_.waiting_ && sqlite3_get_autocommit(handle) == 0 &&
        sqlite3_exec(handle, "ROLLBACK TO part; RELEASE part", nullptr, nullptr, nullptr) == SQLITE_OK;
    if (!keepsOthers) database_.abandon();
}

void Transaction::commit() {
    if (database_.transactions_ == 1) {
        if (database_.partFailed_)
            throw StoreError("a part of a transaction failed", StoreErrorKind::Passing);
        const bool waits = database_.onOpened_ && durability_ != Durability::Now;
        if (database_.onOpened_) database_.execute("RELEASE part");
        if (!waits) {
            database_.execute("COMMIT");
            database_.noteWritten();
        }
        const bool opened = waits && !database_.waiting_;
        database_.waiting_ = waits;
        if (opened) database_.onOpened_();
    }
    --database_.transactions_;
    open_ = false;
    // What is written without a transaction of its own may wait for the next that is synced.
    if (database_.transactions_ == 0 && !database_.waiting_) database_.setSynchronous(false);
}

} // namespace bridge::sqlite
