// SPDX-License-Identifier: MIT
#include "nightscout/upload/site_url.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace nightscout {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool consistsOf(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

std::string lowerCase(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<std::string> percentDecoded(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const std::string digits = lowerCase(text.substr(at + 1, 2));
        if (digits.size() != 2 || !consistsOf(digits, kHexDigits)) return std::nullopt;
        unsigned byte = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        decoded += static_cast<char>(byte);
        at += 2;
    }
    return decoded;
}

/// Takes the part before `mark` off `text`; empty when there is no mark.
std::optional<std::string_view> splitOff(std::string_view& text, std::string_view mark) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const auto before = text.substr(0, at);
    text.remove_prefix(at + mark.size());
    return before;
}

bool isIpAddress(const std::string& host) {
    boost::system::error_code error;
    boost::asio::ip::make_address(host, error);
    return !error;
}

using Problem = std::optional<SiteUrlError>;

/// host, host:port, [v6] or [v6]:port
Problem parseAuthority(std::string_view authority, SiteUrl& site) {
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        site.host = lowerCase(authority.substr(1, end == std::string_view::npos ? end : end - 1));
        const auto rest = end == std::string_view::npos ? std::string_view{} : authority.substr(end + 1);
        if (end == std::string_view::npos || !isIpAddress(site.host) || (!rest.empty() && rest[0] != ':'))
            return SiteUrlError::Ipv6Address;
        if (!rest.empty()) port = rest.substr(1);
    } else {
        const auto colon = authority.find(':');
        site.host = lowerCase(authority.substr(0, colon));
        if (colon != std::string_view::npos) port = authority.substr(colon + 1);
        if (site.host.empty()) return SiteUrlError::NoHost;
        if (!consistsOf(site.host, "abcdefghijklmnopqrstuvwxyz0123456789-._")) return SiteUrlError::Host;
    }
    site.port = site.tls ? "443" : "80";
    if (port.empty()) return std::nullopt;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535)
        return SiteUrlError::Port;
    site.port = std::to_string(number);
    return std::nullopt;
}

/// "/sub//path/api/v1/" -> "/sub/path"
std::string normalisedPath(std::string_view path) {
    std::string base;
    for (const char c : path)
        if (c != '/' || !base.ends_with('/')) base += c;
    if (base.ends_with('/')) base.pop_back();
    constexpr std::string_view api = "/api/v1";
    if (base.ends_with(api)) base.resize(base.size() - api.size());
    return base;
}

Problem takeCredentials(std::string_view userInfo, SiteUrl& site) {
    auto secret = percentDecoded(userInfo);
    if (!secret || secret->empty()) return SiteUrlError::Credentials;
    site.secret = std::move(secret);
    return std::nullopt;
}

Problem takeQuery(std::string_view query, SiteUrl& site) {
    constexpr std::string_view key = "token=";
    const auto token = query.starts_with(key) ? query.substr(key.size()) : std::string_view{};
    if (token.empty() || !consistsOf(lowerCase(token), "abcdefghijklmnopqrstuvwxyz0123456789-"))
        return SiteUrlError::Query;
    site.token = std::string(token);
    return std::nullopt;
}

/// Private, link-local or loopback: RFC 1918, 3927, 4193, 4291, and this machine.
bool isNearby(const std::string& host) {
    if (host == "localhost" || host.ends_with(".local") || host.ends_with(".localhost")) return true;
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    if (error) return false;
    if (address.is_loopback()) return true;
    if (address.is_v6()) {
        const auto bytes = address.to_v6().to_bytes();
        return address.to_v6().is_link_local() || (bytes[0] & 0xfe) == 0xfc;
    }
    const auto bytes = address.to_v4().to_bytes();
    return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
           (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 169 && bytes[1] == 254);
}

} // namespace

std::string SiteUrl::text() const {
    const bool bracketed = host.find(':') != std::string::npos;
    std::string url = tls ? "https://" : "http://";
    url += bracketed ? "[" + host + "]" : host;
    if (port != (tls ? "443" : "80")) url += ":" + port;
    return url + basePath;
}

bool SiteUrl::exposesSecret() const {
    return !tls && !isNearby(host);
}

std::string_view describe(SiteUrlError error) {
    switch (error) {
        case SiteUrlError::Empty:
            return "the address is empty";
        case SiteUrlError::NotPlainAscii:
            return "the address must not hold blanks or characters beyond ASCII";
        case SiteUrlError::Fragment:
            return "the address must end before the '#'";
        case SiteUrlError::Scheme:
            return "the address must begin with https:// (or http://)";
        case SiteUrlError::Query:
            return "the address must end before the '?' (only ?token=... may follow)";
        case SiteUrlError::Credentials:
            return "the part before '@' must be the API secret";
        case SiteUrlError::NoHost:
            return "the host name is missing";
        case SiteUrlError::Host:
            return "the host name may hold letters a to z, digits, '-' and '.' only (write an international "
                   "name in its xn-- form)";
        case SiteUrlError::Ipv6Address:
            return "the part in [ ] must be an IPv6 address";
        case SiteUrlError::Port:
            return "the port must be a number from 1 to 65535";
    }
    return "the address cannot be used";
}

boost::system::result<SiteUrl, SiteUrlError> parseSiteUrl(std::string_view url) {
    auto rest = trim(url);
    SiteUrl site;
    if (rest.empty()) return SiteUrlError::Empty;
    if (!std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c != '\x7f'; }))
        return SiteUrlError::NotPlainAscii;
    if (rest.find('#') != std::string_view::npos) return SiteUrlError::Fragment;
    if (const auto scheme = splitOff(rest, "://")) {
        const std::string name = lowerCase(*scheme);
        if (name != "https" && name != "http") return SiteUrlError::Scheme;
        site.tls = name == "https";
    }
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        if (const auto problem = takeQuery(rest.substr(mark + 1), site)) return *problem;
        rest = rest.substr(0, mark);
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    auto authority = rest.substr(0, slash);
    site.basePath = normalisedPath(rest.substr(slash));
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        if (const auto problem = takeCredentials(authority.substr(0, at), site)) return *problem;
        authority.remove_prefix(at + 1);
    }
    if (const auto problem = parseAuthority(authority, site)) return *problem;
    return site;
}

} // namespace nightscout
