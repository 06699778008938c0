// SPDX-License-Identifier: MIT
#include "bridge/status/status_server.hpp"

#include <spdlog/logger.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <list>

#include "bridge/status/status_requests.hpp"

namespace bridge {

namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kHeaderLimit = 8 * 1024;
constexpr std::uint64_t kBodyLimit = 1024; ///< of requests, which have none

struct Connection {
    explicit Connection(tcp::socket accepted)
        : socket(std::move(accepted)), deadline(socket.get_executor()) {}

    void close() {
        error_code ignored;
        socket.close(ignored);
        deadline.cancel();
    }

    tcp::socket socket;
    asio::steady_timer deadline;
};

using RequestParser = http::request_parser<http::string_body>;

/// False when the client is gone, too slow, or speaks no HTTP. Beast parses; its reading of a message, with
/// all that it makes of coroutines, takes twice the memory to compile.
asio::awaitable<bool> readRequest(tcp::socket& socket, RequestParser& parser) {
    boost::beast::flat_buffer buffer;
    parser.eager(true);
    parser.header_limit(kHeaderLimit);
    parser.body_limit(kBodyLimit);
    while (!parser.is_done()) {
        error_code error;
        const auto size = co_await socket.async_read_some(asio::buffer(buffer.prepare(kBodyLimit)),
                                                          asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
        buffer.commit(size);
        buffer.consume(parser.put(buffer.cdata(), error));
        if (error && error != http::error::need_more) co_return false;
    }
    co_return true;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

} // namespace

/// Kept by run() and by each connection: they may end after the server.
struct StatusServer::Impl : std::enable_shared_from_this<Impl> {
    Impl(const asio::any_io_executor& executor, Gather how, spdlog::logger& logger, StatusServerLimits given)
        : acceptor(executor), gather(std::move(how)), log(logger), limits(given) {}

    void listen(const ListenAddress& address) {
        const tcp::endpoint endpoint{asio::ip::make_address(address.host), address.port};
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint);
        acceptor.listen();
    }

    asio::awaitable<void> serve(Connection& connection) const {
        RequestParser parser;
        if (!co_await readRequest(connection.socket, parser)) co_return;
        const auto& request = parser.get();
        const std::string answer = answerTo({.method = view(request.method_string()),
                                             .target = view(request.target()),
                                             .host = view(request[http::field::host])},
                                            gather);
        error_code error;
        co_await asio::async_write(connection.socket, asio::buffer(answer),
                                   asio::redirect_error(asio::use_awaitable, error));
        connection.socket.shutdown(tcp::socket::shutdown_both, error);
    }

    void accept(tcp::socket socket) {
        if (connections.size() >= limits.connections) return;
        const auto connection = std::make_shared<Connection>(std::move(socket));
        const auto place = connections.insert(connections.end(), connection);
        connection->deadline.expires_after(limits.request);
        connection->deadline.async_wait([connection](error_code error) {
            if (!error) connection->close();
        });
        auto task = [](std::shared_ptr<Impl> self, std::shared_ptr<Connection> on) -> asio::awaitable<void> {
            co_await self->serve(*on);
        };
        asio::co_spawn(acceptor.get_executor(), task(shared_from_this(), connection),
                       [self = shared_from_this(), connection, place](const std::exception_ptr& error) {
                           if (error) self->log.warn("status: a request could not be answered");
                           connection->close();
                           self->connections.erase(place);
                       });
    }

    void close() {
        error_code ignored;
        acceptor.close(ignored);
        for (const auto& connection : connections) connection->close();
    }

    tcp::acceptor acceptor;
    Gather gather;
    spdlog::logger& log;
    StatusServerLimits limits;
    std::list<std::shared_ptr<Connection>> connections;
};

StatusServer::StatusServer(const asio::any_io_executor& executor, const ListenAddress& address, Gather gather,
                           spdlog::logger& log, StatusServerLimits limits)
    : impl_(std::make_shared<Impl>(executor, std::move(gather), log, limits)) {
    impl_->listen(address);
}

StatusServer::~StatusServer() {
    impl_->close();
}

std::uint16_t StatusServer::port() const {
    return impl_->acceptor.local_endpoint().port();
}

asio::awaitable<void> StatusServer::run() {
    const auto impl = impl_;
    for (;;) {
        error_code error;
        auto socket = co_await impl->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted || !impl->acceptor.is_open()) break;
        if (!error) {
            impl->accept(std::move(socket));
            continue;
        }
        // Out of descriptors, mostly: they come back.
        asio::steady_timer pause{impl->acceptor.get_executor(), std::chrono::seconds(1)};
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
    }
    impl->close();
}

} // namespace bridge
