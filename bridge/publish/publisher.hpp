// SPDX-License-Identifier: MIT
// From stored records to waiting documents: dates the records, maps them, queues what is new.
// docs/architecture.md 3 and 5.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "bridge/store/store.hpp"
#include "nightscout/documents/mapping.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

/// Where documents go: the outbox, or standard output with --pretend.
using DocumentSink = std::function<QueueResult(PumpId, std::span<const nightscout::Document>,
                                               std::span<const Store::Published>)>;

class Publisher {
public:
    /// `marksPublished`: what was handed to `sink` is not offered again; false for a sink that only shows it.
    Publisher(Store& store, const therapy::Zone& zone, nightscout::MappingSettings settings,
              DocumentSink sink, bool marksPublished, spdlog::logger& log);

    /// The offset of the pump's clock, measured now: dates everything since the clock was last set.
    void setMeasuredOffset(PumpId pump, std::chrono::seconds localMinusUtc);

    /// Maps what the records that came since the last call may have a say in, and queues it.
    QueueResult publish(const PumpInfo& pump);
    /// Maps the newest records once more: what was read of the pump's present state may have changed what
    /// they mean.
    QueueResult publishNewest(const PumpInfo& pump);

private:
    QueueResult publish(const PumpInfo& pump, SequenceRange changed);
    void warn(const std::vector<nightscout::MappingWarning>& warnings);

    Store& store_;
    const therapy::Zone& zone_;
    nightscout::MappingSettings settings_;
    DocumentSink sink_;
    bool marksPublished_;
    spdlog::logger& log_;
    std::set<std::uint32_t> warned_; ///< sequence numbers
};

/// Whether records keep the time under which they were published, or are dated anew.
enum class Dating : std::uint8_t { Kept, Anew };

/// The stored records of a gap-free range with their instants. `newestOffset`: of the last clock segment,
/// when it was measured.
therapy::HistoryRun datedRun(const Store& store, PumpId pump, SequenceRange stretch, SequenceRange window,
                             const therapy::Zone& zone, std::optional<std::chrono::seconds> newestOffset,
                             Dating dating = Dating::Kept);

/// The documents whose primary record is in `emitted`, a part of the gap-free range `stretch`, and the times
/// of those records.
struct MappedRange {
    std::vector<nightscout::Document> documents;
    std::vector<Store::Published> times;
    std::vector<nightscout::MappingWarning> warnings;
};
MappedRange mapStored(const Store& store, PumpId pump, SequenceRange stretch, SequenceRange emitted,
                      const therapy::Zone& zone, const nightscout::MappingSettings& settings,
                      Dating dating = Dating::Kept);

} // namespace bridge
