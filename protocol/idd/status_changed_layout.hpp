// SPDX-License-Identifier: MIT
// The flags of IDD Status Changed as they travel, there and in Reset Status.
#pragma once

#include "protocol/codec/layout.hpp"

namespace protocol::idd {

inline constexpr Extension kStatusChangedFlags{.first = 2, .step = 2, .limit = 6};

} // namespace protocol::idd
