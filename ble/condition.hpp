// SPDX-License-Identifier: MIT
// Waiting for something to be so: coroutines wait with a condition and a deadline, whoever changes something
// announces it, and every waiter looks again.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>

namespace ble {

class Condition {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Clock = std::function<Time()>;
    static constexpr Time kNever = Time::max();

    /// A clock that stands still is looked at again with each announcement.
    Condition(boost::asio::any_io_executor executor, Clock clock);

    void announce();
    /// True once `holds()`; false at the deadline. `holds` must be valid until then.
    boost::asio::awaitable<bool> until(std::function<bool()> holds, Time deadline);
    boost::asio::awaitable<bool> within(std::chrono::milliseconds limit, std::function<bool()> holds) {
        return until(std::move(holds), now() + limit);
    }
    [[nodiscard]] Time now() const { return clock_(); }

private:
    using Waiters = std::unordered_set<boost::asio::steady_timer*>;

    boost::asio::any_io_executor executor_;
    Clock clock_;
    std::shared_ptr<Waiters> waiters_; ///< shared with the waiters, which may be destroyed later than this
};

} // namespace ble
