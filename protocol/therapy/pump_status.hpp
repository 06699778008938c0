// SPDX-License-Identifier: MIT
// What a pump told of its present state, as far as it was read: decoded values, nothing computed. Filled by
// the bridge while it follows the pump; the source of the device status. Facts: docs/protocol/services.md 2
// to 10.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_reader.hpp"
#include "therapy/dated_history.hpp"

namespace therapy {

/// Empty: not read on this connection, or refused by the pump (there is no sensor, for example).
struct PumpStatus {
    UtcSeconds readAt{}; ///< of the newest successful reading, by the bridge's clock
    /// Pump clock minus UTC, snapped to 15 minutes (docs/nightscout/mapping.md 5.3); dates the sensor
    /// session.
    std::optional<std::chrono::seconds> clockOffset;
    std::optional<protocol::idd::Status> status;
    std::optional<protocol::idd::status_reader::TherapyAlgorithmStates> algorithm;
    std::optional<protocol::idd::status_reader::InsulinOnBoard> insulinOnBoard;
    std::optional<protocol::idd::status_reader::ActiveBasalRateDelivery> basal;
    std::optional<protocol::idd::status_reader::ActiveBolusIds> activeBoluses;
    std::optional<std::uint8_t> batteryPercent;
    std::optional<std::uint8_t> transmitterBatteryPercent;
    std::optional<protocol::cgm::SessionStartTime> sessionStart;
    std::optional<protocol::cgm::SessionRunTime> sessionRunTime;
    std::optional<protocol::cgm::Measurement> measurement; ///< the newest
    std::optional<protocol::idd::Annunciation> annunciation;
    std::optional<protocol::idd::status_reader::DisplayFormat> displayFormat;
    /// Of these three; what a reading says counts from its own instant on.
    std::optional<UtcSeconds> statusReadAt, algorithmReadAt, annunciationReadAt;
};

/// Who decides how much basal insulin is given.
enum class TherapyMode : std::uint8_t { Manual, SmartGuard, SafeBasal };
/// Empty when it was not read, or is none that is known.
[[nodiscard]] std::optional<TherapyMode> modeOf(const PumpStatus& status);
/// SmartGuard is on, in safe basal too; empty when it was not read.
[[nodiscard]] std::optional<bool> smartGuardOn(const PumpStatus& status);

enum class Delivery : std::uint8_t { On, Suspended, SetChange, Paused, Undetermined };
/// Empty when it was not read.
[[nodiscard]] std::optional<Delivery> deliveryOf(const PumpStatus& status);
/// Delivery is stopped or paused; empty when that was not read.
[[nodiscard]] std::optional<bool> isSuspended(const PumpStatus& status);

} // namespace therapy
