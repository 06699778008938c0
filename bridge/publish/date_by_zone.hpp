// SPDX-License-Identifier: MIT
// At the user's word: dates by the zone what is held because nothing was measured. docs/nightscout/mapping.md
// 5.3.
#pragma once

#include <cstddef>
#include <optional>

#include "bridge/store/store.hpp"
#include "protocol/codec/date_time.hpp"
#include "therapy/zone.hpp"

namespace bridge {

struct LocalRange {
    std::optional<protocol::LocalSeconds> first, last; ///< both included; empty: no limit
};

/// Gives the zone's offset to each segment that has records of `range` that wait for a measurement. How many
/// records that dates; the next publication, or `upload`, sends them.
std::size_t dateByZone(Store& store, PumpId pump, const therapy::Zone& zone, const LocalRange& range);

} // namespace bridge
