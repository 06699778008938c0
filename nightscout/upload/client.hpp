// SPDX-License-Identifier: MIT
// HTTP(S) towards one Nightscout site: keep-alive, certificate and host name checks, deadlines, limits,
// redirects. Facts: docs/nightscout/api.md 2 to 4.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nightscout {

namespace asio = boost::asio;

/// A site address as the user wrote it, normalised (docs/nightscout/api.md 2.2).
struct SiteUrl {
    bool tls = true;
    std::string host;
    std::string port;
    std::string basePath;                   ///< "" or "/sub/path"
    std::optional<std::string> secret;      ///< from https://SECRET@host/: to be used as the API secret
    std::optional<std::string> token;       ///< from ?token=...
    [[nodiscard]] std::string text() const; ///< without credentials
    /// Plain http to a host beyond the local network: anybody on the way can read the secret.
    [[nodiscard]] bool exposesSecret() const;
};
/// Empty and `problem` in words when it cannot be used.
std::optional<SiteUrl> parseSiteUrl(std::string_view url, std::string& problem);

struct ClientSettings {
    SiteUrl site;
    std::string apiSecretHeader; ///< SHA-1 hex of the secret, or an access token; never logged
    std::string caFile;          ///< extra trusted certificates, PEM; empty: the system's only
    std::string userAgent = "pump-bridge";
    /// Of each phase: name look-up, TCP connect (shared among the addresses), TLS handshake.
    std::chrono::milliseconds connectTimeout = std::chrono::seconds(15);
    /// From the first octet sent to the last received. Sleeping hosts need 30 to 60 s to start.
    std::chrono::milliseconds requestTimeout = std::chrono::seconds(60);
    /// A kept connection that was idle for longer is not used again: a router may have forgotten it silently.
    std::chrono::milliseconds idleLimit = std::chrono::seconds(60);
    std::uint64_t bodyLimit = 8 * 1024 * 1024; ///< octets of an answer
};
/// What goes into the `api-secret` header: lower-case SHA-1 hex of the secret. A value that is such a hash
/// already is taken as it is, and so is an access token ("<name>-<16 hex digits>").
std::string secretHeader(std::string_view apiSecret);

struct Response {
    unsigned status = 0;
    std::string contentType;
    std::string body;
    std::optional<std::chrono::seconds> retryAfter; ///< a date is counted from the server's own `Date`
    std::optional<std::string> date;                ///< the server's clock, as sent: see parseHttpDate
};

/// "Sun, 06 Nov 1994 08:49:37 GMT", the form that servers must send; empty for anything else.
std::optional<std::chrono::sys_seconds> parseHttpDate(std::string_view text);

/// The request did not get an answer. `certificate` and `redirected` are told apart: a person must act.
class TransportError : public std::runtime_error {
public:
    enum class Kind { Unreachable, Timeout, Certificate, Redirected, Protocol };
    TransportError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

private:
    Kind kind_;
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

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nightscout
