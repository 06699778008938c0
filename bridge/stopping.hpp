// SPDX-License-Identifier: MIT
// How a running service ends: at a signal, and in time. docs/architecture.md 4.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace spdlog {
class logger;
}

namespace bridge {

/// Until SIGINT or SIGTERM.
boost::asio::awaitable<void> stopSignal(spdlog::logger& log);

/// What is left after SIGTERM has 2 s to end; then the process leaves it behind.
class StopLimit {
public:
    StopLimit(const boost::asio::any_io_executor& executor, spdlog::logger& log)
        : timer_(executor), log_(log) {}
    /// Leaves with this exit code when the time is over, unless allEnded() was called.
    void begin(int exitCode);
    void allEnded() { timer_.cancel(); }

private:
    boost::asio::steady_timer timer_;
    spdlog::logger& log_;
};

} // namespace bridge
