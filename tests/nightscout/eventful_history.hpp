// SPDX-License-Identifier: MIT
// Long histories for properties of the mapping: every join, complete and broken, in a deterministic muddle.
#pragma once

#include <chrono>
#include <cstdint>

#include "nightscout/mapping.hpp"

namespace nightscout::test {

/// About 1,000 records a day, from the pump's first one on. `last`: nothing is logged after it.
Stretch eventfulHistory(std::uint32_t seed, std::chrono::seconds last);

/// One record of each event and layout of history-records.md, numbered and dated in order.
Stretch everyEvent();

} // namespace nightscout::test
