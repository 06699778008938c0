// SPDX-License-Identifier: MIT
// A bolus as its records tell it: what was programmed, what came of it, and what it came from
// (docs/nightscout/mapping.md 7 and 8.1 to 8.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "protocol/history/events.hpp"
#include "therapy/amount.hpp"
#include "therapy/record_links.hpp"

namespace therapy {

enum class BolusShape : std::uint8_t { Fast, Square, Dual };
/// By the type; for types that say nothing, by the amounts.
BolusShape shapeOf(const protocol::history::BolusProgrammedPart1& programmed);
BolusShape shapeOf(const protocol::history::BolusDeliveredPart1& delivered);

/// Part 1 of a programmed or delivered bolus, seen as a bolus of `shape`; IU.
struct BolusPart {
    BolusShape shape{};
    Amount fast, extended; ///< extended is 0 for fast boluses
    std::uint16_t durationMinutes = 0;

    [[nodiscard]] Amount total() const { return fast + extended; }
};
/// Empty when an amount cannot be read as one.
std::optional<BolusPart> partOf(const protocol::history::BolusProgrammedPart1& programmed);
std::optional<BolusPart> partOf(const protocol::history::BolusDeliveredPart1& delivered, BolusShape shape);

/// What was delivered of the bolus at `programmed`, which has a delivered record, by what the delivered
/// record says it was: a dual bolus that ended in its first part may be a fast one
/// (docs/nightscout/mapping.md 7). Empty when an amount cannot be read.
std::optional<BolusPart> deliveredPart(const RecordLinks& view, std::size_t programmed);
/// How long after its programming the bolus began whose delivered part 1 is at `delivered`: by the delivered
/// part 2, up to a day; else 0.
std::chrono::seconds startOffset(const RecordLinks& view, std::size_t delivered);

enum class BolusOutcome : std::uint8_t {
    Pending,          ///< nothing is known to be delivered yet
    Running,          ///< square or dual: shown from the beginning, by its programmed amounts
    Delivered,        ///< the delivered record tells the insulin
    NothingDelivered, ///< fast, stopped before it began
    Unreadable,       ///< fast: a delivered record without a usable amount
    Unrecorded,       ///< fast: the history has gone on for two hours without a delivered record
    /// Square or dual, shown from the beginning, and what was delivered cannot be read, or has no record an
    /// hour after the programmed duration: its insulin is not claimed any more.
    NotKnown,
};
BolusOutcome bolusOutcome(const RecordLinks& view, std::size_t programmed);
struct BolusOrigin {
    /// Commanded by SmartGuard: never the user's, whatever is known of the mode
    /// (docs/nightscout/mapping.md 8.3).
    bool automatic = false;
    std::optional<std::size_t> meal;
    std::optional<Amount> food; ///< of the meal, when more than 0; in grams or exchanges, as the pump counts
};
/// Empty while it cannot be told.
std::optional<BolusOrigin> bolusOrigin(const RecordLinks& view, std::size_t programmed);

} // namespace therapy
