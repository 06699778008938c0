// SPDX-License-Identifier: MIT
#include "nightscout/upload/client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "nightscout/upload/address_lookup.hpp"
#include "nightscout/upload/gunzip.hpp"
#include "nightscout/upload/http_date.hpp"
#include "nightscout/upload/http_reader.hpp"
#include "nightscout/upload/peer_address.hpp"
#include "nightscout/upload/plain_stream.hpp"
#include "nightscout/upload/redirect.hpp"
#include "nightscout/upload/timed_socket.hpp"
#include "nightscout/upload/tls_stream.hpp"

namespace nightscout {
namespace {

using boost::system::error_code;
using Kind = TransportError::Kind;

constexpr int kMostRedirects = 3;
constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

/// A connection that was kept, and closed before the first byte of the answer.
struct ConnectionClosed {
    error_code error;
};

struct Connection {
    Endpoint endpoint;
    std::unique_ptr<ByteStream> stream;
    std::chrono::steady_clock::time_point lastUse{};
    bool used = false;
    bool publicPeer = false;
};

/// An answer, and how it came.
struct Received {
    HttpAnswer answer;
    std::chrono::milliseconds took{0};
    bool publicPeer = false;
};

bool isClosed(const error_code& error) {
    return error == asio::error::eof || error == asio::error::connection_reset ||
           error == asio::error::broken_pipe;
}

bool isPublic(const TimedSocket& connected) {
    error_code noPeer, noName;
    const auto peer = connected.socket.remote_endpoint(noPeer);
    const auto own = connected.socket.local_endpoint(noName);
    return !noPeer && !noName && isPublicPeer(peer.address(), own.address());
}

void requireSendable(const std::string& secret) {
    if (std::any_of(secret.begin(), secret.end(), [](char c) { return c <= ' ' || c >= '\x7f'; }))
        throw std::invalid_argument("the API secret or token cannot be sent in a header");
}

std::string unpacked(HttpAnswer& answer, const std::string& from, std::uint64_t limit) {
    if (answer.contentEncoding.empty() || answer.contentEncoding == "identity") return std::move(answer.body);
    if (answer.contentEncoding != "gzip" && answer.contentEncoding != "x-gzip")
        throw TransportError(Kind::Protocol, from + ": the answer is compressed in another way than asked");
    auto content = gunzip(answer.body, limit);
    if (content) return std::move(*content);
    throw TransportError(Kind::Protocol,
                         from + (content.error() == GunzipError::TooLong ? ": the answer is too long"
                                                                         : ": the answer is damaged"));
}

Response toResponse(Received&& received, const std::string& from, std::uint64_t limit) {
    HttpAnswer& answer = received.answer;
    Response response;
    response.stored = !answer.age.empty();
    response.took = received.took;
    response.publicPeer = received.publicPeer;
    response.status = answer.status;
    response.contentType = std::move(answer.contentType);
    if (!answer.date.empty()) response.date = std::move(answer.date);
    response.retryAfter = parseRetryAfter(answer.retryAfter, response.date);
    response.body = unpacked(answer, from, limit);
    return response;
}

} // namespace

struct Client::Impl {
    Impl(asio::any_io_executor on, ClientSettings given)
        : executor(std::move(on)),
          settings(std::move(given)),
          site{settings.site.tls, settings.site.host, settings.site.port},
          endpoint(site) {
        requireSendable(settings.apiSecretHeader);
        if (endpoint.tls) tls.emplace(settings.caFile);
    }

    /// The kept connection if it still serves, else none.
    std::optional<Connection> takeKept(const Endpoint& to) {
        auto connection = std::exchange(kept, std::nullopt);
        if (!connection || connection->endpoint != to || connection->stream->looksClosed() ||
            settings.now() - connection->lastUse > settings.idleLimit)
            return std::nullopt;
        return connection;
    }

    asio::awaitable<Connection> open(Endpoint to) {
        std::vector<std::string> addresses;
        if (settings.addresses)
            addresses = co_await settings.addresses(to.host);
        else
            addresses = co_await lookUpAddresses(executor, to.host, settings.connectTimeout);
        auto socket = co_await connect(executor, to, std::move(addresses), settings.connectTimeout);
        Connection connection{to, nullptr, {}, false, isPublic(*socket)};
        if (to.tls) {
            if (!tls) tls.emplace(settings.caFile);
            connection.stream = co_await tls->secure(std::move(socket), to, settings.connectTimeout);
        } else {
            connection.stream = makePlainStream(std::move(socket));
        }
        co_return connection;
    }

