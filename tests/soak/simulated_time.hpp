// SPDX-License-Identifier: MIT
// The clocks of this process, simulated: weeks pass in seconds. Its sources define clock_gettime, epoll_wait
// and timerfd_create for the whole executable, libraries included: where the event loop would wait and
// nothing has come over the loopback meanwhile, the clocks jump to where the wait ends. Also the system calls
// that SQLite writes by.
#pragma once

#include <chrono>
#include <functional>

namespace soak {

using Seconds = std::chrono::seconds;
using Utc = std::chrono::sys_seconds;

/// While one lives, this process has no other time. One at a time.
class SimulatedTime {
public:
    explicit SimulatedTime(Utc begin);
    ~SimulatedTime();
    SimulatedTime(const SimulatedTime&) = delete;
    SimulatedTime& operator=(const SimulatedTime&) = delete;

    /// The true time.
    [[nodiscard]] Utc now() const;
    /// How far this computer's clock is ahead of it.
    void setHostError(Seconds error);
    [[nodiscard]] Seconds hostError() const;
};

/// Sees each write of SQLite to a file before it happens.
enum class WriteFate { Done, DiskFull };
using WriteWatch = std::function<WriteFate()>;
void watchWrites(WriteWatch watch);

} // namespace soak
