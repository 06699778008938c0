// SPDX-License-Identifier: MIT
#include "bridge/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>

namespace bridge::service_manager {

// A manager that does not listen is no reason to fail: results are not looked at.
void ready() {
    (void)sd_notify(0, "READY=1");
}

void stopping() {
    (void)sd_notify(0, "STOPPING=1");
}

void status(const std::string& text) {
    (void)sd_notify(0, ("STATUS=" + text).c_str());
}

std::optional<std::chrono::microseconds> watchdogInterval() {
    std::uint64_t limit = 0;
    if (sd_watchdog_enabled(0, &limit) <= 0) return std::nullopt;
    return std::chrono::microseconds{limit / 4};
}

boost::asio::awaitable<void> feedWatchdog(std::chrono::microseconds interval, std::function<bool()> moves) {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    for (;;) {
        if (moves()) (void)sd_notify(0, "WATCHDOG=1");
        timer.expires_after(interval);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

} // namespace bridge::service_manager
