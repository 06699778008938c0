// SPDX-License-Identifier: MIT
// Whether a suspension is a change of the reservoir: nightscout-mapping.md 8.10.
#pragma once

#include "nightscout/basal_course.hpp"

namespace nightscout {

/// The first stop of `suspension` for a missing reservoir, in the eight hours up to `until`.
Partner reservoirOut(const StretchView& view, const Suspension& suspension, UtcSeconds until);

} // namespace nightscout
