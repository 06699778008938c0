// SPDX-License-Identifier: MIT
// The status page of a running service: a small HTTP server for GET and HEAD of
//   /             the page        /status.json  for programs        /status.txt  for `pump-bridge status`
// Anything else is 404 or 405. What it shows is health data without a password, hence by default for this
// machine alone; and a request by a host name that a stranger's web page could have made up (DNS rebinding)
// is refused.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "bridge/config/listen_address.hpp"
#include "bridge/status/service_state.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

namespace asio = boost::asio;

struct StatusServerLimits {
    std::chrono::milliseconds request =
        std::chrono::seconds(10); ///< from connection to the end of the answer
    std::size_t connections = 8;  ///< at once; more are closed unanswered
};

class StatusServer {
public:
    using Gather = std::function<ServiceState()>;

    /// Throws boost::system::system_error when the address cannot be listened on. `gather` is called for each
    /// request, on the executor.
    StatusServer(const asio::any_io_executor& executor, const ListenAddress& address, Gather gather,
                 spdlog::logger& log, StatusServerLimits limits = {});
    ~StatusServer();

    [[nodiscard]] std::uint16_t port() const; ///< the one chosen when the address said 0

    /// Until cancelled; then closes all connections.
    asio::awaitable<void> run();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace bridge
