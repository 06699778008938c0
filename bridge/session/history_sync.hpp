// SPDX-License-Identifier: MIT
// Brings the store up to date with the pump: newest first, in bounded ranges, resuming where an earlier run
// stopped, remembering what the pump no longer has. docs/architecture.md 4, docs/protocol/history.md 14.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "bridge/session/history_reader.hpp"
#include "bridge/store/store.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct SyncSettings {
    /// The first range of a sync is small: the present is there within seconds. Then larger ones, each about
    /// half a day of records.
    std::uint32_t firstRange = 60;
    std::uint32_t nextRanges = 500;
    /// Records per transaction while a range arrives: what a crash can cost is fetched again.
    std::size_t commitEvery = 100;
    /// A number that a finished report left out is asked for this often before it counts as absent.
    int attempts = 3;
};

class HistorySync {
public:
    using Clock = std::function<std::chrono::sys_seconds()>;
    /// Called after each range with the numbers that were asked for.
    using RangeDone = std::function<void(const PumpInfo&, SequenceRange)>;

    HistorySync(Store& store, HistoryReader& reader, SyncSettings settings, Clock clock, RangeDone rangeDone,
                spdlog::logger& log);

    /// Until nothing is missing. Throws ble::LinkError when the link fails; what arrived is stored.
    asio::awaitable<void> run(PumpInfo pump);
    /// What the pump has written since the newest record that is held, with a single request. False when
    /// there was nothing, or nothing is held: then run() finds out.
    asio::awaitable<bool> runNewest(PumpInfo pump);
    /// Awaited between two ranges of run(): a long history must not hold up what happens now.
    void onPause(std::function<asio::awaitable<void>()> handler) { pause_ = std::move(handler); }

private:
    asio::awaitable<std::optional<SequenceRange>> askRange(PumpInfo& pump);
    void noteLost(const PumpInfo& pump, std::uint32_t oldest);
    asio::awaitable<void> fetch(PumpInfo& pump, SequenceRange range);
    asio::awaitable<protocol::HistoryRacp::ResponseCode> fetchOnce(PumpInfo& pump, SequenceRange range);

    Store& store_;
    HistoryReader& reader_;
    SyncSettings settings_;
    Clock clock_;
    RangeDone rangeDone_;
    std::function<asio::awaitable<void>()> pause_;
    spdlog::logger& log_;
};

} // namespace bridge
