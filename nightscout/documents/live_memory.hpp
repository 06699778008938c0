// SPDX-License-Identifier: MIT
// What was read of the pump's present state, as text for the store: documents depend on it for two days.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "therapy/live_state.hpp"

namespace nightscout {

nlohmann::json toJson(const therapy::LiveState& state);
/// Throws nlohmann::json::exception for what is not of toJson().
therapy::LiveState liveStateFrom(const nlohmann::json& saved);

} // namespace nightscout
