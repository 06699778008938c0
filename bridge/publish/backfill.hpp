// SPDX-License-Identifier: MIT
// Back-fill: documents of records that are in the store, whatever was uploaded before.
// docs/architecture.md 6.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/store/store.hpp"
#include "bridge/store/stored_event_memory.hpp"
#include "nightscout/documents/mapping.hpp"
#include "protocol/codec/date_time.hpp"
#include "therapy/zone.hpp"

namespace bridge {

struct BackfillOptions {
    std::optional<protocol::LocalSeconds> start; ///< local time of the configured zone, included
    std::optional<protocol::LocalSeconds> end;   ///< likewise
    int days = 1; ///< without start and end: as many days back from the newest record
    std::optional<nightscout::FeatureSet> features; ///< empty: the configured ones
    bool force = false; ///< date the records anew, and send again what is there already
    /// Date the records anew, and move what was uploaded under another time; nothing else is sent. Without
    /// start and end: everything.
    bool correctTimes = false;
};

/// What became of the documents, by event type.
struct BackfillCounts {
    std::size_t added = 0, changed = 0, known = 0, refused = 0;
};
using BackfillSummary = std::map<std::string, BackfillCounts>;
/// A line for each event type.
std::string toText(const BackfillSummary& summary);

/// The back-fill of one store, in portions: a service goes on with its other work between them.
class Backfill {
public:
    /// `serial`: of the pump; empty: the one that was active last. The references must outlive it.
    Backfill(const Store& store, const BackfillOptions& options, nightscout::MappingSettings settings,
             const std::string& serial, const therapy::Zone& zone);

    /// False: the store holds no record of the pump that could be counted from; there is nothing to do.
    [[nodiscard]] bool found() const { return range_.has_value(); }

    /// Hands the documents of the next portion to `visit`, with the times of those that would move; nothing
    /// is changed. False when there is no more.
    using Visit =
        std::function<void(const nightscout::Document&, std::optional<nightscout::UtcMilliseconds> former)>;
    bool show(const Visit& visit);
    /// Queues the next portion. `store`: the same. False when there is no more.
    bool queue(Store& store);

    [[nodiscard]] const BackfillSummary& summary() const { return summary_; }

private:
    struct Range {
        std::chrono::sys_seconds first{};
        std::chrono::sys_seconds last{};
    };
    /// Records to be mapped at a time, within the gap-free range that they belong to.
    struct Portion {
        SequenceRange run;
        SequenceRange emitted;
    };
    struct Mapped {
        std::vector<nightscout::Document> documents;
        std::vector<Store::Published> times;
        std::vector<std::string> gone; ///< identifiers that only the former dating gave
        std::map<std::string, nightscout::UtcMilliseconds>
            former; ///< when documents that move were, by identifier
    };
    [[nodiscard]] std::optional<Range> rangeOf(const BackfillOptions& options) const;
    [[nodiscard]] std::optional<Mapped> next();
    /// Finds what the new dating changes against `former`.
    void compareWith(const std::vector<nightscout::Document>& former, Mapped& mapped) const;
    [[nodiscard]] bool datesAnew() const { return force_ || correctTimes_; }
    [[nodiscard]] bool wants(const nightscout::Document& document) const;
    void put(Store& store, std::span<const nightscout::Document> documents);

    const Store& store_;
    const therapy::Zone& zone_;
    nightscout::MappingSettings settings_;
    bool force_;
    bool correctTimes_;
    std::optional<PumpInfo> pump_;
    std::optional<Range> range_;
    std::optional<StoredEventMemory> events_;
    std::deque<Portion> portions_;
    BackfillSummary summary_;
};

} // namespace bridge
