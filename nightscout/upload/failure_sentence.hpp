// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/transport_error.hpp"
#include "nightscout/upload/upload_api.hpp"

namespace nightscout {

/// What the site's answer means, for people, with the remedy where there is one. `wholeSite`: nothing was
/// accepted for as long.
std::string failureSentence(const Reply& reply, Operation operation, Collection collection, bool wholeSite);

/// Of a certificate that is refused by its dates alone, while our own clock is not trusted.
std::string untrustedClockSentence(const TransportError& error);

} // namespace nightscout
