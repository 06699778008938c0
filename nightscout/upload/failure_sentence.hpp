// SPDX-License-Identifier: MIT
// What a failed request means: for people, and for the next attempt. Facts: docs/nightscout/api.md 4.4.
#pragma once

#include <string>

#include "nightscout/upload/back_off.hpp"
#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/transport_error.hpp"
#include "nightscout/upload/upload_api.hpp"

namespace nightscout {

/// What the site's answer means, for people, with the remedy where there is one. `wholeSite`: nothing was
/// accepted for as long.
std::string failureSentence(const Reply& reply, Operation operation, Collection collection, bool wholeSite);

/// What a refused request, and one without an answer, mean for the next attempt.
BackOff::Failure backOffFailure(const Reply& reply, Operation operation, Collection collection,
                                FailureScope scope);
BackOff::Failure backOffFailure(const TransportError& error, bool clockTrusted);
/// Of a certificate that is refused by its dates alone, while our own clock is not trusted.
std::string untrustedClockSentence(const TransportError& error);

} // namespace nightscout
