// SPDX-License-Identifier: MIT
// Times in the headers of an answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nightscout {

/// "Sun, 06 Nov 1994 08:49:37 GMT", the form that servers must send (RFC 9110 5.6.7); empty for all else.
std::optional<std::chrono::sys_seconds> parseHttpDate(std::string_view text);

/// `Retry-After`: seconds, or a date, which is counted from the server's own `Date`. From 0 to an hour: a
/// site that asks for more is asked again after that (docs/nightscout/api.md 4.4). Empty for all else.
std::optional<std::chrono::seconds> parseRetryAfter(std::string_view field,
                                                    const std::optional<std::string>& date);

} // namespace nightscout
