// SPDX-License-Identifier: MIT
// HTTP(S) towards one Nightscout site: keep-alive, deadlines, limits, redirects. Facts:
// docs/nightscout/api.md 2 to 4.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nightscout/upload/response.hpp"
#include "nightscout/upload/site_url.hpp"
#include "nightscout/upload/transport_error.hpp"

namespace nightscout {

namespace asio = boost::asio;

struct ClientSettings {
    SiteUrl site;
    std::string apiSecretHeader; ///< SHA-1 hex of the secret, or an access token; never logged
    std::string caFile;          ///< extra trusted certificates, PEM; empty: the system's only
    std::string userAgent = "pump-bridge";
    /// Of each phase: name look-up, TCP connect (shared among the addresses), TLS handshake.
    std::chrono::milliseconds connectTimeout = std::chrono::seconds(15);
    /// From the first byte sent to the last received. Sleeping hosts need 30 to 60 s to start.
    std::chrono::milliseconds requestTimeout = std::chrono::seconds(60);
    /// A kept connection that was idle for longer is not used again: a router may have forgotten it silently.
    std::chrono::milliseconds idleLimit = std::chrono::seconds(60);
    /// Bytes of an answer, compressed or not. A full batch is answered with about a third of it.
    std::uint64_t bodyLimit = 1024ULL * 1024;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
    /// IP addresses of a host, the best first; the system's answer where it is not set.
    std::function<asio::awaitable<std::vector<std::string>>(std::string host)> addresses;
    /// Called with each answer as it comes.
    std::function<void(const Response&)> onAnswer;
};

/// One connection, one request at a time. Follows 307 and 308 on the same host (also from http to https), at
/// most 3 times. A kept connection that the server has closed meanwhile is replaced before anything is sent;
/// when it closes under the request, that is repeated once unless it was a POST (its outcome is unknown).
class Client {
public:
    /// Throws std::invalid_argument for a secret that cannot be a header, TransportError (Certificate) for a
    /// caFile that cannot be read.
    Client(asio::any_io_executor executor, ClientSettings settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `path` begins with "/api/...", percent-encoded; an empty body sends none. Throws TransportError;
    /// boost::system::system_error with operation_aborted when cancelled.
    asio::awaitable<Response> request(std::string method, std::string path, std::string body);
    [[nodiscard]] const ClientSettings& settings() const;
    /// From the next request on. Throws as the constructor does.
    void setApiSecretHeader(std::string header);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nightscout
