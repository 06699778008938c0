// SPDX-License-Identifier: MIT
// The computer's time service, over D-Bus. docs/nightscout/mapping.md 5.3.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

namespace bridge {

/// Whether it has synchronised the computer's clock; empty: there is none, or no bus. `busAddress` empty: the
/// system bus. Its property does not signal: ask again.
boost::asio::awaitable<std::optional<bool>> askTimeService(std::string busAddress);

} // namespace bridge
