// SPDX-License-Identifier: MIT
#include "nightscout/upload/redirect.hpp"

#include <algorithm>

#include "nightscout/upload/site_url.hpp"
#include "nightscout/upload/transport_error.hpp"

namespace nightscout {
namespace {

/// The address of a Location, for a message: no credentials, no query, nothing unprintable.
std::string forDisplay(std::string_view location) {
    std::string text(location.substr(0, std::min(location.find_first_of("?#"), location.size())));
    const auto scheme = text.find("://");
    const auto at = text.rfind('@');
    if (scheme != std::string::npos && at != std::string::npos && at > scheme)
        text.erase(scheme + 3, at - scheme - 2);
    std::erase_if(text, [](char c) { return c <= ' ' || c >= '\x7f'; });
    constexpr std::size_t longest = 200;
    if (text.size() > longest) text.resize(longest);
    return text;
}

[[noreturn]] void refuse(const std::string& reason) {
    throw TransportError(TransportError::Kind::Redirected, reason);
}

} // namespace

Target redirected(const Target& from, unsigned status, std::string_view location) {
    const std::string shown = forDisplay(location);
    if (status != 307 && status != 308) refuse("the site has moved: change its address to " + shown);
    if (std::any_of(location.begin(), location.end(), [](char c) { return c <= ' ' || c >= '\x7f'; }))
        refuse("the site redirects to an unusable address: " + shown);
    if (location.starts_with('/') && !location.starts_with("//"))
        return {from.endpoint, std::string(location.substr(0, location.find('#')))};
    const auto schemeEnd = location.find("://");
    if (schemeEnd == std::string_view::npos) refuse("the site redirects to an unusable address: " + shown);
    const auto pathAt = location.find_first_of("/?#", schemeEnd + 3);
    const auto site = parseSiteUrl(location.substr(0, pathAt));
    if (!site) refuse("the site redirects to an unusable address: " + shown);
    const Endpoint next{site->tls, site->host, site->port};
    const bool upgrade = next.tls && !from.endpoint.tls && next.host == from.endpoint.host;
    if (upgrade && next.port == from.endpoint.port)
        refuse(from.endpoint.authority() +
               " answers to http and redirects to https on the same port. If it can do both, begin the "
               "address with https://; if not, set INSECURE_USE_HTTP=true on the site");
    if (next != from.endpoint && !upgrade) refuse("the site has moved: change its address to " + shown);
    std::string path(pathAt == std::string_view::npos ? "/" : location.substr(pathAt));
    path.erase(std::min(path.find('#'), path.size()));
    return {next, path.starts_with('/') ? path : "/" + path};
}

} // namespace nightscout
