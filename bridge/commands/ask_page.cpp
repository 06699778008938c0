// SPDX-License-Identifier: MIT
#include "bridge/commands/ask_page.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using namespace std::chrono_literals;

std::string askPage(const ListenAddress& address, const std::string& path) {
    constexpr std::uint64_t kLargestAnswer = 1024 * 1024;
    asio::io_context io{1};
    beast::tcp_stream stream{io};
    std::exception_ptr failure;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kLargestAnswer);
    const auto exchange = [&]() -> asio::awaitable<void> {
        stream.expires_after(5s);
        co_await stream.async_connect({asio::ip::make_address(address.localHost()), address.port},
                                      asio::use_awaitable);
        http::request<http::empty_body> request{http::verb::get, path, 11};
        request.set(http::field::host, address.localHost());
        co_await http::async_write(stream, request, asio::use_awaitable);
        beast::flat_buffer buffer;
        co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    };
    asio::co_spawn(io, exchange, [&](std::exception_ptr error) { failure = std::move(error); });
    io.run();
    if (failure) std::rethrow_exception(failure);
    if (parser.get().result() != http::status::ok)
        throw std::runtime_error(address.localUrl() + " answers with status " +
                                 std::to_string(parser.get().result_int()) + ": is that pump-bridge?");
    return parser.get().body();
}

} // namespace bridge
