// SPDX-License-Identifier: MIT
#include "nightscout/upload/client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace nightscout {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using Kind = TransportError::Kind;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;
using Steady = std::chrono::steady_clock;

constexpr int kMostRedirects = 3;
constexpr int kMostInterimAnswers = 5;
constexpr std::uint32_t kHeaderLimit = 32 * 1024;

struct Endpoint {
    bool tls = true;
    std::string host;
    std::string port;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;

    /// For messages and the Host header: without the scheme's own port.
    [[nodiscard]] std::string authority() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == (tls ? "443" : "80") ? name : name + ":" + port;
    }
};

/// A connection that was kept, and closed before the first octet of the answer.
struct ConnectionClosed {
    error_code error;
};

struct Connection {
    explicit Connection(const asio::any_io_executor& executor, Endpoint to)
        : endpoint(std::move(to)), plain(executor) {}
    Connection(const asio::any_io_executor& executor, Endpoint to, asio::ssl::context& context)
        : endpoint(std::move(to)), plain(executor), secure(std::in_place, executor, context) {}

    beast::tcp_stream& lowest() { return secure ? secure->next_layer() : plain; }

    Endpoint endpoint;
    beast::tcp_stream plain; ///< unused when `secure` is there
    std::optional<beast::ssl_stream<beast::tcp_stream>> secure;
    beast::flat_buffer buffer;
    Steady::time_point lastUse{};
    bool used = false;

    /// The server has closed it, or has said something unasked (a TLS close is that too).
    bool looksClosed() {
        auto& socket = lowest().socket();
        char octet = 0;
        error_code error;
        socket.non_blocking(true, error);
        const auto count = socket.receive(asio::buffer(&octet, 1), asio::socket_base::message_peek, error);
        return count > 0 || error != asio::error::would_block;
    }
};

[[noreturn]] void fail(const error_code& error, const std::string& doing) {
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error == beast::error::timeout) throw TransportError(Kind::Timeout, doing + ": timed out");
    const bool http = error.category() == make_error_code(http::error::bad_version).category();
    const bool closed = error == http::error::end_of_stream || error == http::error::partial_message;
    throw TransportError(http && !closed ? Kind::Protocol : Kind::Unreachable,
                         doing + ": " + error.message());
}

/// getaddrinfo cannot be interrupted: it is left to end by itself when it takes too long.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    std::optional<error_code> error;
    std::vector<tcp::endpoint> addresses;
};

asio::awaitable<std::vector<tcp::endpoint>> resolve(const Endpoint& endpoint,
                                                    std::chrono::milliseconds timeout) {
    unsigned short port = 0;
    std::from_chars(endpoint.port.data(), endpoint.port.data() + endpoint.port.size(), port);
    error_code notAnAddress;
    const auto address = asio::ip::make_address(endpoint.host, notAnAddress);
    if (!notAnAddress) co_return std::vector{tcp::endpoint(address, port)};

    const auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
    lookup->resolver.async_resolve(
        endpoint.host, endpoint.port,
        [lookup](const error_code& error, const tcp::resolver::results_type& found) {
            lookup->error = error;
            for (const auto& entry : found) lookup->addresses.push_back(entry.endpoint());
            lookup->done.cancel();
        });
    lookup->done.expires_after(timeout);
    error_code waited;
    co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, waited));
    const std::string doing = "cannot find the address of " + endpoint.host;
    if (!lookup->error) fail(waited ? waited : error_code(beast::error::timeout), doing);
    if (*lookup->error) fail(*lookup->error, doing);
    co_return lookup->addresses;
}

