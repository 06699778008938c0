// SPDX-License-Identifier: MIT
// Pump records with their instants: what every reading of a history begins with. Facts:
// docs/nightscout/mapping.md 5.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/codec/date_time.hpp"
#include "protocol/history/record.hpp"
#include "therapy/live_state.hpp"

namespace therapy {

/// Why a record has no time (docs/nightscout/mapping.md 5.3).
enum class Hold : std::uint8_t {
    NoReference, ///< nothing says when it was: an older record may
    LostClock,   ///< the pump has lost date and time: until somebody sets them
    NotMeasured, ///< how far the pump's clock is from UTC has not been measured since it was last set
    HostClock,   ///< the same, and cannot be: this computer's clock is not to be trusted
    Implausible, ///< long before it was received
};

/// A record with its instants. Records that could not be decoded or dated take part too: they occupy their
/// place in the sequence.
struct DatedRecord {
    std::uint32_t sequenceNumber = 0;
    protocol::Bytes raw;
    std::optional<protocol::history::Record> record; ///< empty: could not be decoded
    std::optional<UtcSeconds> time;                  ///< of logging; empty: not dated yet
    std::optional<UtcSeconds> sampleTime; ///< of the measurement, for SG, BG and calibration records
    /// Of the live measurement of the same sample, thousandths of mg/dL per minute: the pump's own rate, for
    /// the trend (docs/nightscout/mapping.md 9.2). Empty: history decides.
    std::optional<std::int32_t> trend = std::nullopt;
    std::optional<protocol::LocalSeconds> localTime = std::nullopt; ///< of logging, by the pump's clock
    std::optional<protocol::LocalSeconds> localSampleTime = std::nullopt;
    std::optional<Hold> hold = std::nullopt; ///< of a record without a time
    bool published = false;                  ///< its time is fixed: it is the one on the site
};

/// A run of records of one pump without missing sequence numbers, ascending.
struct HistoryRun {
    std::vector<DatedRecord> records;
    /// The first record is the first that the pump ever wrote: a partner that is missing before it is missing
    /// for good. Not so at the old end of the pump's memory: what lay before it is not known, but another
    /// bridge, or this one with another store, may have sent it (docs/nightscout/mapping.md 7).
    bool fromBeginning = false;
    LiveState live{};
};

/// How far, in time, a record can have a say in what another means (the longest programmed bolus plus an
/// hour, rounded up). Whoever asks about some records loads what was logged within it before the first and
/// after the last, and on each side the next dated record beyond it, which proves that nothing is missing.
inline constexpr std::chrono::hours kContext{10};

} // namespace therapy
