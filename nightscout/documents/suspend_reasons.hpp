// SPDX-License-Identifier: MIT
// What the site is told about the reasons of a suspension: docs/nightscout/mapping.md 8.6.
#pragma once

#include <string>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {

/// "Suspended before low", "Suspended by user, for reservoir change": the reasons from `change` to its end.
std::string suspendedReason(const Context& context, const BasalChange& change);

} // namespace nightscout