asio::awaitable<void> connect(Connection& connection, std::chrono::milliseconds timeout) {
    const auto addresses = co_await resolve(connection.endpoint, timeout);
    const auto share = timeout / static_cast<std::int64_t>(std::max<std::size_t>(1, addresses.size()));
    error_code error = asio::error::host_not_found;
    for (const auto& address : addresses) {
        connection.lowest().expires_after(share);
        co_await connection.lowest().async_connect(address, asio::redirect_error(asio::use_awaitable, error));
        if (!error || error == asio::error::operation_aborted) break;
    }
    if (error) fail(error, "cannot connect to " + connection.endpoint.authority());
    connection.lowest().socket().set_option(tcp::no_delay(true), error);
}

/// Server name indication; the macro of OpenSSL for this casts in C style.
bool announceHost(SSL* ssl, std::string host) {
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

asio::awaitable<void> handshake(Connection& connection, std::chrono::milliseconds timeout) {
    SSL* ssl = connection.secure->native_handle();
    const std::string& host = connection.endpoint.host;
    error_code notAnAddress;
    asio::ip::make_address(host, notAnAddress);
    X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool ready = notAnAddress ? X509_VERIFY_PARAM_set1_host(check, host.c_str(), host.size()) == 1 &&
                                          announceHost(ssl, host)
                                    : X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1;
    const std::string doing = "no secure connection to " + connection.endpoint.authority();
    if (!ready) throw TransportError(Kind::Protocol, doing + ": OpenSSL refuses the host name");
    error_code error;
    connection.lowest().expires_after(timeout);
    co_await connection.secure->async_handshake(asio::ssl::stream_base::client,
                                                asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return;
    if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
        throw TransportError(Kind::Certificate, doing + ": its certificate is not trusted: " +
                                                    X509_verify_cert_error_string(verified));
    fail(error, doing);
}

template <typename Stream>
asio::awaitable<HttpResponse> exchange(Stream& stream, Connection& connection, const HttpRequest& request,
                                       const ClientSettings& settings) {
    const std::string doing = connection.endpoint.authority();
    const bool kept = std::exchange(connection.used, true);
    error_code error;
    connection.lowest().expires_after(settings.requestTimeout);
    co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, error));
    // A server may answer (413) and close without reading all: the answer is still there to be read.
    const bool unread = error == asio::error::broken_pipe || error == asio::error::connection_reset;
    if (error && !unread) fail(error, doing + " did not take the request");

    for (int interim = 0; interim <= kMostInterimAnswers; ++interim) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(settings.bodyLimit);
        parser.header_limit(kHeaderLimit);
        co_await http::async_read(stream, connection.buffer, parser,
                                  asio::redirect_error(asio::use_awaitable, error));
        const bool silent = !parser.got_some() && connection.buffer.size() == 0;
        const bool closed = error == http::error::end_of_stream || error == asio::error::connection_reset ||
                            error == asio::error::broken_pipe || error == asio::ssl::error::stream_truncated;
        if (kept && silent && closed) throw ConnectionClosed{error};
        if (error == asio::ssl::error::stream_truncated && parser.is_header_done() && parser.need_eof())
            parser.put_eof(error); // a body that ends with the connection
        if (error == http::error::body_limit)
            throw TransportError(Kind::Protocol, doing + ": the answer is too long");
        if (error) fail(error, doing + " did not answer");
        if (parser.get().result_int() / 100 == 1) continue; // 100 Continue, 103 Early Hints
        co_return parser.release();
    }
    throw TransportError(Kind::Protocol, doing + ": no end of interim answers");
}

std::optional<std::chrono::seconds> retryAfter(std::string_view field,
                                               const std::optional<std::string>& date) {
    constexpr std::chrono::seconds longest = std::chrono::hours(24);
    if (field.empty()) return std::nullopt;
    if (field.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = longest.count(); // also for a number too large to read
        std::from_chars(field.data(), field.data() + field.size(), seconds);
        return std::min(std::chrono::seconds(seconds), longest);
    }
    const auto until = parseHttpDate(field);
    const auto now = date ? parseHttpDate(*date) : std::nullopt;
    if (!until || !now) return std::nullopt;
    return std::clamp(*until - *now, std::chrono::seconds(0), longest);
}

