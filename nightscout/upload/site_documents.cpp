// SPDX-License-Identifier: MIT
#include "nightscout/upload/site_documents.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "nightscout/upload/answer_json.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;

/// Both of an uploader's names, `minimed-780g` and `openaps://minimed-780g`; as an expression, because a text
/// with two slashes breaks the server's filter (docs/nightscout/api.md 9.4).
constexpr std::string_view kOurTreatments = "find[enteredBy]=%2Fminimed-780g%2F";
constexpr std::string_view kOurEntries = "find[device][$regex]=%5Eminimed-780g%3A";

std::optional<UtcMilliseconds> timeOf(Collection collection, const Json& document) {
    const auto found = document.find(collection == Collection::Entries ? "date" : "created_at");
    if (found == document.end()) return std::nullopt;
    if (collection == Collection::Entries) {
        if (!found->is_number()) return std::nullopt;
        return UtcMilliseconds{std::chrono::milliseconds{found->get<std::int64_t>()}};
    }
    if (!found->is_string()) return std::nullopt;
    std::istringstream text(found->get<std::string>());
    UtcMilliseconds time;
    text >> date::parse("%FT%TZ", time);
    return text.fail() ? std::nullopt : std::optional(time);
}

} // namespace

std::string siteDocumentsPath(Collection collection, UtcMilliseconds from, UtcMilliseconds before) {
    if (collection == Collection::Entries)
        return fmt::format("/api/v1/entries.json?find[date][$gte]={}&find[date][$lt]={}&{}&count={}",
                           from.time_since_epoch().count(), before.time_since_epoch().count(), kOurEntries,
                           kSiteDocumentsPerPage);
    return fmt::format(
        "/api/v1/treatments.json?find[created_at][$gte]={}&find[created_at][$lt]={}&{}&count={}", toIso(from),
        toIso(before), kOurTreatments, kSiteDocumentsPerPage);
}

std::optional<SiteDocuments> readSiteDocuments(Collection collection, std::string_view body) {
    const Json answer = parseAnswer(body);
    if (!answer.is_array()) return std::nullopt;
    SiteDocuments result;
    result.full = answer.size() >= kSiteDocumentsPerPage;
    for (const Json& document : answer) {
        if (!document.is_object()) continue;
        const auto time = timeOf(collection, document);
        if (!time) continue;
        result.oldest = std::min(result.oldest.value_or(*time), *time);
        const auto identifier = document.find("identifier");
        if (identifier == document.end() || !identifier->is_string()) continue;
        result.documents.push_back({identifier->get<std::string>(), *time});
    }
    return result;
}

} // namespace nightscout
