// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/status/service_state.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/mapping.hpp"
#include "therapy/zone.hpp"

namespace bridge {

/// What the store knows: the pump that was active last, its newest record and glucose, and the counts. Dates
/// and direction are those that Nightscout gets by `settings`; `state.clock` says why records are held. Not
/// const: counting the outbox is not.
void readStoredState(Store& store, const therapy::Zone& zone, const nightscout::MappingSettings& settings,
                     ServiceState& state);

} // namespace bridge
