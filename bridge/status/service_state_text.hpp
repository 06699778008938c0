// SPDX-License-Identifier: MIT
// The state of the service in words. Serial numbers are personal data: every form shows only the last three
// characters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/status/service_state.hpp"

namespace bridge {

/// "NG1234567H" -> "...67H"
std::string shortSerial(std::string_view serial);
/// A text with every pump serial number in it shortened.
std::string withShortSerials(std::string text);
/// "12 s", "3 min", "2 h 5 min", "3 d"; "0 s" for what lies ahead.
std::string ageText(std::chrono::seconds age);
/// Time of day in the configured zone: "14:02", with the date when that is another day.
std::string clockText(const ServiceState& state, ServiceState::Time time);
/// "Flat" -> "→"; empty for what has no arrow.
std::string_view arrowOf(std::string_view direction);

/// "good", "unreachable", "failing", "refused", "unknown"
std::string_view name(nightscout::UploadState::Health health);

/// The values of PumpStatus that people look at, in their words: {"battery", "75 %"}.
struct LabelledValue {
    std::string label;
    std::string value;
};
std::vector<LabelledValue> pumpValues(const therapy::PumpStatus& status);

/// A line a value, labels aligned.
std::string toText(const ServiceState& state);

} // namespace bridge
