// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/status/service_state.hpp"

namespace bridge {

/// One HTML page: loads nothing else, runs no script, asks for itself again every 20 s.
std::string statusPage(const ServiceState& state);

} // namespace bridge
