// SPDX-License-Identifier: MIT
// How far a pump's clock is ahead of UTC, from one record on.
#include "bridge/store/store_impl.hpp"

namespace bridge {

using sqlite::Statement;

std::vector<therapy::ClockOffset> Store::clockOffsets(PumpId pump) const {
    Statement query(impl_->database,
                    "SELECT first, utc_offset, measured, measured_at, source FROM clock_offset "
                    "WHERE pump = ? AND epoch = ? ORDER BY first",
                    pump, impl_->epochOf(pump));
    std::vector<therapy::ClockOffset> offsets;
    while (query.step()) {
        offsets.push_back({static_cast<std::uint32_t>(query.integer(0)),
                           std::chrono::seconds(query.integer(1)), std::chrono::seconds(query.integer(2)),
                           toTime(query.integer(3)), static_cast<therapy::OffsetSource>(query.integer(4))});
    }
    return offsets;
}

void Store::keepClockOffset(PumpId pump, const therapy::ClockOffset& offset) {
    Statement(impl_->database,
              "INSERT OR REPLACE INTO clock_offset (pump, epoch, first, utc_offset, measured, measured_at, "
              "source) VALUES (?, ?, ?, ?, ?, ?, ?)",
              pump, impl_->epochOf(pump), offset.from, offset.offset.count(), offset.measured.count(),
              toInteger(offset.measuredAt), static_cast<unsigned>(offset.source))
        .run();
}

std::vector<std::uint32_t> Store::oldTimes(PumpId pump) const {
    Statement query(impl_->database,
                    "SELECT sequence FROM record WHERE pump = ? AND epoch = ? AND time_source = 0 "
                    "ORDER BY sequence",
                    pump, impl_->epochOf(pump));
    std::vector<std::uint32_t> numbers;
    while (query.step()) numbers.push_back(static_cast<std::uint32_t>(query.integer(0)));
    return numbers;
}

std::optional<std::chrono::sys_seconds> Store::newestPublished(PumpId pump) const {
    Statement query(
        impl_->database,
        "SELECT published_at FROM record WHERE pump = ? AND epoch = ? AND published_at IS NOT NULL "
        "ORDER BY sequence DESC LIMIT 1",
        pump, impl_->epochOf(pump));
    return query.step() ? std::optional(toTime(query.integer(0))) : std::nullopt;
}

void Store::keepWrongTimes(PumpId pump, std::span<const Published> times) {
    if (times.empty()) return;
    sqlite::Transaction transaction(impl_->database);
    const std::int64_t epoch = impl_->epochOf(pump);
    for (const Published& published : times) {
        Statement(impl_->database,
                  "UPDATE record SET published_at = ?, time_source = 1 "
                  "WHERE pump = ? AND epoch = ? AND sequence = ? AND published_at IS NULL",
                  toInteger(published.time), pump, epoch, published.sequenceNumber)
            .run();
    }
    transaction.commit();
}

std::uint64_t Store::wrongTimes(PumpId pump) const {
    Statement query(impl_->database,
                    "SELECT count(*) FROM record INDEXED BY record_wrong_time "
                    "WHERE pump = ? AND epoch = ? AND time_source = 1",
                    pump, impl_->epochOf(pump));
    return query.step() ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

} // namespace bridge
