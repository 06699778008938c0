// SPDX-License-Identifier: MIT
// What the pump showed of its present state while a bridge was connected, beside its records: what no record
// tells, or none tells in time (docs/nightscout/mapping.md 8.1, 8.5, 8.6, 8.12). Kept from one run of the
// bridge to the next, so that the same records keep their meaning.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace therapy {

using UtcSeconds = std::chrono::sys_seconds;

enum class LiveDelivery : std::uint8_t { Running, Stopped };
enum class LiveMode : std::uint8_t { Manual, SmartGuard, SafeBasal };
enum class MealUnit : std::uint8_t { Grams, Exchanges };
/// The annunciation that the pump shows; type 0: none.
struct LiveAnnunciation {
    std::uint16_t type = 0; ///< 0xf000 + fault id
    std::uint16_t instanceId = 0;
    friend bool operator==(const LiveAnnunciation&, const LiveAnnunciation&) = default;
};

/// Readings in a row that said the same.
template <typename Value>
struct LiveReading {
    Value value{};
    std::uint32_t newest = 0;   ///< sequence number of the newest record that was held at the first of them
    UtcSeconds from{}, until{}; ///< of the first and the last
    friend bool operator==(const LiveReading&, const LiveReading&) = default;
};

/// Each ascending by time.
struct LiveState {
    std::vector<LiveReading<LiveDelivery>> delivery;
    std::vector<LiveReading<LiveMode>> mode;
    std::vector<LiveReading<LiveAnnunciation>> annunciation;
    std::vector<LiveReading<MealUnit>> mealUnit;

    /// Grams as long as nothing else was read.
    [[nodiscard]] MealUnit mealUnitAt(std::uint32_t sequenceNumber) const;
    friend bool operator==(const LiveState&, const LiveState&) = default;
};

/// What is older has no say any more in what is mapped again.
inline constexpr std::chrono::hours kLiveStateKept{48};

/// Adds what was read at `at`, when the record with the number `newest` was the newest one held. True when it
/// is not what was read before.
template <typename Value>
bool note(std::vector<LiveReading<Value>>& readings, Value value, std::uint32_t newest, UtcSeconds at) {
    if (!readings.empty() && readings.back().value == value) {
        readings.back().until = std::max(readings.back().until, at);
        return false;
    }
    readings.push_back({value, newest, at, at});
    while (readings.size() > 1 && readings[1].from < at - kLiveStateKept) readings.erase(readings.begin());
    return true;
}

struct PumpStatus;
/// Adds what `status` says. True when it is news, or when delivery is stopped, which goes on being news: the
/// history may mean something else now.
bool noteStatus(LiveState& state, const PumpStatus& status, std::uint32_t newest);

} // namespace therapy
