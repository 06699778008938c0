// SPDX-License-Identifier: MIT
// The disk under SQLite, taken over by the test: a VFS that hands everything on to the real one, refuses to
// write when it is told to, and knows what a power cut would leave. The default of this process while it
// lives.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace bridge::test {

class DiskDouble {
public:
    using Content = std::vector<std::uint8_t>;
    using Files = std::map<std::string, Content>; ///< by the end of the name, after the last '/'

    DiskDouble();
    ~DiskDouble();
    DiskDouble(const DiskDouble&) = delete;
    DiskDouble& operator=(const DiskDouble&) = delete;

    /// What a write says from now on: SQLITE_FULL, SQLITE_IOERR_WRITE; `after` so many that succeed. What
    /// the system says with it is in `error` (EROFS).
    void refuseWrites(int code, int after = 0, int error = 0);
    void acceptWrites() { refuseWrites(SQLITE_OK); }
    [[nodiscard]] int refusals() const { return refusals_; }

    /// Called before each write, truncation and sync: the power may be cut there.
    std::function<void()> onChange;
    /// What is on the disk when the power is cut now: all that was synced, and of what was not, a part of
    /// the writes that `chance` chooses, some of them torn.
    [[nodiscard]] Files afterPowerCut(std::mt19937_64& chance) const;

private:
    struct Change {
        std::size_t at = 0;
        Content bytes;
        bool truncates = false; ///< to `at`
    };
    struct File {
        Content synced;
        std::vector<Change> pending;
    };
    struct Handle;

    static void apply(Content& content, const Change& change, std::size_t from, std::size_t size);
    int refusal();
    void changes() const {
        if (onChange) onChange();
    }
    static Handle& handleOf(sqlite3_file* file);
    static sqlite3_io_methods methods();
    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* outFlags);
    static int remove(sqlite3_vfs* vfs, const char* name, int syncDirectory);
    static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at);
    static int truncate(sqlite3_file* file, sqlite3_int64 size);
    static int sync(sqlite3_file* file, int flags);

    sqlite3_vfs* real_;
    sqlite3_vfs own_{};
    std::map<std::string, File> files_; ///< by full name
    int code_ = SQLITE_OK;
    int after_ = 0;
    int error_ = 0;
    int refusals_ = 0;
};

} // namespace bridge::test
