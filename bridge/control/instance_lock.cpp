// SPDX-License-Identifier: MIT
#include "bridge/control/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace bridge {
namespace {

namespace fs = std::filesystem;

std::optional<pid_t> readPid(int descriptor) {
    std::array<char, 16> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
    pid_t pid = 0;
    if (size <= 0) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + size, pid);
    if (error != std::errc{} || pid <= 0) return std::nullopt;
    return pid;
}

void writePid(int descriptor) {
    const std::string text = std::to_string(::getpid()) + "\n";
    // Only a message to others: a full disk does not matter here.
    if (::ftruncate(descriptor, 0) == 0) (void)!::pwrite(descriptor, text.data(), text.size(), 0);
}

} // namespace

LockFile::LockFile(const fs::path& file, Sharing sharing)
    : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), file.string());
    const int mode = (sharing == Sharing::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    int result = 0;
    do result = ::flock(descriptor_, mode);
    while (result != 0 && errno == EINTR);
    if (result == 0) {
        if (sharing == Sharing::Exclusive) writePid(descriptor_);
        return;
    }
    const int error = errno;
    const auto pid = readPid(descriptor_);
    ::close(descriptor_);
    if (error != EWOULDBLOCK) throw std::system_error(error, std::generic_category(), file.string());
    throw AlreadyRunning(pid ? "already running, pid " + std::to_string(*pid) : "already running", pid);
}

LockFile::~LockFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

InstanceLock::InstanceLock(const fs::path& store, const std::string& adapter,
                           const fs::path& runtimeDirectory) {
    std::error_code error;
    if (const fs::path directory = store.parent_path(); !directory.empty() && !fs::exists(directory, error)) {
        fs::create_directories(directory, error);
        fs::permissions(directory, fs::perms::owner_all, error);
    }
    fs::path beside = store;
    beside += ".lock";
    locks_.emplace_back(beside, LockFile::Sharing::Exclusive);

    fs::create_directories(runtimeDirectory, error);
    if (::access(runtimeDirectory.c_str(), W_OK | X_OK) != 0) return;
    // One that takes any adapter excludes all others; those that name one only exclude each other.
    locks_.emplace_back(runtimeDirectory / "adapters.lock",
                        adapter.empty() ? LockFile::Sharing::Exclusive : LockFile::Sharing::Shared);
    if (!adapter.empty())
        locks_.emplace_back(runtimeDirectory / ("adapter-" + adapter + ".lock"),
                            LockFile::Sharing::Exclusive);
    coversAdapter_ = true;
}

} // namespace bridge
