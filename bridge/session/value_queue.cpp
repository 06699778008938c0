// SPDX-License-Identifier: MIT
#include "bridge/session/value_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace bridge {

ValueQueue::ValueQueue(const asio::any_io_executor& executor) : wake_(executor) {}

void ValueQueue::push(ble::ValueArrived value) {
    values_.push_back(std::move(value));
    wake_.cancel();
}

void ValueQueue::close() {
    closed_ = true;
    wake_.cancel();
}

asio::awaitable<std::optional<ble::ValueArrived>> ValueQueue::pop(std::chrono::milliseconds timeout) {
    if (values_.empty() && !closed_) {
        wake_.expires_after(timeout);
        // A cancelled wait is a push or the end of the task; the task's own cancellation is thrown by the
        // next co_await, as everywhere.
        (void)co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
    if (values_.empty() && closed_)
        throw ble::LinkError(ble::LinkErrorKind::Disconnected, "the pump has gone");
    co_return tryPop();
}

std::optional<ble::ValueArrived> ValueQueue::tryPop() {
    if (values_.empty()) return std::nullopt;
    auto value = std::move(values_.front());
    values_.pop_front();
    return value;
}

} // namespace bridge
