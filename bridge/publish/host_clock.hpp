// SPDX-License-Identifier: MIT
// Whether this computer's clock is trusted, and by whose word. Does no I/O of its own: what the witnesses say
// is handed in. docs/nightscout/mapping.md 5.3, "The host's clock is trusted by".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "bridge/publish/clock_witness.hpp"
#include "bridge/store/store.hpp"
#include "protocol/codec/date_time.hpp"
#include "therapy/clock_offset.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

/// The `Date` of an answer, and when by our clock it was asked for and came.
struct SiteDate {
    using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;
    std::chrono::sys_seconds date{};
    Milliseconds sentAt{};
    Milliseconds receivedAt{};
    bool stored = false;     ///< a cache's: it has an `Age`
    bool publicPeer = false; ///< of another network than ours
};

class HostClock {
public:
    using Time = std::chrono::sys_seconds;
    struct Clocks {
        std::function<Time()> utc; ///< the one in question
        std::function<std::chrono::steady_clock::time_point()> steady;
    };

    /// `owner`: [time] host_clock = "trusted". The references must outlive it.
    HostClock(Store& store, const therapy::Zone& zone, bool owner, Clocks clocks, spdlog::logger& log);

    // --- the witnesses ---
    /// It has synchronised the clock, or not (yet).
    void timeServiceSays(bool synchronised);
    void siteSays(const SiteDate& date);
    /// A bracketed reading; `setAt`: when the pump's clock was last set, as it showed then, if that is known.
    void pumpShows(const therapy::ClockReading& reading, std::optional<protocol::LocalSeconds> setAt);
    /// The clock was set: what the witnesses said was of another one.
    void stepped(std::chrono::milliseconds by);
    /// Writes the newest trusted time into the store, at most once an hour. To be called now and then.
    void remember();

    // --- the outcome ---
    [[nodiscard]] std::optional<ClockWitness> trustedBy() const;
    [[nodiscard]] bool trusted() const { return trustedBy().has_value(); }
    /// Trusted or not.
    [[nodiscard]] Time now() const { return clocks_.utc(); }
    [[nodiscard]] std::optional<Time> trustedNow() const {
        return trusted() ? std::optional(now()) : std::nullopt;
    }
    /// More than the pump itself vouches for it.
    [[nodiscard]] bool vouched() const {
        return trustedBy().value_or(ClockWitness::Pump) != ClockWitness::Pump;
    }
    /// Whether the pump shows the zone's time by our clock.
    [[nodiscard]] bool agrees(const therapy::ClockReading& reading) const;
    /// Empty while it is trusted.
    [[nodiscard]] std::optional<std::chrono::seconds> untrustedFor() const;
    /// How far the site's clock is ahead of the time service's, where that is too much.
    [[nodiscard]] std::optional<std::chrono::seconds> disagreement() const;
    /// Counts up when trust is gained or lost, when it gets a better witness than the pump, and when the
    /// clock was set: what was measured before is to be measured anew.
    [[nodiscard]] unsigned changes() const { return changes_; }
    /// Called after each of them.
    void onChange(std::function<void()> handler) { onChange_ = std::move(handler); }

private:
    template <typename Change>
    void apply(Change change);
    [[nodiscard]] bool pumpMayVouch(const therapy::ClockReading& reading,
                                    std::optional<protocol::LocalSeconds> setAt) const;
    /// Shortly before the zone's offset last changed between the two.
    [[nodiscard]] std::optional<Time> zoneChangedAfter(Time from, Time to) const;

    Store& store_;
    const therapy::Zone& zone_;
    Clocks clocks_;
    spdlog::logger& log_;
    bool owner_;
    bool timeService_ = false;
    bool site_ = false;
    bool pump_ = false;
    /// How far the site's clock is ahead, at least; empty: no answer that counts since the clock was set.
    std::optional<std::chrono::milliseconds> siteAhead_;
    std::optional<Time> newestTrusted_; ///< as the store has it
    std::chrono::steady_clock::time_point untrustedSince_;
    unsigned changes_ = 0;
    std::function<void()> onChange_;
};

} // namespace bridge
