// SPDX-License-Identifier: MIT
#include "nightscout/upload/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace nightscout {

namespace asio = boost::asio;

SystemClock::SystemClock(const asio::any_io_executor& executor, Utc utc)
    : timer_(executor), utc_(std::move(utc)) {}

Clock::Time SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

asio::awaitable<void> SystemClock::wait(Time time) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    boost::system::error_code interrupted;
    timer_.expires_at(time);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

void SystemClock::interrupt() {
    timer_.cancel();
}

} // namespace nightscout
