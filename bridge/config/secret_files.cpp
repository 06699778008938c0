// SPDX-License-Identifier: MIT
#include "bridge/config/secret_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace bridge {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{64} * 1024;

std::string explain(const fs::path& file, int error) {
    return file.string() + ": " + std::generic_category().message(error);
}

/// Empty on success, else the error number.
std::optional<int> writeAll(int descriptor, protocol::ByteView content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        content = content.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) return errno;
    return std::nullopt;
}

} // namespace

std::optional<std::string> readWhole(const fs::path& file, std::string& content) {
    std::error_code error;
    if (fs::is_directory(file, error)) return std::generic_category().message(EISDIR);
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::generic_category().message(errno == 0 ? ENOENT : errno);
    content.resize(kLargest + 1);
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    content.shrink_to_fit(); // a secret is kept for the life of the process
    if (content.size() > kLargest) return "is larger than 64 KiB, so it is something else";
    return std::nullopt;
}

std::optional<std::string> readSecretFile(const fs::path& file, std::string& secret) {
    if (const auto error = readWhole(file, secret)) return file.string() + ": " + *error;
    secret.erase(secret.find_last_not_of(" \t\r\n") + 1);
    if (secret.empty()) return file.string() + ": is empty";
    return std::nullopt;
}

bool isReadableByOthers(const fs::path& file) {
    std::error_code error;
    const auto status = fs::status(file, error);
    return !error && fs::exists(status) && (status.permissions() & fs::perms::others_read) != fs::perms::none;
}

std::optional<std::string> writePrivately(const fs::path& file, protocol::ByteView content,
                                          Overwrite overwrite) {
    fs::path target = file;
    if (overwrite == Overwrite::Yes) {
        target += ".new";
        ::unlink(target.c_str());
    }
    const int descriptor =
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        if (errno == EEXIST) return file.string() + ": exists already; --force replaces it";
        return explain(file, errno);
    }
    auto error = writeAll(descriptor, content);
    if (::close(descriptor) != 0 && !error) error = errno;
    if (!error && overwrite == Overwrite::Yes && ::rename(target.c_str(), file.c_str()) != 0) error = errno;
    if (!error) return std::nullopt;
    ::unlink(target.c_str());
    return explain(file, *error);
}

} // namespace bridge
