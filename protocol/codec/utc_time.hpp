// SPDX-License-Identifier: MIT
// Absolute times as text, for all outputs: RFC 3339 in UTC.
#pragma once

#include <chrono>
#include <string>

namespace protocol {

/// "2026-03-14T08:29:11Z"
std::string toIso(std::chrono::sys_time<std::chrono::seconds> time);
/// "2026-03-14T08:29:11.022Z"
std::string toIso(std::chrono::sys_time<std::chrono::milliseconds> time);
/// "2026-03-14T08:29:11.022357Z"
std::string toIso(std::chrono::sys_time<std::chrono::microseconds> time);

} // namespace protocol