std::string field(const HttpResponse& response, http::field name) {
    const auto value = response[name];
    return {value.data(), value.size()};
}

Response toResponse(HttpResponse&& answer) {
    Response response;
    response.status = answer.result_int();
    response.contentType = field(answer, http::field::content_type);
    if (auto date = field(answer, http::field::date); !date.empty()) response.date = std::move(date);
    response.retryAfter = retryAfter(field(answer, http::field::retry_after), response.date);
    response.body = std::move(answer.body());
    return response;
}

/// Where a request goes: an endpoint, and the whole request target.
struct Target {
    Endpoint endpoint;
    std::string path;
};

/// The address of a Location, for a message: no credentials, no query, nothing unprintable.
std::string forDisplay(std::string_view location) {
    std::string text(location.substr(0, std::min(location.find_first_of("?#"), location.size())));
    const auto scheme = text.find("://");
    const auto at = text.rfind('@');
    if (scheme != std::string::npos && at != std::string::npos) text.erase(scheme + 3, at - scheme - 2);
    std::erase_if(text, [](char c) { return c <= ' ' || c >= '\x7f'; });
    constexpr std::size_t longest = 200;
    if (text.size() > longest) text.resize(longest);
    return text;
}

/// The next target after a 307 or 308. Throws when the credentials must not go there.
Target redirected(const Target& from, const std::string& location) {
    if (location.starts_with('/') && !location.starts_with("//")) return {from.endpoint, location};
    const std::string shown = forDisplay(location);
    std::string problem;
    const auto schemeEnd = location.find("://");
    const auto pathAt =
        schemeEnd == std::string::npos ? schemeEnd : location.find_first_of("/?#", schemeEnd + 3);
    const auto site =
        schemeEnd == std::string::npos ? std::nullopt : parseSiteUrl(location.substr(0, pathAt), problem);
    if (!site) throw TransportError(Kind::Redirected, "the site redirects to an unusable address: " + shown);
    const Endpoint next{site->tls, site->host, site->port};
    const bool upgrade = next.tls && !from.endpoint.tls && next.host == from.endpoint.host;
    if (next != from.endpoint && !upgrade)
        throw TransportError(Kind::Redirected, "the site has moved: change its address to " + shown);
    std::string path = pathAt == std::string::npos ? "/" : location.substr(pathAt);
    path.erase(std::min(path.find('#'), path.size()));
    return {next, path.starts_with('/') ? path : "/" + path};
}

} // namespace

struct Client::Impl {
    Impl(asio::any_io_executor on, ClientSettings given)
        : executor(std::move(on)),
          settings(std::move(given)),
          endpoint{settings.site.tls, settings.site.host, settings.site.port} {
        const auto& secret = settings.apiSecretHeader;
        if (std::any_of(secret.begin(), secret.end(), [](char c) { return c <= ' ' || c >= '\x7f'; }))
            throw std::invalid_argument("the API secret or token cannot be sent in a header");
        if (endpoint.tls) tlsContext();
    }

    asio::ssl::context& tlsContext() {
        if (tls) return *tls;
        tls.emplace(asio::ssl::context::tls_client);
        SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
        SSL_CTX_set_mode(tls->native_handle(), SSL_MODE_RELEASE_BUFFERS);
        tls->set_verify_mode(asio::ssl::verify_peer);
        error_code error;
        tls->set_default_verify_paths(error);
        if (!settings.caFile.empty()) tls->load_verify_file(settings.caFile, error);
        if (error)
            throw TransportError(Kind::Certificate,
                                 "cannot read the trusted certificates" +
                                     (settings.caFile.empty() ? "" : " of " + settings.caFile) + ": " +
                                     error.message());
        return *tls;
    }

    /// The kept connection if it still serves, else none.
    std::unique_ptr<Connection> takeKept(const Endpoint& to) {
        auto connection = std::move(kept);
        if (!connection || connection->endpoint != to || connection->looksClosed() ||
            Steady::now() - connection->lastUse > settings.idleLimit)
            return nullptr;
        return connection;
    }

