// SPDX-License-Identifier: MIT
// One bridge per store and per adapter: two would tear the link from each other, and send everything twice.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bridge {

/// Another process has what this one needs.
class AlreadyRunning : public std::runtime_error {
public:
    AlreadyRunning(const std::string& what, std::optional<pid_t> pid) : std::runtime_error(what), pid_(pid) {}
    [[nodiscard]] std::optional<pid_t> pid() const { return pid_; } ///< of the other; empty: not known

private:
    std::optional<pid_t> pid_;
};

/// A file under flock(2): released by the kernel whatever becomes of the process. The file stays.
class LockFile {
public:
    enum class Sharing { Exclusive, Shared };
    /// Throws AlreadyRunning, or std::system_error when the file cannot be made.
    LockFile(const std::filesystem::path& file, Sharing sharing);
    LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    LockFile& operator=(LockFile&&) = delete;
    ~LockFile();

private:
    int descriptor_;
};

/// Held for the life of a service.
class InstanceLock {
public:
    /// `store`: locked by "<store>.lock" beside it. `adapter`: "hci0"; empty: any, which no other bridge may
    /// then use at all. `runtimeDirectory` (made if possible) has the adapters' locks; a user who may not
    /// write there runs without them. Throws as LockFile does.
    InstanceLock(const std::filesystem::path& store, const std::string& adapter,
                 const std::filesystem::path& runtimeDirectory);

    [[nodiscard]] bool coversAdapter() const { return coversAdapter_; }

private:
    std::vector<LockFile> locks_;
    bool coversAdapter_ = false;
};

} // namespace bridge
