// SPDX-License-Identifier: MIT
#include "bridge/status/status_server.hpp"

#include <spdlog/logger.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <nlohmann/json.hpp>

#include "bridge/status/service_state_json.hpp"
#include "bridge/status/service_state_text.hpp"
#include "bridge/status/status_page.hpp"

namespace bridge {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kHeaderLimit = 8 * 1024;
constexpr std::uint64_t kBodyLimit = 1024; ///< of requests, which have none

using Request = http::request<http::string_body>;
using Answer = http::response<http::string_body>;

Answer makeAnswer(const Request& request, http::status status, std::string_view type, std::string body) {
    Answer answer{status, request.version()};
    answer.set(http::field::content_type, type);
    answer.set(http::field::cache_control, "no-store");
    answer.set(http::field::x_frame_options, "DENY");
    answer.set("X-Content-Type-Options", "nosniff");
    answer.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
    if (status == http::status::method_not_allowed) answer.set(http::field::allow, "GET, HEAD");
    answer.keep_alive(false);
    answer.content_length(body.size());
    if (request.method() != http::verb::head) answer.body() = std::move(body);
    return answer;
}

Answer respond(const Request& request, const StatusServer::Gather& gather) {
    constexpr std::string_view kPlain = "text/plain; charset=utf-8";
    const auto host = request[http::field::host];
    if (!isLocalHostName({host.data(), host.size()})) {
        return makeAnswer(request, http::status::misdirected_request, kPlain,
                          "Use this machine's IP address or its local name.\n");
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head)
        return makeAnswer(request, http::status::method_not_allowed, kPlain, "GET and HEAD only.\n");
    const auto target = request.target();
    const std::string_view path{target.data(), std::min(target.find('?'), target.size())};
    if (path == "/")
        return makeAnswer(request, http::status::ok, "text/html; charset=utf-8", statusPage(gather()));
    if (path == "/status.json")
        return makeAnswer(
            request, http::status::ok, "application/json",
            toJson(gather()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    if (path == "/status.txt") return makeAnswer(request, http::status::ok, kPlain, toText(gather()));
    return makeAnswer(request, http::status::not_found, kPlain,
                      "There is /, /status.json and /status.txt.\n");
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

    asio::awaitable<void> serve(std::list<beast::tcp_stream>::iterator connection) {
        auto& stream = *connection;
        beast::flat_buffer buffer;
        http::request_parser<http::string_body> parser;
        parser.header_limit(kHeaderLimit);
        parser.body_limit(kBodyLimit);
        error_code error;
        stream.expires_after(limits.request);
        co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return; // gone, too slow, or no HTTP
        const Answer answer = respond(parser.get(), gather);
        http::response_serializer<http::string_body> serializer{answer};
        if (parser.get().method() == http::verb::head)
            co_await http::async_write_header(stream, serializer,
                                              asio::redirect_error(asio::use_awaitable, error));
        else
            co_await http::async_write(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
        stream.socket().shutdown(tcp::socket::shutdown_both, error);
    }

    void accept(tcp::socket socket) {
        if (connections.size() >= limits.connections) return;
        const auto connection = connections.emplace(connections.end(), std::move(socket));
        auto task = [](std::shared_ptr<Impl> self,
                       std::list<beast::tcp_stream>::iterator at) -> asio::awaitable<void> {
            co_await self->serve(at);
        };
        asio::co_spawn(acceptor.get_executor(), task(shared_from_this(), connection),
                       [self = shared_from_this(), connection](const std::exception_ptr& error) {
                           if (error) self->log.warn("status: a request could not be answered");
                           self->connections.erase(connection);
                       });
    }

    void close() {
        error_code ignored;
        acceptor.close(ignored);
        for (auto& connection : connections) connection.close();
    }

    tcp::acceptor acceptor;
    Gather gather;
    spdlog::logger& log;
    StatusServerLimits limits;
    std::list<beast::tcp_stream> connections;
};

StatusServer::StatusServer(asio::any_io_executor executor, const ListenAddress& address, Gather gather,
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
