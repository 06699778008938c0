// SPDX-License-Identifier: MIT
// SQLite's C interface as values that clean up after themselves. Every failure is a StoreError that names the
// file.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/store/write_failure.hpp"
#include "protocol/codec/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace bridge::sqlite {

struct CloseDatabase {
    void operator()(sqlite3* handle) const noexcept;
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* handle) const noexcept;
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// One connection, used by one thread.
class Database {
public:
    enum class Mode { ReadWrite, ReadOnly };
    /// The file must exist.
    Database(std::filesystem::path file, Mode mode);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    /// One or more statements without parameters and results.
    void execute(const std::string& sql);
    [[nodiscard]] std::int64_t lastInsertId() const;
    /// Rows that the last INSERT, UPDATE or DELETE touched.
    [[nodiscard]] std::int64_t changes() const;
    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    /// From now on a transaction that need not be on the disk at once stays open for those that follow: what
    /// a page is changed by within seconds is written once. `opened` is called when flush() has something to
    /// do.
    void groupCommits(std::function<void()> opened);
    /// Commits what stays open. Not within a transaction.
    void flush();
    /// Called once, before the first error that says that the file is damaged is thrown.
    void onDamage(std::function<void()> handler) { onDamage_ = std::move(handler); }
    /// It can be used and written. What cannot be written from now on may be over later.
    void settle() { settled_ = true; }
    /// Of the last attempt to write.
    [[nodiscard]] std::optional<WriteFailure> writeFailure() const { return writeFailure_; }

private:
    friend class Statement;
    friend class Transaction;
    [[nodiscard]] StatementHandle prepare(std::string_view sql);
    [[nodiscard]] StatementHandle borrow(std::string_view sql);
    void giveBack(std::string_view sql, StatementHandle statement) noexcept;
    [[noreturn]] void fail();
    void noteFailure(int code, int systemError);
    void noteWritten();
    void setSynchronous(bool full);
    void begin(bool synchronous);
    void abandon() noexcept;

    std::filesystem::path file_;
    std::function<void()> onDamage_;
    std::function<void()> onOpened_; ///< set: commits are grouped
    bool waiting_ = false;           ///< a finished transaction stays open
    bool settled_ = false;
    std::optional<WriteFailure> writeFailure_;
    std::int64_t changesSeen_ = 0; ///< rows that had been touched when it was last tried
    int transactions_ = 0;         ///< one within another
    bool partFailed_ = false;      ///< an inner one was not committed: the outer one cannot be
    bool synchronous_ = false;     ///< each commit is synced
    std::unique_ptr<sqlite3, CloseDatabase> handle_;
    // Keys view string literals: statements are written in the code, never put together at run time.
    std::map<std::string_view, StatementHandle> idle_;
};

/// One run of a prepared statement. Prepared once per connection and used again; a second run of the same
/// text inside the first gets a statement of its own.
class Statement {
public:
    /// `sql` must be a literal. Parameters are bound in order.
    template <typename... Values>
    Statement(Database& database, std::string_view sql, const Values&... values)
        : database_(database), sql_(sql), handle_(database.borrow(sql)) {
        int index = 0;
        (bind(++index, values), ...);
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// True while there is a row.
    bool step();
    void run() {
        while (step()) continue;
    }

    [[nodiscard]] bool isNull(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optionalInteger(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::optional<std::string> optionalText(int column) const;
    [[nodiscard]] protocol::Bytes blob(int column) const;
    /// Without a copy; valid until the next step.
    [[nodiscard]] protocol::ByteView blobView(int column) const;

private:
    void bind(int index, std::int64_t value);
    void bind(int index, std::string_view value);
    void bind(int index, protocol::ByteView value);
    void bindNull(int index);
    template <std::integral T>
    void bind(int index, T value) {
        bind(index, static_cast<std::int64_t>(value));
    }
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const protocol::Bytes& value) { bind(index, protocol::ByteView(value)); }
    template <typename T>
    void bind(int index, const std::optional<T>& value) {
        if (value) {
            bind(index, *value);
        } else {
            bindNull(index);
        }
    }

    Database& database_;
    std::string_view sql_;
    StatementHandle handle_;
};

/// Whether a transaction is on the disk when its commit returns, or with the next one that is. After a power
/// cut the file is as it was after some commit. A crash of the process loses nothing; where commits are
/// grouped, no more than what came since the last flush() or the last one that is Now.
enum class Durability : std::uint8_t {
    Now,
    Later,
    WithNext, ///< as Later; one that is Now is about to follow, and takes it along
};

/// Rolled back unless committed. One within another is a part of it, and of its durability.
class Transaction {
public:
    /// Takes the write lock at once: a transaction that begins by reading cannot fail half-way for want of
    /// it.
    explicit Transaction(Database& database, Durability durability = Durability::Now);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

private:
    Database& database_;
    Durability durability_;
    bool open_ = true;
};

} // namespace bridge::sqlite
