// SPDX-License-Identifier: MIT
// From the pump's clock to UTC, segment by segment. Facts: docs/nightscout/mapping.md 5.3 and 5.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "therapy/clock_offset.hpp"
#include "therapy/time_line.hpp"
#include "therapy/zone.hpp"

namespace therapy {

/// The times of one gap-free run of history.
class UtcConverter {
public:
    /// `known`: of this run, by `from`. `newest`: no newer run is held, so that the run's last segment is the
    /// one that the pump's clock is in now: without an offset of its own it waits for one.
    /// `timeLine` and `zone` must outlive this.
    UtcConverter(const TimeLine& timeLine, const Zone& zone, std::span<const ClockOffset> known, bool newest);

    /// Local minus UTC, or why there is none.
    struct Offset {
        std::optional<std::chrono::seconds> value;
        OffsetSource source = OffsetSource::Zone;
        Hold hold = Hold::NotMeasured;     ///< without a value
        const ClockOffset* kept = nullptr; ///< that it is; null: chained, or the zone's
    };
    [[nodiscard]] Offset offsetOf(const LocalTime& time) const;
    /// By the zone, for a record that is held: to be shown, not to be published.
    [[nodiscard]] UtcSeconds shown(const LocalTime& time) const;

private:
    struct Segment {
        std::vector<ClockOffset> own; ///< ascending
        std::optional<std::chrono::seconds> chained;
        bool lost = false;  ///< known to be, or chained to what no zone has
        bool waits = false; ///< a measurement can still come
        /// Its first reading, where the clock was set back to it.
        std::optional<protocol::LocalSeconds> setBack;
    };
    void assign(std::span<const ClockOffset> known);
    void chain();
    void accept(std::size_t index, std::chrono::seconds measured);

    const TimeLine& timeLine_;
    const Zone& zone_;
    std::vector<Segment> segments_;
};

} // namespace therapy
