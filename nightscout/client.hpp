// SPDX-License-Identifier: MIT
// HTTP(S) towards one Nightscout site: keep-alive, certificate and host name checks, deadlines, limits,
// redirects. Facts: nightscout-v1.md 2 to 4.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nightscout {

namespace asio = boost::asio;

/// A site address as the user wrote it, normalised (nightscout-v1.md 2.2).
struct SiteUrl {
    bool tls = true;
    std::string host;
    std::string port;
    std::string basePath;                   ///< "" or "/sub/path"
    std::optional<std::string> secret;      ///< from https://SECRET@host/: to be used as the API secret
    std::optional<std::string> token;       ///< from ?token=...
    [[nodiscard]] std::string text() const; ///< without credentials
};
/// Empty and `problem` in words when it cannot be used.
std::optional<SiteUrl> parseSiteUrl(std::string_view url, std::string& problem);

struct ClientSettings {
    SiteUrl site;
    std::string apiSecretHeader; ///< SHA-1 hex of the secret, or an access token; never logged
    std::string caFile;          ///< extra trusted certificates, PEM; empty: the system's only
    std::string userAgent = "pump-bridge";
    std::chrono::milliseconds connectTimeout = std::chrono::seconds(15);
    std::chrono::milliseconds requestTimeout = std::chrono::seconds(60);
};
/// Lower-case SHA-1 hex of the secret; a value that is such a hash already is taken as it is; a token stays.
std::string secretHeader(std::string_view apiSecret);

struct Response {
    unsigned status = 0;
    std::string contentType;
    std::string body;
    std::optional<std::chrono::seconds> retryAfter;
    std::optional<std::string> date; ///< the server's clock
};

/// The request did not get an answer. `certificate` and `redirected` are told apart: a person must act.
class TransportError : public std::runtime_error {
public:
    enum class Kind { Unreachable, Timeout, Certificate, Redirected, Protocol };
    TransportError(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    [[nodiscard]] Kind kind() const { return kind_; }

private:
    Kind kind_;
};

/// One connection, one request at a time.
class Client {
public:
    Client(asio::any_io_executor executor, ClientSettings settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `path` begins with "/api/v1/..."; an empty body sends none. Throws TransportError.
    asio::awaitable<Response> request(std::string method, std::string path, std::string body);
    [[nodiscard]] const ClientSettings& settings() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nightscout
