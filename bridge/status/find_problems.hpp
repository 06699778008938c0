// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bridge/status/service_state.hpp"

namespace bridge {

/// What is wrong with the service, the worst first. A pure function of all else in `state`; of a service that
/// does not run, only what its store and disk say.
std::vector<Problem> findProblems(const ServiceState& state);

} // namespace bridge
