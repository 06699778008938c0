// SPDX-License-Identifier: MIT
// What to read of the pump, and when: what it indicates decides (docs/protocol/services.md 6 and 9), the
// clock decides the rest. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "protocol/idd/status_changed.hpp"

namespace bridge {

using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

struct FollowSettings {
    /// Silence after which all is asked for once: a lost indication would leave the pump silent for good.
    std::chrono::milliseconds poll = std::chrono::minutes(5);
    /// Between two reads of what changes all the time: active insulin, the bolus that runs.
    std::chrono::milliseconds often = std::chrono::minutes(1);
    /// The reservoir changes with every delivery.
    std::chrono::milliseconds seldom = std::chrono::minutes(5);
    /// Batteries, clock, sensor session.
    std::chrono::milliseconds routine = std::chrono::hours(1);
};

class FollowPlan {
public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Item : std::uint8_t {
        Measurement, ///< newest value of the sensor, with its trend
        NewRecords,  ///< history after the newest that is held
        AllRecords,  ///< whatever history is missing
        Changes,     ///< the latched bits
        Status,
        Annunciation,
        Algorithm,
        InsulinOnBoard,
        Boluses,
        Basal,
        Session,
        Batteries,
        Clock,
    };

    /// Everything is due at `now`.
    FollowPlan(FollowSettings settings, Time now);

    /// The pump has indicated.
    void note(protocol::idd::StatusChanged changes, Time now);
    /// To be called before what is due is read: a poll asks for several things at once.
    void wake(Time now);
    /// What of `received` is to be reset: what is acted upon, with the marks of the blocks as they came. All
    /// of it when nothing of it is: a pump that awaits a reset says nothing more.
    static protocol::idd::StatusChanged toReset(protocol::idd::StatusChanged received);

    [[nodiscard]] bool isDue(Item item, Time now) const;
    [[nodiscard]] bool anyDue(Time now) const { return next() <= now; }
    /// It was read, or could not be.
    void done(Item item, Time now);
    /// `item` is to be read at `at`, whatever the pump indicates.
    void want(Item item, Time at);
    /// When something is due at the earliest.
    [[nodiscard]] Time next() const;

private:
    static constexpr std::size_t kItems = 13;
    struct Turn {
        Time due = Time::max();
        std::optional<Time> last;
    };

    [[nodiscard]] Turn& turn(Item item) { return turns_.at(static_cast<std::size_t>(item)); }

    FollowSettings settings_;
    std::array<Turn, kItems> turns_;
};

} // namespace bridge
