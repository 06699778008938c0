// SPDX-License-Identifier: MIT
#include "bridge/clock/clock_steps.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <limits>

namespace bridge {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

milliseconds read(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::floor<milliseconds>(std::chrono::seconds(time.tv_sec) +
                                            std::chrono::nanoseconds(time.tv_nsec));
}

[[noreturn]] void fail() {
    throw boost::system::system_error(errno, boost::system::system_category(), "timerfd");
}

int openTimer() {
    const int timer = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0) fail();
    return timer;
}

} // namespace

ClockSample readClocks() {
    return {std::chrono::sys_time<milliseconds>{read(CLOCK_REALTIME)}, read(CLOCK_BOOTTIME)};
}

milliseconds stepBetween(const ClockSample& before, const ClockSample& after) {
    return (after.utc - before.utc) - (after.sinceBoot - before.sinceBoot);
}

ClockSetNotice::ClockSetNotice(const asio::any_io_executor& executor) : timer_(executor, openTimer()) {
    arm();
}

// For a time that never comes; what ends it is that the clock is set.
void ClockSetNotice::arm() {
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    if (::timerfd_settime(timer_.native_handle(), flags, &never, nullptr) != 0) fail();
}

asio::awaitable<void> ClockSetNotice::wait() {
    for (;;) {
        co_await timer_.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
        std::uint64_t expirations = 0;
        const auto got = ::read(timer_.native_handle(), &expirations, sizeof expirations);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got < 0 && errno != ECANCELED) fail();
        arm();
        co_return;
    }
}

} // namespace bridge
