// SPDX-License-Identifier: MIT
#include "bridge/config/key_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace bridge {

namespace sake = protocol::sake;

namespace {

// Far above any real database; a device node or a wrong file is not read to its end.
constexpr std::size_t kLargestFile = std::size_t{64} * 1024;

protocol::Bytes readAll(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        throw KeyFileError(
            fmt::format("key database {}: {}. Put your SAKE key database there, or set pump.key_database "
                        "in the configuration",
                        file.string(), std::strerror(errno)));
    }
    protocol::Bytes bytes(kLargestFile + 1);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kLargestFile) {
        throw KeyFileError(
            fmt::format("key database {}: larger than 64 KiB, so it is something else", file.string()));
    }
    return bytes;
}

} // namespace

sake::KeyDatabase readKeyFile(const std::filesystem::path& file) {
    const auto database = sake::parseKeyDatabase(readAll(file));
    if (!database) {
        throw KeyFileError(
            fmt::format("key database {}: {}. The file is damaged or is no SAKE key database; copy it "
                        "again",
                        file.string(), protocol::toString(database.error())));
    }
    return *database;
}

sake::KeyDatabase readBridgeKeyFile(const std::filesystem::path& file) {
    auto database = readKeyFile(file);
    if (const auto reason = sake::unfitForBridge(database)) {
        throw KeyFileError(fmt::format("key database {}: {}", file.string(), *reason));
    }
    return database;
}

} // namespace bridge
