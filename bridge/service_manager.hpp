// SPDX-License-Identifier: MIT
// systemd's side of a service: readiness, a status line, the watchdog. All of it does nothing elsewhere.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace bridge::service_manager {

void ready();
void stopping();
/// Shown by `systemctl status`.
void status(const std::string& text);
/// How often the watchdog wants to be fed (a quarter of its limit); empty when there is none.
std::optional<std::chrono::microseconds> watchdogInterval();
/// For ever, whenever `moves`; as long as it runs, the loop makes progress.
boost::asio::awaitable<void> feedWatchdog(std::chrono::microseconds interval, std::function<bool()> moves);

} // namespace bridge::service_manager
