// SPDX-License-Identifier: MIT
// Where an answer sends us, and whether the credentials may go there: docs/nightscout/api.md 2.3.
#pragma once

#include <string>
#include <string_view>

#include "nightscout/upload/endpoint.hpp"

namespace nightscout {

/// Where a request goes: an endpoint, and the whole request target.
struct Target {
    Endpoint endpoint;
    std::string path;
};

/// The next target after `status` (3xx) with this Location. Throws TransportError (Redirected) for a status
/// that would lose the body, another host, and whatever else must not be followed.
Target redirected(const Target& from, unsigned status, std::string_view location);

} // namespace nightscout
