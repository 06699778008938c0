// SPDX-License-Identifier: MIT
#include "simulated_time.hpp"

#include <sched.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <stdexcept>

namespace soak {
namespace {

using std::chrono::nanoseconds;

bool active = false;
nanoseconds sinceBegin{0};
nanoseconds began{0};
nanoseconds hostError{0};
bool sent = false; ///< something is under way on the loopback, perhaps
WriteWatch writeWatch;

/// What every steady clock shows at the begin of time: not 0, which stands for "never" in places.
constexpr nanoseconds kSteadyBegin = std::chrono::hours(1);

timespec toTimespec(nanoseconds time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    timespec result{};
    result.tv_sec = whole.count();
    result.tv_nsec = (time - whole).count();
    return result;
}

bool writesFail() {
    if (!writeWatch || writeWatch() == WriteFate::Done) return false;
    errno = ENOSPC;
    return true;
}

ssize_t watchedPwrite(int file, const void* bytes, std::size_t size, off_t offset) {
    return writesFail() ? -1 : ::pwrite64(file, bytes, size, offset);
}

} // namespace

SimulatedTime::SimulatedTime(Utc begin) {
    if (active) throw std::logic_error("there is one time");
    active = true;
    began = begin.time_since_epoch();
    sinceBegin = soak::hostError = nanoseconds{0};
}

SimulatedTime::~SimulatedTime() {
    active = false;
}

Utc SimulatedTime::now() const {
    return Utc{std::chrono::floor<Seconds>(began + sinceBegin)};
}

void SimulatedTime::setHostError(Seconds error) {
    soak::hostError = error;
}

Seconds SimulatedTime::hostError() const {
    return std::chrono::floor<Seconds>(soak::hostError);
}

void watchWrites(WriteWatch watch) {
    writeWatch = std::move(watch);
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    for (const char* call : {"pwrite", "pwrite64"})
        vfs->xSetSystemCall(vfs, call, reinterpret_cast<sqlite3_syscall_ptr>(&watchedPwrite));
}

} // namespace soak

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    if (!soak::active || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    const bool settable = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    *time = soak::toTimespec(settable ? soak::began + soak::sinceBegin + soak::hostError
                                      : soak::kSteadyBegin + soak::sinceBegin);
    return 0;
}

/// Without one, Asio waits for its timers in epoll_wait, by its time-out.
int timerfd_create(clockid_t clock, int flags) noexcept {
    if (soak::active) {
        errno = ENOSYS;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_timerfd_create, clock, flags));
}

int epoll_wait(int epoll, epoll_event* events, int size, int milliseconds) {
    const auto wait = [&](int time) {
        return static_cast<int>(
            ::syscall(SYS_epoll_pwait, epoll, events, size, time, nullptr, sizeof(std::uint64_t)));
    };
    if (!soak::active) return wait(milliseconds);
    int ready = wait(0);
    // What was sent over the loopback is there at once, as a rule.
    for (int i = 0; ready == 0 && soak::sent && i < 3; ++i) {
        ::sched_yield();
        ready = wait(0);
    }
    if (ready != 0 || milliseconds == 0) return ready;
    soak::sent = false;
    soak::sinceBegin += std::chrono::milliseconds(milliseconds < 0 ? 1000 : milliseconds);
    return 0;
}

ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
    soak::sent = true;
    return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
    soak::sent = true;
    return ::syscall(SYS_sendmsg, socket, message, flags);
}

int connect(int socket, const sockaddr* address, socklen_t size) {
    soak::sent = true;
    return static_cast<int>(::syscall(SYS_connect, socket, address, size));
}

} // extern "C"
