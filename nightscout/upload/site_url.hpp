// SPDX-License-Identifier: MIT
// The address of a site as people write it, normalised: docs/nightscout/api.md 2.2.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nightscout {

struct SiteUrl {
    bool tls = true;
    std::string host;                       ///< lower case; an IPv6 address without brackets
    std::string port;                       ///< "443"
    std::string basePath;                   ///< "" or "/sub/path"
    std::optional<std::string> secret;      ///< from https://SECRET@host/: to be used as the API secret
    std::optional<std::string> token;       ///< from ?token=...
    [[nodiscard]] std::string text() const; ///< without credentials
    /// Plain http to a host beyond the local network: anybody on the way can read the secret.
    [[nodiscard]] bool exposesSecret() const;
};

/// Why an address cannot be used.
enum class SiteUrlError : std::uint8_t {
    Empty,
    NotPlainAscii,
    Fragment,
    Scheme,
    Query,
    Credentials,
    NoHost,
    Host,
    Ipv6Address,
    Port,
};
/// A sentence for people, which repeats nothing of the address: that may hold a secret.
std::string_view describe(SiteUrlError error);

boost::system::result<SiteUrl, SiteUrlError> parseSiteUrl(std::string_view url);

} // namespace nightscout
