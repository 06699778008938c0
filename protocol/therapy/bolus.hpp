// SPDX-License-Identifier: MIT
// A bolus as its records tell it: what was programmed, what came of it, and what it came from
// (docs/nightscout/mapping.md 7 and 8.1 to 8.4).
#pragma once

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

enum class BolusOutcome : std::uint8_t {
    Pending,          ///< nothing is known to be delivered yet
    Running,          ///< square or dual: shown from the beginning, by its programmed amounts
    Delivered,        ///< the delivered record tells the insulin
    NothingDelivered, ///< fast, stopped before it began
    Unreadable,       ///< a delivered record without a usable amount
    Unrecorded,       ///< the history has gone on for two hours without a delivered record
};
BolusOutcome bolusOutcome(const RecordLinks& view, std::size_t programmed);
struct BolusOrigin {
    bool automatic = false; ///< by SmartGuard, without the user
    std::optional<std::size_t> meal;
    std::optional<Amount> carbsGrams; ///< of the meal, when more than 0
};
/// Empty while it cannot be told.
std::optional<BolusOrigin> bolusOrigin(const RecordLinks& view, std::size_t programmed);

} // namespace therapy
