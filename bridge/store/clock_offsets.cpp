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

} // namespace bridge
