// SPDX-License-Identifier: MIT
// Whether a suspension is a change of the reservoir: docs/nightscout/mapping.md 8.10.
#pragma once

#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

/// The first stop of `suspension` for a missing reservoir, in the eight hours up to `until`.
Partner reservoirOut(const RecordLinks& view, const Suspension& suspension, UtcSeconds until);

} // namespace nightscout
