// SPDX-License-Identifier: MIT
// An answer of the site.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace nightscout {

struct Response {
    unsigned status = 0;
    std::string contentType;
    std::string body;
    std::optional<std::chrono::seconds> retryAfter; ///< see parseRetryAfter
    std::optional<std::string> date;                ///< the server's clock, as sent: see parseHttpDate
    bool stored = false;                            ///< a cache's, of some time ago: it has an `Age`
    std::chrono::milliseconds took{0};              ///< from the request to the end of the answer
    bool publicPeer = false;                        ///< see isPublicPeer
};

} // namespace nightscout
