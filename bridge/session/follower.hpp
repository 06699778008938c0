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
#include "bridge/session/session_listener.hpp"
#include "therapy/pump_status.hpp"

namespace bridge {

class Follower {
public:
    struct Settings {
        FollowSettings follow;
        SyncSettings sync;
        HistoryReader::Limits report;               ///< of history
        std::chrono::milliseconds answerInactivity; ///< within any other procedure
    };

    struct Clocks {
        HistorySync::Clock utc; ///< dates what is read
        SteadyClock steady;     ///< decides what is due
    };
    using MeasureClock = std::function<asio::awaitable<void>()>;
    using Enter = std::function<void(SessionStage)>;

    /// All references outlive this. `enter`: syncing and following, when they begin.
    Follower(ble::PumpLink& link, ValueQueue& values, Store& store, PumpInfo pump, Settings settings,
             Clocks clocks, MeasureClock measureClock, SessionListener& listener, Enter enter,
             spdlog::logger& log);

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
    asio::awaitable<void> readDisplayFormat();
    asio::awaitable<void> readState();
    asio::awaitable<void> readDelivery();
    asio::awaitable<void> readTherapy();
    asio::awaitable<void> readRoutine();
    asio::awaitable<void> readSession();
    void keepTrend(const protocol::cgm::Measurement& measurement);
    [[nodiscard]] FollowPlan::Time now() const { return clocks_.steady(); }
    bool take(Item item);
    template <typename Value>
    void keep(std::optional<Value> read, std::optional<Value>& kept);

    ValueQueue& values_;
    Store& store_;
    PumpInfo pump_;
    Clocks clocks_;
    MeasureClock measureClock_;
    SessionListener& listener_;
    Enter enter_;
    spdlog::logger& log_;
    HistoryReader history_;
    HistorySync sync_;
    LiveReader live_;
    FollowPlan plan_;
    protocol::idd::StatusChanged indicated_; ///< not reset yet
    therapy::PumpStatus status_;
    bool news_ = false; ///< in status_, not reported yet
    FollowPlan::Time newMeasurementAt_{};
    int clockAttempts_ = 0;                     ///< since it was last wanted for no reason
    std::optional<FollowPlan::Time> stoppedAt_; ///< first reading that delivery is stopped
};

} // namespace bridge