    std::string build(const std::string& method, const Target& target, const std::string& body) const {
        std::string request = method + " " + target.path +
                              " HTTP/1.1\r\nHost: " + target.endpoint.authority() +
                              "\r\nUser-Agent: " + settings.userAgent +
                              "\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n";
        if (!settings.apiSecretHeader.empty()) request += "api-secret: " + settings.apiSecretHeader + "\r\n";
        if (!body.empty()) request += "Content-Type: application/json; charset=utf-8\r\n";
        if (!body.empty() || method == "POST" || method == "PUT")
            request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return request + "\r\n" + body;
    }

    asio::awaitable<Received> send(const Target& target, const std::string& request, bool repeatable) {
        if (auto connection = takeKept(target.endpoint)) {
            std::optional<Received> answer;
            try {
                answer = co_await sendOn(std::move(*connection), request);
            } catch (const ConnectionClosed& closed) {
                if (!repeatable)
                    throwTransportError(closed.error, target.endpoint.authority() + " closed the connection");
            }
            if (answer) co_return std::move(*answer);
        }
        auto connection = co_await open(target.endpoint);
        co_return co_await sendOn(std::move(connection), request);
    }

    /// The connection is kept only after a complete answer.
    asio::awaitable<Received> sendOn(Connection connection, const std::string& request) {
        const auto sentAt = settings.now();
        Received received;
        received.answer = co_await exchange(connection, request);
        connection.lastUse = settings.now();
        received.took = std::chrono::round<std::chrono::milliseconds>(connection.lastUse - sentAt);
        received.publicPeer = connection.publicPeer;
        connection.stream->expireNever();
        if (received.answer.keepAlive) kept = std::move(connection);
        co_return received;
    }

    asio::awaitable<HttpAnswer> exchange(Connection& connection, const std::string& request) {
        const std::string doing = connection.endpoint.authority();
        const bool reused = std::exchange(connection.used, true);
        ByteStream& stream = *connection.stream;
        stream.expireAfter(settings.requestTimeout);
        const auto written = co_await stream.write(request);
        // A server may answer (413) and close without reading all: the answer is still there to be read.
        if (written.error && !isClosed(written.error))
            throwTransportError(written.error, doing + " did not take the request");
        HttpReader reader(settings.bodyLimit);
        std::vector<char> piece(kPieceBytes);
        for (;;) {
            const auto read = co_await stream.readSome(piece);
            if (feed(reader, {piece.data(), read.bytes}, doing)) break;
            if (!read.error) continue;
            if (reused && reader.silent() && isClosed(read.error)) throw ConnectionClosed{read.error};
            if (read.error == asio::error::eof && reader.end()) break;
            throwTransportError(read.error, doing + " did not answer");
        }
        co_return reader.take();
    }

    static bool feed(HttpReader& reader, std::string_view bytes, const std::string& from) {
        try {
            return reader.feed(bytes);
        } catch (const TransportError& error) {
            throw TransportError(error.kind(), from + ": " + error.what());
        }
    }

    asio::any_io_executor executor;
    ClientSettings settings;
    Endpoint site;
    Endpoint endpoint; ///< of the site; after a redirect from http to https, that, as long as it answers
    std::optional<TlsContext> tls;
    std::optional<Connection> kept;
};

Client::Client(asio::any_io_executor executor, ClientSettings settings)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(settings))) {}

Client::~Client() = default;

const ClientSettings& Client::settings() const {
    return impl_->settings;
}

void Client::setApiSecretHeader(std::string header) {
    requireSendable(header);
    impl_->settings.apiSecretHeader = std::move(header);
}

asio::awaitable<Response> Client::request(std::string method, std::string path, std::string body) {
    Target target{impl_->endpoint, impl_->settings.site.basePath + path};
    for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
        const std::string request = impl_->build(method, target, body);
        Received received;
        try {
            received = co_await impl_->send(target, request, method != "POST");
        } catch (const TransportError&) {
            impl_->endpoint = impl_->site; // where a redirect led to is forgotten when it is dead
            throw;
        }
        const HttpAnswer& answer = received.answer;
        const bool redirects3xx = answer.status / 100 == 3 && answer.status != 304;
        if (!redirects3xx || answer.location.empty()) {
            Response response =
                toResponse(std::move(received), target.endpoint.authority(), impl_->settings.bodyLimit);
            if (impl_->settings.onAnswer) impl_->settings.onAnswer(response);
            co_return response;
        }
        Target next = redirected(target, answer.status, answer.location);
        if (next.path == target.path) impl_->endpoint = next.endpoint; // from now on without the detour
        target = std::move(next);
    }
    throw TransportError(
        Kind::Redirected,
        target.endpoint.authority() +
            " redirects without end: behind a proxy, that must set X-Forwarded-Proto: https");
}

} // namespace nightscout
