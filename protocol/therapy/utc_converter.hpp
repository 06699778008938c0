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

/// Where an offset may still come from: a segment there without one waits for it.
struct OpenEnds {
    /// The run's last segment is the one that the pump's clock is in now; or the records that are missing
    /// between this run and the next may come.
    bool later = false;
    /// The records that are missing between the run before and this one may come.
    bool earlier = false;
};

/// The times of one gap-free run of history.
class UtcConverter {
public:
    /// `known`: of this run, by `from`. `timeLine` and `zone` must outlive this.
    UtcConverter(const TimeLine& timeLine, const Zone& zone, std::span<const ClockOffset> known,
                 OpenEnds open);

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
