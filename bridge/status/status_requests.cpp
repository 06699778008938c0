// SPDX-License-Identifier: MIT
#include "bridge/status/status_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include "bridge/status/status_page.hpp"

namespace bridge {

namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

std::string makeAnswer(const StatusRequest& request, std::string_view status, std::string_view type,
                       const std::string& body) {
    const bool notAllowed = status.starts_with("405");
    return fmt::format(
        "HTTP/1.1 {}\r\n"
        "Content-Type: {}\r\n"
        "Cache-Control: no-store\r\n"
        "X-Frame-Options: DENY\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'\r\n"
        "{}"
        "Connection: close\r\n"
        "Content-Length: {}\r\n\r\n{}",
        status, type, notAllowed ? "Allow: GET, HEAD\r\n" : "", body.size(),
        request.method == "HEAD" ? std::string_view{} : std::string_view{body});
}

} // namespace

std::pair<std::string_view, std::string_view> splitHostAndPort(std::string_view text) {
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    const bool hasPort = colon != std::string_view::npos &&
                         (bracket == std::string_view::npos ? text.find(':') == colon : colon > bracket);
    auto host = text.substr(0, hasPort ? colon : text.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return {host, hasPort ? text.substr(colon + 1) : std::string_view{}};
}

bool isLocalHostName(std::string_view hostHeader) {
    const auto host = splitHostAndPort(hostHeader).first;
    if (host.empty()) return false;
    boost::system::error_code notAnAddress;
    boost::asio::ip::make_address(std::string(host), notAnAddress);
    return !notAnAddress || host.find('.') == std::string_view::npos || host.ends_with(".local") ||
           host.ends_with(".lan") || host.ends_with(".home.arpa");
}

std::string answerTo(const StatusRequest& request, const std::function<ServiceState()>& gather) {
    if (!isLocalHostName(request.host)) {
        return makeAnswer(request, "421 Misdirected Request", kPlain,
                          "Use this machine's IP address or its local name.\n");
    }
    if (request.method != "GET" && request.method != "HEAD")
        return makeAnswer(request, "405 Method Not Allowed", kPlain, "GET and HEAD only.\n");
    const auto path = request.target.substr(0, request.target.find('?'));
    if (path == "/") return makeAnswer(request, "200 OK", "text/html; charset=utf-8", statusPage(gather()));
    if (path == "/status.json")
        return makeAnswer(
            request, "200 OK", "application/json",
            toJson(gather()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    if (path == "/status.txt") return makeAnswer(request, "200 OK", kPlain, toText(gather()));
    return makeAnswer(request, "404 Not Found", kPlain, "There is /, /status.json and /status.txt.\n");
}

} // namespace bridge
