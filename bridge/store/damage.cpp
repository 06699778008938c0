// SPDX-License-Identifier: MIT
#include "bridge/store/damage.hpp"

#include <fmt/chrono.h>

#include <string>
#include <utility>
#include <vector>

#include "bridge/store/sqlite.hpp"
#include "bridge/store/store.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using Settings = std::vector<std::pair<std::string, std::string>>;

/// As many as come before the damage.
Settings readSettings(const fs::path& file) {
    Settings settings;
    try {
        sqlite::Database database(file, sqlite::Database::Mode::ReadOnly);
        sqlite::Statement query(database, "SELECT key, value FROM setting");
        while (query.step()) settings.emplace_back(query.text(0), query.text(1));
    } catch (const StoreError&) {
        // It is damaged.
    }
    return settings;
}

fs::path withSuffix(fs::path path, const std::string& suffix) {
    path += suffix;
    return path;
}

} // namespace

fs::path setDamagedStoreAside(const fs::path& file, std::chrono::sys_seconds now) {
    const Settings settings = readSettings(file);
    const std::string stamp = fmt::format(".damaged-{:%Y%m%dT%H%M%S}Z", now);
    fs::path aside = withSuffix(file, stamp);
    for (int number = 2; fs::exists(aside); ++number)
        aside = withSuffix(file, stamp + "-" + std::to_string(number));
    // SQLite's own files first: beside a new store they would be taken for its own.
    for (const char* side : {"-wal", "-shm"}) {
        if (fs::exists(withSuffix(file, side))) fs::rename(withSuffix(file, side), withSuffix(aside, side));
    }
    fs::rename(file, aside);
    Store fresh(file);
    for (const auto& [key, value] : settings) fresh.setSetting(key, value);
    return aside;
}

} // namespace bridge
