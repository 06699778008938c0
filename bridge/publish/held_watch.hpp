// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "nightscout/upload/clock.hpp"

namespace bridge {

/// Looks at held records again when the time of the first of them has come (docs/nightscout/mapping.md 5.6).
class HeldWatch {
public:
    using Time = std::chrono::sys_seconds;

    /// `heldUntil`: empty while nothing is held that time alone sets free. `publish`: maps them anew. Both
    /// and the clock outlive run().
    HeldWatch(nightscout::Clock& clock, std::function<std::optional<Time>()> heldUntil,
              std::function<void()> publish)
        : clock_(clock), heldUntil_(std::move(heldUntil)), publish_(std::move(publish)) {}

    /// Until cancelled.
    boost::asio::awaitable<void> run();
    /// Other records may be held now.
    void wake() { clock_.interrupt(); }

private:
    nightscout::Clock& clock_;
    std::function<std::optional<Time>()> heldUntil_;
    std::function<void()> publish_;
};

} // namespace bridge
