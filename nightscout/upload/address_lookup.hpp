// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace nightscout {

/// The system's answer, an address itself without asking anybody. Throws TransportError, also when the name
/// service takes longer than `timeout`.
boost::asio::awaitable<std::vector<std::string>> lookUpAddresses(boost::asio::any_io_executor executor,
                                                                 std::string host,
                                                                 std::chrono::milliseconds timeout);

} // namespace nightscout
