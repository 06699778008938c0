// SPDX-License-Identifier: MIT
#include "nightscout/upload/timed_socket.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "nightscout/upload/transport_error.hpp"

namespace nightscout {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

void TimedSocket::expireAfter(std::chrono::milliseconds limit) {
    timedOut_ = false;
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this(), number = ++deadline_](const error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->deadline_ != number) return;
        self->timedOut_ = true;
        error_code ignored;
        self->socket.close(ignored);
    });
}

void TimedSocket::expireNever() {
    ++deadline_;
    timer_.cancel();
}

error_code TimedSocket::caused(const error_code& error) const {
    return error && timedOut_ ? error_code(asio::error::timed_out) : error;
}

bool TimedSocket::looksClosed() {
    char byte = 0;
    error_code error;
    socket.non_blocking(true, error);
    const auto count = socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
    return count > 0 || error != asio::error::would_block;
}

asio::awaitable<std::shared_ptr<TimedSocket>> connect(asio::any_io_executor executor, Endpoint endpoint,
                                                      std::vector<std::string> addresses,
                                                      std::chrono::milliseconds timeout) {
    const auto share = timeout / static_cast<std::int64_t>(std::max<std::size_t>(1, addresses.size()));
    std::uint16_t port = 0;
    std::from_chars(endpoint.port.data(), endpoint.port.data() + endpoint.port.size(), port);
    error_code error = asio::error::host_not_found;
    for (const auto& text : addresses) {
        const auto address = asio::ip::make_address(text, error);
        if (error) continue;
        // A socket of its own for each: one whose connect has failed keeps its family and its state.
        const auto attempt = std::make_shared<TimedSocket>(executor);
        attempt->expireAfter(share);
        co_await attempt->socket.async_connect(tcp::endpoint(address, port),
                                               asio::redirect_error(asio::use_awaitable, error));
        error = attempt->caused(error);
        if (error == asio::error::operation_aborted) break;
        if (error) continue;
        attempt->socket.set_option(tcp::no_delay(true), error);
        co_return attempt;
    }
    throwTransportError(error, "cannot connect to " + endpoint.authority());
}

} // namespace nightscout
