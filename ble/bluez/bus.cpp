// SPDX-License-Identifier: MIT
#include "ble/bluez/bus.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ble {

namespace {

using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC, as sd-bus's deadlines
constexpr int kMessagesPerTurn = 64;

Clock::time_point deadline(std::uint64_t microseconds) {
    constexpr auto longest = std::chrono::floor<std::chrono::microseconds>(Clock::duration::max());
    if (microseconds > static_cast<std::uint64_t>(longest.count())) return Clock::time_point::max();
    return Clock::time_point(std::chrono::microseconds(microseconds));
}

} // namespace

std::unique_ptr<sdbus::IConnection> openBus(const std::string& address) {
    return address.empty() ? sdbus::createSystemBusConnection()
                           : sdbus::createSessionBusConnectionWithAddress(address);
}

BusPump::BusPump(const asio::any_io_executor& executor, sdbus::IConnection& bus)
    : bus_(bus), descriptor_(executor, bus.getEventLoopPollData().fd), wake_(executor) {}

BusPump::~BusPump() {
    descriptor_.release(); // it is sd-bus's: not ours to close
}

asio::awaitable<void> BusPump::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await asio::this_coro::cancellation_state;
    while (state.cancelled() == asio::cancellation_type::none) {
        bool more = true;
        for (int n = 0; more && n < kMessagesPerTurn; ++n) more = bus_.processPendingRequest();
        if (more) { // a flood: give the other handlers a turn
            co_await asio::post(descriptor_.get_executor(), asio::use_awaitable);
            continue;
        }
        const auto poll = bus_.getEventLoopPollData(); // anew before every wait
        if ((poll.events & POLLIN) != 0) arm(Wait::wait_read, readArmed_);
        if ((poll.events & POLLOUT) != 0) arm(Wait::wait_write, writeArmed_);
        wake_.expires_at(deadline(poll.timeout_usec));
        co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    descriptor_.cancel(); // ends the armed waits, so that io_context::run() can return
}

void BusPump::arm(Wait::wait_type what, bool& armed) {
    if (std::exchange(armed, true)) return;
    descriptor_.async_wait(what, [this, &armed](boost::system::error_code error) {
        if (error) return; // *this may be gone
        armed = false;
        wake_.cancel();
    });
}

} // namespace ble
