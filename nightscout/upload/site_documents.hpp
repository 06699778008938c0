// SPDX-License-Identifier: MIT
// What the site has of ours: the identifiers of its documents with their times. Facts: docs/nightscout/api.md
// 5.2 and 9.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/documents/document.hpp"

namespace nightscout {

/// As many as are asked for at once: with all their fields about a third of a megabyte.
inline constexpr std::size_t kSiteDocumentsPerPage = 500;

struct SiteDocument {
    std::string identifier;
    UtcMilliseconds time{};
};
/// Of an answer to GET: newest first. `oldest`: of everything in the answer, also without an identifier.
struct SiteDocuments {
    std::vector<SiteDocument> documents;
    std::optional<UtcMilliseconds> oldest;
    bool full = false; ///< as many as were asked for: there may be older ones
};

/// The path of the request for the newest documents of ours with from <= time < before.
[[nodiscard]] std::string siteDocumentsPath(Collection collection, UtcMilliseconds from,
                                            UtcMilliseconds before);
/// Empty: not a list. What has no time of its own, or one that cannot be read, is passed over.
[[nodiscard]] std::optional<SiteDocuments> readSiteDocuments(Collection collection, std::string_view body);

} // namespace nightscout
