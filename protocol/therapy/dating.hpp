// SPDX-License-Identifier: MIT
// From raw records to dated ones: the one way for documents, `history`, `status` and `decode`. Facts:
// docs/nightscout/mapping.md 5.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "therapy/dated_history.hpp"
#include "therapy/time_line.hpp"
#include "therapy/utc_converter.hpp"

namespace therapy {

struct RawRecord {
    std::uint32_t sequenceNumber = 0;
    protocol::ByteView raw;
    std::optional<UtcSeconds> published; ///< its time on the site: frozen
};

/// Whether records keep the time under which they were published, or are dated anew. Shown: as kept, and
/// what is held has the zone's time, for those who look at home.
enum class Dating : std::uint8_t { Kept, Anew, Shown };

/// Minutes between the governing reference and the measurement that a record tells of; empty for events
/// that measure nothing.
[[nodiscard]] std::optional<std::int16_t> sampleOffset(const protocol::history::EventData& data);

/// One record of the gap-free run that `timeLine` and `utc` belong to.
[[nodiscard]] DatedRecord dated(const RawRecord& record, const TimeLine& timeLine, const UtcConverter& utc,
                                Dating dating = Dating::Kept);

/// By the pump's clock, of each record of a list. Numbers must follow each other without a gap for one
/// record to date the next (docs/protocol/history.md 4.2): each gap-free part dates its own.
[[nodiscard]] std::vector<std::optional<protocol::LocalSeconds>> localTimes(
    std::span<const protocol::Bytes> records);

/// A live glucose measurement: how fast glucose moved.
struct LiveTrend {
    /// Pump's clock: session start + offset (docs/protocol/services.md 10.3). The session start is a time of
    /// the clock as it was when the session began.
    protocol::LocalSeconds sampleTime{};
    std::int32_t rate = 0; ///< thousandths of mg/dL per minute
    int milligrams = 0;    ///< mg/dL
    friend bool operator==(const LiveTrend&, const LiveTrend&) = default;
};

/// How far the two countings of one sample may be apart: history counts its samples in minutes since a
/// reference, the live measurement since the session's start. The next sample is five minutes away.
inline constexpr std::chrono::seconds kSameSample{150};

/// How far the clock was moved, in all, between any earlier segment of the run and the one at `segment`, as
/// far back as that is known; 0 first.
[[nodiscard]] std::vector<std::chrono::seconds> clockMoves(const TimeLine& timeLine, std::size_t segment);

/// Gives each glucose record the trend that was measured live with it: same value, same time, by the clock
/// of one of its run's segments (docs/nightscout/mapping.md 7).
void joinTrends(HistoryRun& run, const TimeLine& timeLine, std::span<const LiveTrend> trends);

} // namespace therapy
