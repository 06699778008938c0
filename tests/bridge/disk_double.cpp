// SPDX-License-Identifier: MIT
#include "disk_double.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace bridge::test {
namespace {

/// A disk writes such a piece whole or not at all.
constexpr std::size_t kSector = 512;

DiskDouble::Content readWhole(const char* name) {
    std::ifstream in(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

/// What SQLite has of an open file; the real one's follows it in memory.
struct DiskDouble::Handle {
    sqlite3_file base; ///< first: SQLite sees this
    DiskDouble* disk;
    File* file; ///< null: of no interest
    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

DiskDouble::Handle& DiskDouble::handleOf(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

DiskDouble::DiskDouble() : real_(sqlite3_vfs_find(nullptr)), own_(*real_) {
    own_.zName = "pump-bridge-test";
    own_.szOsFile = static_cast<int>(sizeof(Handle)) + real_->szOsFile;
    own_.pAppData = this;
    own_.pNext = nullptr;
    own_.xOpen = open;
    own_.xDelete = remove;
    sqlite3_vfs_register(&own_, 1);
}

DiskDouble::~DiskDouble() {
    sqlite3_vfs_unregister(&own_);
    sqlite3_vfs_register(real_, 1);
}

void DiskDouble::refuseWrites(int code, int after, int error) {
    code_ = code;
    after_ = after;
    error_ = error;
}

int DiskDouble::refusal() {
    if (code_ == SQLITE_OK) return SQLITE_OK;
    if (after_ > 0) {
        --after_;
        return SQLITE_OK;
    }
    ++refusals_;
    errno = error_;
    return code_;
}

sqlite3_io_methods DiskDouble::methods() {
    sqlite3_io_methods io{};
    io.iVersion = 2; // shared memory for the write-ahead log, no mapped pages
    io.xClose = [](sqlite3_file* file) {
        auto* real = handleOf(file).real();
        return real->pMethods->xClose(real);
    };
    io.xRead = [](sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
        auto* real = handleOf(file).real();
        return real->pMethods->xRead(real, data, size, at);
    };
    io.xWrite = write;
    io.xTruncate = truncate;
    io.xSync = sync;
    io.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
        auto* real = handleOf(file).real();
        return real->pMethods->xFileSize(real, size);
    };
    io.xLock = [](sqlite3_file* file, int level) {
        auto* real = handleOf(file).real();
        return real->pMethods->xLock(real, level);
    };
    io.xUnlock = [](sqlite3_file* file, int level) {
        auto* real = handleOf(file).real();
        return real->pMethods->xUnlock(real, level);
    };
    io.xCheckReservedLock = [](sqlite3_file* file, int* held) {
        auto* real = handleOf(file).real();
        return real->pMethods->xCheckReservedLock(real, held);
    };
    io.xFileControl = [](sqlite3_file* file, int what, void* argument) {
        auto* real = handleOf(file).real();
        return real->pMethods->xFileControl(real, what, argument);
    };
    io.xSectorSize = [](sqlite3_file*) { return static_cast<int>(kSector); };
    io.xDeviceCharacteristics = [](sqlite3_file* file) {
        auto* real = handleOf(file).real();
        return real->pMethods->xDeviceCharacteristics(real);
    };
    io.xShmMap = [](sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
        auto* real = handleOf(file).real();
        return real->pMethods->xShmMap(real, page, size, extend, memory);
    };
    io.xShmLock = [](sqlite3_file* file, int offset, int count, int flags) {
        auto* real = handleOf(file).real();
        return real->pMethods->xShmLock(real, offset, count, flags);
    };
    io.xShmBarrier = [](sqlite3_file* file) {
        auto* real = handleOf(file).real();
        real->pMethods->xShmBarrier(real);
    };
    io.xShmUnmap = [](sqlite3_file* file, int deletes) {
        auto* real = handleOf(file).real();
        return real->pMethods->xShmUnmap(real, deletes);
    };
    return io;
}

int DiskDouble::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* outFlags) {
    static const sqlite3_io_methods kMethods = methods();
    auto& disk = *static_cast<DiskDouble*>(vfs->pAppData);
    auto& handle = *new (file) Handle{{nullptr}, &disk, nullptr};
    const int code = disk.real_->xOpen(disk.real_, name, handle.real(), flags, outFlags);
    if (code != SQLITE_OK) return code;
    handle.base.pMethods = &kMethods;
    constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    if (name == nullptr || (flags & kKept) == 0) return code;
    const auto [at, isNew] = disk.files_.try_emplace(name);
    if (isNew) at->second.synced = readWhole(name);
    handle.file = &at->second;
    return code;
}

int DiskDouble::remove(sqlite3_vfs* vfs, const char* name, int syncDirectory) {
    auto& disk = *static_cast<DiskDouble*>(vfs->pAppData);
    disk.changes();
    const int code = disk.real_->xDelete(disk.real_, name, syncDirectory);
    if (code == SQLITE_OK) disk.files_.erase(name);
    return code;
}

int DiskDouble::write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    auto& handle = handleOf(file);
    if (handle.file != nullptr) {
        handle.disk->changes();
        if (const int code = handle.disk->refusal(); code != SQLITE_OK) return code;
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        handle.file->pending.push_back({static_cast<std::size_t>(at), Content(bytes, bytes + size), false});
    }
    return handle.real()->pMethods->xWrite(handle.real(), data, size, at);
}

int DiskDouble::truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& handle = handleOf(file);
    if (handle.file != nullptr) {
        handle.disk->changes();
        handle.file->pending.push_back({static_cast<std::size_t>(size), {}, true});
    }
    return handle.real()->pMethods->xTruncate(handle.real(), size);
}

// The real disk is not waited for: that is the test's time.
int DiskDouble::sync(sqlite3_file* file, int /*flags*/) {
    auto& handle = handleOf(file);
    if (handle.file == nullptr) return SQLITE_OK;
    handle.disk->changes();
    for (const auto& change : std::exchange(handle.file->pending, {}))
        apply(handle.file->synced, change, 0, change.bytes.size());
    return SQLITE_OK;
}

void DiskDouble::apply(Content& content, const Change& change, std::size_t from, std::size_t size) {
    if (change.truncates) {
        content.resize(std::min(content.size(), change.at));
        return;
    }
    content.resize(std::max(content.size(), change.at + from + size));
    std::copy_n(change.bytes.begin() + static_cast<std::ptrdiff_t>(from), size,
                content.begin() + static_cast<std::ptrdiff_t>(change.at + from));
}

DiskDouble::Files DiskDouble::afterPowerCut(std::mt19937_64& chance) const {
    Files left;
    for (const auto& [name, file] : files_) {
        Content content = file.synced;
        for (const Change& change : file.pending) {
            const std::size_t size = change.bytes.size();
            switch (chance() % 3) {
                case 0: // lost
                    break;
                case 1:
                    apply(content, change, 0, size);
                    break;
                default: // torn: each piece of its own
                    for (std::size_t from = 0; from < size; from += kSector)
                        if (chance() % 2 == 0) apply(content, change, from, std::min(kSector, size - from));
            }
        }
        left.emplace(name.substr(name.rfind('/') + 1), std::move(content));
    }
    return left;
}

} // namespace bridge::test
