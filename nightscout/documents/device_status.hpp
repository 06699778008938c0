// SPDX-License-Identifier: MIT
// The pump's present state -> device status. Facts: docs/nightscout/mapping.md 10.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

/// Says only what was read. Dated by the reading, never by the pump's clock: to the site an ageing clock
/// means that there is no contact.
/// `serial`: of the pump, as read from it.
Document deviceStatus(const PumpStatus& status, std::string_view serial, const MappingSettings& settings);

/// What is left of the sensor's life, "5d 2h left", or what the sensor asks for; empty when neither is known.
std::string sensorText(const PumpStatus& status);

/// "SmartGuard", "safe basal" or "manual"; empty when it was not read.
std::string_view modeText(const PumpStatus& status);

/// When the next device status is due: every five minutes, and at once when delivery stops or goes on.
class StatusPace {
public:
    [[nodiscard]] bool isDue(const PumpStatus& status) const;
    void noteSent(const PumpStatus& status);

private:
    std::optional<UtcSeconds> sentAt_;
    std::optional<bool> suspended_; ///< as last sent
};

/// Older ones are not worth sending any more (docs/nightscout/api.md 10.4).
inline constexpr std::chrono::minutes kStatusLifetime{30};

} // namespace nightscout
