// SPDX-License-Identifier: MIT
// Events that have no history record and show only as a difference between two readings of the pump's
// state: Sensor Start, Temporary Target, Pump Battery Change. Facts:
// docs/nightscout/mapping.md 8.9, 8.10, 8.13.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/event_deduplicator.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

/// What earlier readings told, to be kept between runs of the bridge.
struct StatusMemory {
    struct TempTarget {
        std::string key; ///< of its identity
        UtcSeconds begin{};
        std::chrono::minutes duration{}; ///< as announced
        friend bool operator==(const TempTarget&, const TempTarget&) = default;
    };
    std::optional<protocol::LocalSeconds> sensorStart; ///< of the newest session, pump clock
    std::optional<std::uint8_t> batteryPercent;
    std::optional<TempTarget> tempTarget;
    EventDeduplicator events;
    therapy::LiveState live; ///< has a say in what the history means

    [[nodiscard]] nlohmann::json toJson() const;
    /// What cannot be read is forgotten.
    static StatusMemory fromJson(const nlohmann::json& saved);
    friend bool operator==(const StatusMemory&, const StatusMemory&) = default;
};

/// The documents of what has happened since the reading before; feature PUMP_EVENTS. Nothing while the
/// offset of the pump's clock is not known: these events are dated and named by that clock.
std::vector<Document> statusEvents(const PumpStatus& status, std::string_view serial,
                                   const MappingSettings& settings, StatusMemory& memory);

} // namespace nightscout
