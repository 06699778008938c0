// SPDX-License-Identifier: MIT
// What time it is, and how to wait: the uploader reads no other clock.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace nightscout {

class Clock {
public:
    using Time = std::chrono::steady_clock::time_point;

    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual Time now() const = 0;
    /// For what is kept beyond the end of the process.
    [[nodiscard]] virtual std::chrono::sys_seconds utc() const = 0;
    /// Until then (Time::max(): for ever), or until interrupt(). Throws boost::system::system_error
    /// (operation_aborted) when the coroutine is cancelled.
    virtual boost::asio::awaitable<void> wait(Time time) = 0;
    virtual void interrupt() = 0;
};

/// The computer's clock, with `utc` for the time of day.
std::unique_ptr<Clock> systemClock(const boost::asio::any_io_executor& executor,
                                   std::function<std::chrono::sys_seconds()> utc);

} // namespace nightscout
