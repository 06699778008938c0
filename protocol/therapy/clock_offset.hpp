// SPDX-License-Identifier: MIT
// How far the pump's clock is ahead of UTC: what a reading of it means, and what is kept. Facts:
// docs/nightscout/mapping.md 5.3.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "therapy/dated_history.hpp"
#include "therapy/time_line.hpp"

namespace therapy {

/// Kept in the store as numbers: append only.
enum class OffsetSource : std::uint8_t {
    Measured = 1,
    Chained = 2, ///< from a neighbouring segment, over a known change of the clock; never kept
    Adopted = 3, ///< what the site's documents were dated by
    Zone = 4,    ///< of the configured zone; kept where the user said so
    Lost = 5,    ///< read, and no offset that a zone has: the clock is lost, nothing is dated by it
};

/// The pump's clock minus UTC, from one number on to the end of the segment that the number is in.
struct ClockOffset {
    std::uint32_t from = 0; ///< holds for what is governed by the references with this number and later ones
    std::chrono::seconds offset{0};   ///< in use: whole minutes
    std::chrono::seconds measured{0}; ///< as last read
    UtcSeconds measuredAt{};
    OffsetSource source = OffsetSource::Measured;
    friend bool operator==(const ClockOffset&, const ClockOffset&) = default;
};

/// The offset to use for a clock that is `measured` ahead: the nearest multiple of 15 minutes while the pump
/// is at most 90 s slow and 30 s fast by it, else `measured` rounded up to whole minutes, so that nothing
/// lies in the future.
[[nodiscard]] std::chrono::seconds preciseOffset(std::chrono::seconds measured);
/// The same once an offset is in use, which stays within these limits.
[[nodiscard]] std::chrono::seconds preciseOffset(std::chrono::seconds measured, std::chrono::seconds inUse);

/// Whether some zone has such an offset, give or take a quarter of an hour.
[[nodiscard]] bool isPossibleOffset(std::chrono::seconds offset);
/// Whether the pump's clock cannot be right: pumps of this family are younger.
[[nodiscard]] bool isBeforeItsTime(protocol::LocalSeconds local);

/// The pump's clock and ours, read at once.
struct ClockReading {
    protocol::LocalSeconds local{};
    UtcSeconds utc{};
    /// More than the pump itself vouches for our clock.
    bool vouched = true;

    [[nodiscard]] std::chrono::seconds offset() const {
        return local.time_since_epoch() - utc.time_since_epoch();
    }
};

struct ReadingJudgement {
    enum class Verdict : std::uint8_t {
        Measured,    ///< the first of its segment
        Kept,        ///< the offset in use stays
        Corrected,   ///< another offset from the next reference on
        SetExpected, ///< the clock was set, but the reference that says so has not come yet
        Lost,        ///< the clock is lost
        NoReference, ///< the run has none yet
    };
    Verdict verdict = Verdict::NoReference;
    std::optional<ClockOffset> keep; ///< to be kept, in place of one with the same `from`
};

/// What a reading says about the newest segment of the newest run. `known`: of this run. `insist`: a
/// reading that is far from the last one counts all the same (a reference came since, and no change).
[[nodiscard]] ReadingJudgement judgeReading(const TimeLine& timeLine, std::span<const ClockOffset> known,
                                            const ClockReading& reading, bool insist = false);

} // namespace therapy
