// SPDX-License-Identifier: MIT
// A TCP connection whose operations end at a deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nightscout/upload/endpoint.hpp"

namespace nightscout {

class TimedSocket : public std::enable_shared_from_this<TimedSocket> {
public:
    explicit TimedSocket(const boost::asio::any_io_executor& executor) : socket(executor), timer_(executor) {}

    /// Past it the socket is closed, which ends whatever is under way.
    void expireAfter(std::chrono::milliseconds limit);
    void expireNever();
    /// `error`, or asio::error::timed_out where the deadline was its cause.
    [[nodiscard]] boost::system::error_code caused(const boost::system::error_code& error) const;
    bool looksClosed();

    boost::asio::ip::tcp::socket socket;

private:
    boost::asio::steady_timer timer_;
    unsigned deadline_ = 0; ///< counts them: an expired one may be on its way while the next is set
    bool timedOut_ = false;
};

/// IP addresses of a host, the best first. Throws TransportError.
using AddressLookup = std::function<boost::asio::awaitable<std::vector<std::string>>(std::string host)>;

/// Tries all addresses in turn, which share the time. Throws TransportError.
boost::asio::awaitable<std::shared_ptr<TimedSocket>> connect(boost::asio::any_io_executor executor,
                                                             Endpoint endpoint,
                                                             std::vector<std::string> addresses,
                                                             std::chrono::milliseconds timeout);

} // namespace nightscout
