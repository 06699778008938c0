// SPDX-License-Identifier: MIT
// Keeps what is known of a pump's clock up to date: which readings of it count, and for what.
// docs/nightscout/mapping.md 5.3.
#pragma once

#include <map>
#include <optional>

#include "bridge/publish/stored_run.hpp"
#include "bridge/store/store.hpp"
#include "therapy/clock_offset.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class ClockKeeper {
public:
    ClockKeeper(Store& store, const therapy::Zone& zone, spdlog::logger& log);

    /// The clock was read. It counts once history is there up to the pump's end: settle().
    void read(const PumpInfo& pump, const therapy::ClockReading& reading);
    /// History was fetched up to the pump's end since the last reading. A clock that was set in between makes
    /// the reading worthless: it may have been read before or after. True when an offset was kept.
    bool settle(const PumpInfo& pump);
    /// The newest segment has no reading of its own yet: read the clock, then fetch history once more.
    [[nodiscard]] bool wantsReading(const PumpInfo& pump) const;

private:
    struct Pending {
        therapy::ClockReading reading;
        std::optional<std::uint32_t> newest; ///< the newest number held when it was read
    };
    void judge(const PumpInfo& pump, const StoredRun& run, const therapy::ClockReading& reading);
    void report(const therapy::ReadingJudgement& judgement, const therapy::ClockReading& reading);

    Store& store_;
    const therapy::Zone& zone_;
    spdlog::logger& log_;
    std::map<PumpId, Pending> pending_;
    /// The newest reference when a reading was first far from the last one.
    std::map<PumpId, std::uint32_t> setExpectedAfter_;
    bool zoneNoted_ = false;
};

} // namespace bridge
