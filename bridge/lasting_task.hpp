// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace spdlog {
class logger;
}

namespace bridge {

namespace asio = boost::asio;

/// How long a task waits before it is begun again. A full disk is emptied by a person.
inline constexpr std::chrono::milliseconds kBeginAgain = std::chrono::seconds(30);

/// Runs `task`, again and again while it ends by a store that cannot be written at present: that may be over
/// by itself (docs/architecture.md 11.3). Any other end is its own.
asio::awaitable<void> lasting(std::string name, std::function<asio::awaitable<void>()> task,
                              std::chrono::milliseconds pause, spdlog::logger& log);

} // namespace bridge
