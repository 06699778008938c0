// SPDX-License-Identifier: MIT
// How basal delivery went on: SmartGuard, manual rate, suspended, and where one became the other
// (docs/nightscout/mapping.md 7 and 8.5 to 8.7). Built in one pass over the run.
//
// Every answer is the same for each run that holds what was logged within kContext of the record in
// question. Three rules see to that: what a record told counts for two hours (therapy contexts come every
// hour); no document is longer than kContext, because some therapy contexts begin a new one (isMilestone());
// and what an older record could still decide is held back.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "therapy/amount.hpp"
#include "therapy/record_links.hpp"

namespace therapy {

enum class BasalState : std::uint8_t {
    AutoStep,  ///< SmartGuard has just delivered the insulin of one step
    AutoBegin, ///< SmartGuard is on, and has not delivered yet
    Manual,    ///< by `rate`
    Suspended,
    Unknown, ///< what was before is over; no document begins
};

/// Where the basal state changes. What was before ends here.
struct BasalChange {
    std::size_t index =
        0; ///< of the record that tells it, or of the last one before a live reading that does
    UtcSeconds time{};
    BasalState state{};
    Amount rate;            ///< U/h, when manual
    bool temporary = false; ///< `rate` is that of a temporary basal
};

/// A relative temporary basal beyond a factor of 2 (200 %) is not believed, and nothing is claimed for it
/// (docs/nightscout/mapping.md 8.7).
bool isRefused(protocol::history::TbrType type, Amount adjustment);

struct Stop {
    std::size_t index = 0;
    UtcSeconds time{};
    protocol::history::StoppedReason reason{};
};

/// Delivery stopped, once or in a chain of stops each within two minutes of the restart before.
struct Suspension {
    enum class Documented : std::uint8_t { No, Yes, Undecided };

    UtcSeconds begin{};               ///< or the first that is known of it
    bool beginKnown = false;          ///< the first of `stops` began it
    std::vector<Stop> stops;          ///< by insulin_delivery_stopped records
    Documented documented{};          ///< No: shorter than two minutes and without need; not shown as basal
    std::optional<UtcSeconds> primed; ///< the infusion set was filled, or reason 8 stood in a stop
    struct End {
        std::size_t index = 0;
        UtcSeconds time{};
        bool restarted = false; ///< by a restart record, not only by evidence of delivery
    };
    std::optional<End> end;
};

/// A stop that is told at once, however short: pump alarm, auto-suspend, low glucose.
bool isUrgent(protocol::history::StoppedReason reason);

class BasalTimeline {
public:
    /// `view` must outlive the timeline.
    explicit BasalTimeline(const RecordLinks& view);

    /// The change that the record at `index` makes; null when it makes none, or none that can be told yet.
    [[nodiscard]] const BasalChange* changeAt(std::size_t index) const;
    /// The change that ends `change`, one of this timeline's; null while it goes on.
    [[nodiscard]] const BasalChange* after(const BasalChange& change) const;
    /// That a stop record belongs to, or that the record at `index` ended; null when it cannot be told.
    [[nodiscard]] const Suspension* suspensionAt(std::size_t index) const;

    /// All that was logged at `time` or earlier is known and understood.
    [[nodiscard]] bool reportedPast(UtcSeconds time) const;
    /// Up to when `change`, which has not ended, is known to go on: the time of the newest record, or of a
    /// later live reading that delivery is stopped.
    [[nodiscard]] UtcSeconds knownUntil(const BasalChange& change) const;

private:
    friend class BasalTimelineBuilder;
    struct Member {
        std::size_t index;
        std::size_t suspension;
    };
    std::vector<BasalChange> changes_;
    std::vector<Suspension> suspensions_;
    std::vector<Member> members_;
    UtcSeconds newest_{};
    std::optional<UtcSeconds> stoppedUntil_; ///< by the newest live reading
    std::optional<UtcSeconds> undecidedFrom_;
};

/// The longest time without a reservoir that still makes one change of it (docs/nightscout/mapping.md 8.10).
inline constexpr std::chrono::hours kLongestSetChange{8};
static_assert(kLongestSetChange <= kContext);
/// The first stop of `suspension` for a missing reservoir, in the eight hours up to `until`.
Partner reservoirOut(const RecordLinks& view, const Suspension& suspension, UtcSeconds until);

/// Why delivery is stopped from `change`, a suspended one, to its end; each reason once, in order.
std::vector<protocol::history::StoppedReason> stoppedReasons(const RecordLinks& view,
                                                             const BasalTimeline& timeline,
                                                             const BasalChange& change);

} // namespace therapy
