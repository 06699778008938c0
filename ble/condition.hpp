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
    using Clock = std::chrono::steady_clock;
    static constexpr Clock::time_point kNever = Clock::time_point::max();

    explicit Condition(boost::asio::any_io_executor executor);

    void announce();
    /// True once `holds()`; false at the deadline. `holds` must be valid until then.
    boost::asio::awaitable<bool> until(std::function<bool()> holds, Clock::time_point deadline);

private:
    using Waiters = std::unordered_set<boost::asio::steady_timer*>;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Waiters> waiters_; ///< shared with the waiters, which may be destroyed later than this
};

} // namespace ble
