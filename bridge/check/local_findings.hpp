// SPDX-License-Identifier: MIT
// The bridge's own side: configuration, key database, store, clock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "bridge/check/finding.hpp"
#include "bridge/config/configuration.hpp"

namespace bridge::check {

/// Its problems (each failed) and warnings, or that it is in order.
Findings checkConfiguration(const LoadedConfiguration& loaded, const std::filesystem::path& file);

Finding checkKeyDatabase(const std::filesystem::path& file);

struct StoreFacts {
    bool exists = false;
    std::string problem{}; ///< why it cannot be used, with the remedy if there is one; empty: it can
    bool permitted = true; ///< false: this user may not do what the service does
    std::string damage{};  ///< the first thing that SQLite found; empty: none
    std::uint64_t records = 0;
    std::uint64_t waiting = 0;                ///< documents
    std::uint64_t setAside = 0;               ///< documents that the site refuses
    std::string setAsideReason{};             ///< the site's words
    std::optional<std::uint64_t> bytesFree{}; ///< where the file is, or will be
};
/// Reads the whole file once.
StoreFacts readStoreFacts(const std::filesystem::path& file);
Findings checkStore(const StoreFacts& store, const std::filesystem::path& file);

/// `synchronised`: what the time service says; empty: there is none. `trustedByOwner`: [time] host_clock.
Finding checkClock(std::optional<bool> synchronised, bool trustedByOwner);

} // namespace bridge::check
