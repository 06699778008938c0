// SPDX-License-Identifier: MIT
// What an answer of the site means for the documents that were sent: by status, content and shape, for
// proxies, parked domains and sleeping hosts answer 200 as well. Facts: docs/nightscout/api.md 4.4, 5.4, 6.3.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/response.hpp"

namespace nightscout {

enum class Verdict : std::uint8_t {
    Accepted,    ///< 2xx and JSON
    Rejected,    ///< 400, 422: perhaps these documents, see the rule of proof (docs/nightscout/api.md 4.4)
    TooLarge,    ///< 413: likewise
    Refused,     ///< 401, 403: whoever we are
    NotFound,    ///< 404: this collection
    ServerError, ///< 500, 415, or a 2xx that does not account for every document
    Busy,        ///< 429, other 5xx, HTML instead of JSON: the whole site, for a while
};

/// `reason` is a sentence for people: the status and what the site said, printable ASCII, never a secret.
struct Judgement {
    Verdict verdict{};
    std::string reason;
};

/// By status and by whether the body is JSON. `secret` is blotted out should the site echo it, in
/// either case of its letters.
Judgement judge(const Response& response, std::string_view secret);

/// Those of `items` that the answer lists, by identifier or, where the site drops that, by content: each
/// with its `_id` where the site gave one (docs/nightscout/api.md 5.4, 6.3).
std::vector<Acknowledgement> readStored(const std::string& body, std::span<const OutboxItem> items);

/// Documents removed, of either server generation's answer to DELETE; empty when it does not say.
std::optional<std::uint64_t> readDeletedCount(const std::string& body);

} // namespace nightscout
