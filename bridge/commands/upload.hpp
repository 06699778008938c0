// SPDX-License-Identifier: MIT
// Back-fill: documents of records that are in the store, whatever was uploaded before.
// docs/architecture.md 6.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridge/commands/streams.hpp"
#include "bridge/config/configuration.hpp"
#include "bridge/store/store.hpp"
#include "nightscout/documents/mapping.hpp"
#include "protocol/codec/date_time.hpp"
#include "therapy/zone.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct UploadOptions {
    std::optional<protocol::LocalSeconds> start; ///< local time of the configured zone, included
    std::optional<protocol::LocalSeconds> end;   ///< likewise
    int days = 1; ///< without start and end: as many days back from the newest record
    std::optional<nightscout::FeatureSet> features; ///< empty: the configured ones
    bool pretend = false; ///< print the documents (JSON Lines), send nothing, change nothing
    bool force = false;   ///< date the records anew, and send again what is there already
    /// Date the records anew, and move what was uploaded under another time; nothing else is sent. Without
    /// start and end: everything.
    bool correctTimes = false;
};

/// What the back-fill of one store would send, or did.
class Backfill {
public:
    Backfill(const UploadOptions& options, const Configuration& configuration, const therapy::Zone& zone);

    /// Prints the documents on `out`; counts on `err`. The store is only read.
    int pretend(const Store& store, const Streams& streams) const;
    /// Queues the documents, and prints how many of each event type on `out`. False when the store holds no
    /// record of the pump.
    bool queue(Store& store, const Streams& streams) const;

private:
    struct Part {
        std::vector<nightscout::Document> documents;
        std::vector<Store::Published> times;
        std::vector<std::string> gone; ///< identifiers that only the former dating gave
        std::map<std::string, nightscout::UtcMilliseconds>
            former; ///< when documents that move were, by identifier
    };
    using Visit = std::function<void(PumpId, Part&)>;
    struct Pass;
    [[nodiscard]] bool datesAnew() const { return options_.force || options_.correctTimes; }
    [[nodiscard]] Part partOf(const Pass& pass, SequenceRange stretch, SequenceRange emitted) const;
    /// Finds what the new dating changes against `former`.
    void compareWith(const std::vector<nightscout::Document>& former, Part& part) const;
    bool forEachRange(const Store& store, const Streams& streams, const Visit& visit) const;

    const UploadOptions& options_;
    const therapy::Zone& zone_;
    nightscout::MappingSettings settings_;
    std::string serial_;
};

/// From the store to the site; works beside a running service.
int upload(const UploadOptions& options, const Configuration& configuration, spdlog::logger& log,
           const Streams& streams);

} // namespace bridge
