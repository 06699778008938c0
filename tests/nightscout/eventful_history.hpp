// SPDX-License-Identifier: MIT
// Long histories for properties of the mapping: every join, complete and broken, in a deterministic muddle.
#pragma once

#include <chrono>
#include <cstdint>

#include "nightscout/documents/mapping.hpp"

namespace nightscout::test {

/// About 1,000 records a day, from the pump's first one on. `last`: nothing is logged after it.
therapy::HistoryRun eventfulHistory(std::uint32_t seed, std::chrono::seconds last);

/// One record of each event and layout of docs/protocol/history.md, numbered and dated in order.
therapy::HistoryRun everyEvent();

} // namespace nightscout::test
