// SPDX-License-Identifier: MIT
#include "ble/condition.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ble {

namespace asio = boost::asio;

Condition::Condition(asio::any_io_executor executor, Clock clock)
    : executor_(std::move(executor)), clock_(std::move(clock)), waiters_(std::make_shared<Waiters>()) {}

void Condition::announce() {
    for (auto* timer : *waiters_) timer->cancel();
}

asio::awaitable<bool> Condition::until(std::function<bool()> holds, Time deadline) {
    if (holds()) co_return true;
    const Clock clock = clock_; // *this may be gone when the wait ends
    asio::steady_timer timer(executor_);
    const auto remove = [waiters = waiters_](asio::steady_timer* waiter) { waiters->erase(waiter); };
    const std::unique_ptr<asio::steady_timer, decltype(remove)> registration(&timer, remove);
    waiters_->insert(&timer);
    do {
        const auto now = clock();
        if (now >= deadline) co_return false;
        if (deadline == kNever)
            timer.expires_at(kNever);
        else
            timer.expires_after(deadline - now);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    } while (!holds());
    co_return true;
}

} // namespace ble
