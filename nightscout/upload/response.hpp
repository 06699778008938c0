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
};

} // namespace nightscout
