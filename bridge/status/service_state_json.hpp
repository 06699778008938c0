// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bridge/status/service_state.hpp"

namespace bridge {

/// For programs: /status.json and `status --json`. Serial numbers are cut to their last three characters.
nlohmann::ordered_json toJson(const ServiceState& state);

} // namespace bridge