    asio::awaitable<std::unique_ptr<Connection>> open(Endpoint to) {
        auto connection = to.tls ? std::make_unique<Connection>(executor, to, tlsContext())
                                 : std::make_unique<Connection>(executor, to);
        co_await connect(*connection, settings.connectTimeout);
        if (to.tls) co_await handshake(*connection, settings.connectTimeout);
        co_return connection;
    }

    HttpRequest build(http::verb method, const Target& target, const std::string& body) const {
        constexpr unsigned http11 = 11;
        HttpRequest request(method, target.path, http11);
        request.set(http::field::host, target.endpoint.authority());
        request.set(http::field::user_agent, settings.userAgent);
        request.set(http::field::accept, "application/json");
        if (!settings.apiSecretHeader.empty()) request.set("api-secret", settings.apiSecretHeader);
        if (!body.empty()) {
            request.set(http::field::content_type, "application/json; charset=utf-8");
            request.body() = body;
        }
        request.prepare_payload();
        return request;
    }

    asio::awaitable<HttpResponse> send(const Target& target, const HttpRequest& request) {
        if (auto connection = takeKept(target.endpoint)) {
            std::optional<HttpResponse> response;
            try {
                response = co_await sendOn(std::move(connection), request);
            } catch (const ConnectionClosed& closed) {
                if (request.method() == http::verb::post)
                    fail(closed.error, target.endpoint.authority() + " closed the connection");
            }
            if (response) co_return std::move(*response);
        }
        auto connection = co_await open(target.endpoint);
        co_return co_await sendOn(std::move(connection), request);
    }

    /// The connection is kept only after a complete answer.
    asio::awaitable<HttpResponse> sendOn(std::unique_ptr<Connection> connection, const HttpRequest& request) {
        HttpResponse response;
        if (connection->secure)
            response = co_await exchange(*connection->secure, *connection, request, settings);
        else
            response = co_await exchange(connection->plain, *connection, request, settings);
        connection->lastUse = Steady::now();
        connection->lowest().expires_never();
        if (response.keep_alive()) kept = std::move(connection);
        co_return response;
    }

    asio::any_io_executor executor;
    ClientSettings settings;
    Endpoint endpoint; ///< of the site; after a redirect from http to https, that
    std::optional<asio::ssl::context> tls;
    std::unique_ptr<Connection> kept;
};

Client::Client(asio::any_io_executor executor, ClientSettings settings)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(settings))) {}

Client::~Client() = default;

const ClientSettings& Client::settings() const {
    return impl_->settings;
}

asio::awaitable<Response> Client::request(std::string method, std::string path, std::string body) {
    const auto verb = http::string_to_verb(method);
    Target target{impl_->endpoint, impl_->settings.site.basePath + path};
    for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
        const auto request = impl_->build(verb, target, body);
        auto answer = co_await impl_->send(target, request);
        const unsigned status = answer.result_int();
        const std::string location = field(answer, http::field::location);
        if (status / 100 == 3 && status != 304 && !location.empty()) {
            if (status != 307 && status != 308)
                throw TransportError(Kind::Redirected,
                                     "the site has moved: change its address to " + forDisplay(location));
            const auto next = redirected(target, location);
            if (next.path == target.path) impl_->endpoint = next.endpoint; // from now on without the detour
            target = next;
            continue;
        }
        const auto encoding = field(answer, http::field::content_encoding);
        if (!encoding.empty() && encoding != "identity")
            throw TransportError(Kind::Protocol,
                                 target.endpoint.authority() + ": the answer is compressed unasked");
        co_return toResponse(std::move(answer));
    }
    throw TransportError(
        Kind::Redirected,
        target.endpoint.authority() +
            " redirects without end: behind a proxy, that must set X-Forwarded-Proto: https");
}

} // namespace nightscout
