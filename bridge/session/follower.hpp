// SPDX-License-Identifier: MIT
// Keeps up with a connected pump: all of its history first, then what it indicates, read at once and in a
// fixed order, glucose first. Everything happens in one coroutine, since the pump has one slot for procedures
// and SAKE one order of frames (docs/protocol/services.md 1). docs/architecture.md 4.
#pragma once

#include <functional>
#include <optional>

#include "bridge/session/follow_plan.hpp"
#include "bridge/session/history_reader.hpp"
#include "bridge/session/history_sync.hpp"
#include "bridge/session/live_reader.hpp"
#include "therapy/pump_status.hpp"

namespace bridge {

class Follower {
public:
    struct Hooks {
        HistorySync::RangeDone rangeDone;
        /// The store has all that the pump had, and its state was read.
        std::function<void()> synced;
        std::function<void(const therapy::PumpStatus&)> statusRead;
        std::function<asio::awaitable<void>()> measureClock;
        std::function<bool()> clockWanted;    ///< records wait for a reading of the pump's clock
        std::function<void()> clockBracketed; ///< history was fetched up to the pump's end since the reading
        std::function<void(const std::string&)> stage;
    };
    struct Settings {
        FollowSettings follow;
        SyncSettings sync;
        std::chrono::milliseconds inactivity;       ///< within a report of history
        std::chrono::milliseconds answerInactivity; ///< within any other procedure
    };

    /// All references outlive this. `clock` dates what is read.
    Follower(ble::PumpLink& link, ValueQueue& values, Store& store, PumpInfo pump, Settings settings,
             HistorySync::Clock clock, Hooks hooks, spdlog::logger& log);

    /// Until cancelled, or until the link fails: ble::LinkError.
    asio::awaitable<void> run();

private:
    using Item = FollowPlan::Item;

    void note(const ble::ValueArrived& value);
    asio::awaitable<void> attend();
    asio::awaitable<void> attendPresent();
    asio::awaitable<void> answerChanges();
    asio::awaitable<void> readMeasurement();
    asio::awaitable<bool> readHistory(); ///< true: nothing is missing
    asio::awaitable<void> measureClock();
    asio::awaitable<void> settleClock();
    asio::awaitable<void> readState();
    asio::awaitable<void> readTherapy();
    asio::awaitable<void> readRoutine();
    asio::awaitable<void> readSession();
    void keepTrend(const protocol::cgm::Measurement& measurement);
    bool take(Item item);
    template <typename Value>
    void keep(std::optional<Value> read, std::optional<Value>& kept);

    ValueQueue& values_;
    Store& store_;
    PumpInfo pump_;
    HistorySync::Clock clock_;
    Hooks hooks_;
    spdlog::logger& log_;
    HistoryReader history_;
    HistorySync sync_;
    LiveReader live_;
    FollowPlan plan_;
    protocol::idd::StatusChanged indicated_; ///< not reset yet
    therapy::PumpStatus status_;
    bool news_ = false; ///< in status_, not told yet
    FollowPlan::Time newMeasurementAt_{};
    int clockAttempts_ = 0; ///< since it was last wanted for no reason
};

} // namespace bridge
