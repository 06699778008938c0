// SPDX-License-Identifier: MIT
// What the parts of the store share. Only store*.cpp include this.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "bridge/store/sqlite.hpp"
#include "bridge/store/store.hpp"

namespace bridge {

/// Brings the file's schema to the present version, or says why it cannot be used.
void openSchema(sqlite::Database& database, Store::Access access);

struct Store::Impl {
    explicit Impl(const std::filesystem::path& file, Access access);

    [[nodiscard]] std::int64_t epochOf(PumpId pump);
    std::int64_t beginEpoch(PumpId pump);
    [[nodiscard]] std::optional<std::string> setting(std::string_view key);
    void setSetting(std::string_view key, std::string_view value);

    sqlite::Database database;
    /// Rows of the outbox that were given out since the start: their documents may be under way, so they are
    /// no longer replaced in place, whether an attempt was counted yet or not.
    std::set<std::int64_t> handedOut;
    /// Rows up to this one may have been given out by a process that could not say so any more.
    std::int64_t inherited = 0;
    bool groups = false; ///< commits
    bool shared = false; ///< another process may have been given any row

    struct KeptTimeLine {
        PumpId pump = 0;
        std::int64_t epoch = 0;
        SequenceRange range{};
        std::shared_ptr<const therapy::TimeLine> timeLine;
    };
    std::vector<KeptTimeLine> timeLines; ///< the last used is the last

    [[nodiscard]] bool isUnderWay(std::int64_t row) const {
        return shared || row <= inherited || handedOut.contains(row);
    }
    [[nodiscard]] std::int64_t newestRow();
};

inline std::int64_t toInteger(std::chrono::sys_seconds time) {
    return time.time_since_epoch().count();
}

inline std::chrono::sys_seconds toTime(std::int64_t seconds) {
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

} // namespace bridge
