// SPDX-License-Identifier: MIT
// Keeps what is known of a pump's clock up to date: which readings of it count, and for what.
// docs/nightscout/mapping.md 5.3.
#pragma once

#include <map>
#include <optional>

#include "bridge/publish/host_clock.hpp"
#include "bridge/publish/stored_run.hpp"
#include "bridge/store/store.hpp"
#include "therapy/clock_offset.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class ClockKeeper {
public:
    /// `host`: whether our own clock can measure anything; readings are a witness of it in turn.
    ClockKeeper(Store& store, const therapy::Zone& zone, HostClock& host, spdlog::logger& log);

    /// The clock was read. It counts once history is there up to the pump's end: settle().
    void read(const PumpInfo& pump, const therapy::ClockReading& reading);
    /// History was fetched up to the pump's end since the last reading. A clock that was set in between makes
    /// the reading worthless: it may have been read before or after. So does our own clock, while it is not
    /// trusted. True when an offset was kept.
    bool settle(const PumpInfo& pump);
    /// The newest segment has no reading of its own yet, or our clock is another than when it was read: read
    /// the clock, then fetch history once more.
    [[nodiscard]] bool wantsReading(const PumpInfo& pump) const;

private:
    struct Pending {
        therapy::ClockReading reading;
        std::optional<std::uint32_t> newest; ///< the newest number held when it was read
    };
    bool judge(const PumpInfo& pump, const StoredRun& run, const therapy::ClockReading& reading);
    /// On the pump's word alone, which says no more than that the zone's offset is right.
    bool takeZone(const PumpInfo& pump, const StoredRun& run, therapy::ClockReading reading);
    void report(const therapy::ReadingJudgement& judgement, const therapy::ClockReading& reading);

    Store& store_;
    const therapy::Zone& zone_;
    HostClock& host_;
    spdlog::logger& log_;
    std::map<PumpId, Pending> pending_;
    std::map<PumpId, unsigned> settledAt_; ///< HostClock::changes() at the last reading
    /// The newest reference when a reading was first far from the last one.
    std::map<PumpId, std::uint32_t> setExpectedAfter_;
    bool zoneNoted_ = false;
};

} // namespace bridge
