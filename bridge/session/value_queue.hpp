// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <optional>

#include "ble/pump_link.hpp"

namespace bridge {

namespace asio = boost::asio;

/// Values of one connection, from the task that follows the link to the one that works with the pump. One
/// thread, one consumer.
class ValueQueue {
public:
    explicit ValueQueue(const asio::any_io_executor& executor);

    void push(ble::ValueArrived value);
    /// Empty when nothing came within `timeout`, or by wake(). Throws LinkError "disconnected" after the last
    /// value of a closed queue.
    asio::awaitable<std::optional<ble::ValueArrived>> pop(std::chrono::milliseconds timeout);
    /// What is there already.
    std::optional<ble::ValueArrived> tryPop();
    void wake() { wake_.cancel(); }
    /// The connection has ended; what had arrived before can still be taken.
    void close();

private:
    std::deque<ble::ValueArrived> values_;
    asio::steady_timer wake_;
    bool closed_ = false;
};

} // namespace bridge
