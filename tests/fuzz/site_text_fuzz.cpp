// SPDX-License-Identifier: MIT
// Texts around a site: its address as somebody wrote it, the dates of its answers, and where it redirects to.
// A line each.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "nightscout/upload/http_date.hpp"
#include "nightscout/upload/redirect.hpp"
#include "nightscout/upload/site_url.hpp"
#include "nightscout/upload/transport_error.hpp"

namespace {

std::string_view takeLine(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void readAddress(std::string_view text) {
    const auto site = nightscout::parseSiteUrl(text);
    if (!site) return;
    const auto again =
        nightscout::parseSiteUrl(site->text()); // what we write of it is an address, and the same
    if (!again || again->text() != site->text()) std::abort();
}

/// The credentials go to the same host only, and what is sent is one line.
void followRedirect(std::string_view location) {
    const nightscout::Target from{{false, "site.example", "80"}, "/api/v1/entries.json"};
    try {
        const auto next = nightscout::redirected(from, 307, location);
        if (next.endpoint.host != from.endpoint.host) std::abort();
        if (!next.path.starts_with('/')) std::abort();
        for (const char c : next.path)
            if (c <= ' ' || c >= '\x7f') std::abort();
    } catch (const nightscout::TransportError&) {
        return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    readAddress(takeLine(rest));
    const auto field = takeLine(rest);
    const std::string date(takeLine(rest));
    const auto wait = nightscout::parseRetryAfter(field, date);
    if (wait && (wait->count() < 0 || wait->count() > 3600)) std::abort();
    nightscout::parseHttpDate(field);
    followRedirect(takeLine(rest));
    return 0;
}
