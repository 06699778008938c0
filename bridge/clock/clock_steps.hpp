// SPDX-License-Identifier: MIT
// Notices that the computer's clock is set. docs/nightscout/mapping.md 5.3.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>

namespace bridge {

/// The clock that can be set and the one that cannot, which counts on while the computer sleeps; read at
/// once.
struct ClockSample {
    std::chrono::sys_time<std::chrono::milliseconds> utc{};
    std::chrono::milliseconds sinceBoot{};
};
/// Of the computer.
ClockSample readClocks();

/// By how much the clock was set between two samples.
[[nodiscard]] std::chrono::milliseconds stepBetween(const ClockSample& before, const ClockSample& after);

/// The kernel's word that the clock was set, by however much.
class ClockSetNotice {
public:
    /// Throws boost::system::system_error where the kernel has none.
    explicit ClockSetNotice(const boost::asio::any_io_executor& executor);
    /// Until the clock is set, after this was made or the last call ended.
    boost::asio::awaitable<void> wait();

private:
    void arm();

    boost::asio::posix::stream_descriptor timer_;
};

} // namespace bridge
