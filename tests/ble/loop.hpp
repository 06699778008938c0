// SPDX-License-Identifier: MIT
// Runs an io_context until something is so, and gives up at a limit that only a broken test reaches.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

namespace ble::test {

/// The address of the bus that dbus-run-session has started for this process.
inline std::string privateBus() {
    const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
    return address == nullptr ? std::string{} : std::string{address};
}

template <typename Condition>
testing::AssertionResult runUntil(boost::asio::io_context& io, Condition condition,
                                  std::chrono::steady_clock::duration limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (io.stopped()) io.restart();
        if (std::chrono::steady_clock::now() > end)
            return testing::AssertionFailure() << "not within the limit";
        io.run_one_for(std::chrono::milliseconds(50));
    }
    return testing::AssertionSuccess();
}

} // namespace ble::test
