// SPDX-License-Identifier: MIT
#include "bridge/service_manager.hpp"

#include <systemd/sd-daemon.h>

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

void feedWatchdog() {
    (void)sd_notify(0, "WATCHDOG=1");
}

} // namespace bridge::service_manager
