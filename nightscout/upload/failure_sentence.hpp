// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/upload_api.hpp"

namespace nightscout {

/// What the site's answer means, for people, with the remedy where there is one. `wholeSite`: nothing was
/// accepted for as long.
std::string failureSentence(const Reply& reply, Operation operation, Collection collection, bool wholeSite);

} // namespace nightscout
