// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/service_state.hpp"
#include "bridge/store.hpp"
#include "bridge/zone.hpp"

namespace bridge {

/// What the store knows: the pump that was active last, its newest record and glucose, and the counts. Dates
/// and direction are those that Nightscout gets. Not const: counting the outbox is not.
void readStoredState(Store& store, const Zone& zone, ServiceState& state);

} // namespace bridge
