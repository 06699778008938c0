// SPDX-License-Identifier: MIT
#include "bridge/publish/held_watch.hpp"

#include <algorithm>

namespace bridge {
namespace {

using namespace std::chrono_literals;

/// The computer's clock may be set meanwhile.
constexpr std::chrono::seconds kLongestWait = 1h;
constexpr std::chrono::seconds kShortestWait = 1s;

} // namespace

boost::asio::awaitable<void> HeldWatch::run() {
    for (;;) {
        if (const auto until = heldUntil_(); until && *until <= clock_.utc()) publish_();
        auto wake = nightscout::Clock::Time::max();
        if (const auto until = heldUntil_())
            wake = clock_.now() + std::clamp(*until - clock_.utc(), kShortestWait, kLongestWait);
        co_await clock_.wait(wake);
    }
}

} // namespace bridge
