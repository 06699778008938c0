// SPDX-License-Identifier: MIT
#include "bridge/config/listen_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <utility>

namespace bridge {

namespace ip = boost::asio::ip;
using boost::system::error_code;

namespace {

/// "[::1]:8780" -> "::1", "8780"; the port may be missing.
std::pair<std::string_view, std::string_view> splitHostAndPort(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    const bool hasPort = colon != std::string_view::npos &&
                         (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
    auto host = text.substr(0, hasPort ? colon : text.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return {host, hasPort ? text.substr(colon + 1) : std::string_view{}};
}

} // namespace

std::optional<ListenAddress> parseListenAddress(std::string_view text) {
    auto [host, portText] = splitHostAndPort(text);
    if (host == "localhost") host = "127.0.0.1";
    error_code error;
    ip::make_address(std::string(host), error);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(portText.data(), portText.data() + portText.size(), port);
    if (error || problem != std::errc{} || end != portText.data() + portText.size()) return std::nullopt;
    return ListenAddress{std::string(host), port};
}

bool ListenAddress::isLoopback() const {
    error_code error;
    const auto address = ip::make_address(host, error);
    return !error && address.is_loopback();
}

std::string ListenAddress::localHost() const {
    error_code error;
    const auto address = ip::make_address(host, error);
    if (error || !address.is_unspecified()) return host;
    return address.is_v6() ? "::1" : "127.0.0.1";
}

std::string ListenAddress::localUrl() const {
    const std::string reachable = localHost();
    const bool six = reachable.find(':') != std::string::npos;
    return "http://" + (six ? "[" + reachable + "]" : reachable) + ":" + std::to_string(port);
}

bool isLocalHostName(std::string_view hostHeader) {
    const auto host = splitHostAndPort(hostHeader).first;
    if (host.empty()) return false;
    error_code notAnAddress;
    ip::make_address(std::string(host), notAnAddress);
    return !notAnAddress || host.find('.') == std::string_view::npos || host.ends_with(".local") ||
           host.ends_with(".lan") || host.ends_with(".home.arpa");
}

} // namespace bridge
