// SPDX-License-Identifier: MIT
#include "bridge/status/status_requests.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bridge/config/listen_address.hpp"
#include "bridge/status/service_state_json.hpp"
#include "bridge/status/service_state_text.hpp"
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
