// SPDX-License-Identifier: MIT
// Brings the store up to date with the pump: newest first, in bounded ranges, resuming where an earlier run
// stopped, remembering what the pump no longer has. docs/architecture.md 4, docs/protocol/history.md 14.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "bridge/session/history_reader.hpp"
#include "bridge/session/session_listener.hpp"
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
    /// In one go; the rest is asked for at the next poll. Each of the pump's records comes with at most this
    /// divided by nextRanges of them.
    unsigned rangesAtOnce = 2000;
};

class HistorySync {
public:
    using Clock = std::function<std::chrono::sys_seconds()>;
    struct Clocks {
        Clock utc;
        SteadyClock steady;
    };

    /// `listener` hears of each range that is done, with the numbers that were asked for.
    HistorySync(Store& store, HistoryReader& reader, SyncSettings settings, Clocks clocks,
                SessionListener& listener, spdlog::logger& log);

    /// Until nothing is missing. Throws ble::LinkError when the link fails; what arrived is stored.
    asio::awaitable<void> run(PumpInfo pump);
    /// What the pump has written since the newest record that is held, with a single request. False when
    /// there was nothing, or nothing is held: then run() finds out.
    asio::awaitable<bool> runNewest(PumpInfo pump);
    /// Awaited between two ranges of run(): a long history must not hold up what happens now.
    void onPause(std::function<asio::awaitable<void>()> handler) { pause_ = std::move(handler); }

private:
    asio::awaitable<std::optional<SequenceRange>> askRange(PumpInfo& pump);
    /// The pump's numbering has begun again.
    void restartNumbering(const PumpInfo& pump, std::uint32_t newest, std::uint32_t heldUpTo);
    void noteLost(const PumpInfo& pump, std::uint32_t oldest);
    asio::awaitable<bool> fetch(PumpInfo& pump, SequenceRange range);
    [[nodiscard]] std::uint64_t missingIn(const PumpInfo& pump, SequenceRange range) const;
    asio::awaitable<protocol::HistoryRacp::ResponseCode> fetchOnce(PumpInfo& pump, SequenceRange range);

    Store& store_;
    HistoryReader& reader_;
    SyncSettings settings_;
    Clocks clocks_;
    SessionListener& listener_;
    std::function<asio::awaitable<void>()> pause_;
    spdlog::logger& log_;
};

} // namespace bridge
