// SPDX-License-Identifier: MIT
// From stored records to waiting documents: dates the records, maps them, queues what is new.
// docs/architecture.md 3 and 5.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/publish/held_records.hpp"
#include "bridge/publish/host_clock.hpp"
#include "bridge/publish/stored_run.hpp"
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

/// The documents whose primary record is in `emitted`, a part of a gap-free run, and the times of those
/// records. `firstNew` as in nightscout::mapRecords().
struct MappedRange {
    std::vector<nightscout::Document> documents;
    std::vector<Store::Published> times;
    std::vector<std::uint32_t> held; ///< records of the range whose time is not sure
    std::vector<nightscout::MappingWarning> warnings;
};
MappedRange mapStored(const Store& store, const PumpInfo& pump, const StoredRun& run, SequenceRange emitted,
                      const nightscout::MappingSettings& settings,
                      therapy::Dating dating = therapy::Dating::Kept,
                      std::optional<std::uint32_t> firstNew = std::nullopt);

/// What has a say in whether documents are made yet, and under which times: the site that has some already.
class PublishGate {
public:
    PublishGate() = default;
    PublishGate(const PublishGate&) = delete;
    PublishGate& operator=(const PublishGate&) = delete;
    virtual ~PublishGate() = default;

    /// Whether documents may be made; when not, it is tried again later.
    [[nodiscard]] virtual bool mayPublish(const PumpInfo& pump) = 0;
    /// Keeps the times that the documents of `run` have already. True when `mapped` is to be made once more,
    /// of a run that is read anew.
    virtual bool adopt(const PumpInfo& pump, const StoredRun& run, const MappedRange& mapped) = 0;
};

class Publisher {
public:
    /// `host`: says why records are held. `marksPublished`: what was handed to `sink` is not offered again;
    /// false for a sink that only shows it.
    Publisher(Store& store, const therapy::Zone& zone, const HostClock& host,
              nightscout::MappingSettings settings, DocumentSink sink, bool marksPublished,
              spdlog::logger& log);

    /// Asked from now on; outlives this.
    void setGate(PublishGate& gate) { gate_ = &gate; }

    /// Maps what the records that came since the last call may have a say in, and queues it. Records whose
    /// time is not sure are held, and offered again by the next call.
    QueueResult publish(const PumpInfo& pump);
    /// Maps the newest records once more: what was read of the pump's present state may have changed what
    /// they mean.
    QueueResult publishNewest(const PumpInfo& pump);
    /// When the first of the held records can be true whose time lies ahead, as of the last call.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> heldUntil() const;
    /// Somebody else has changed what is queued: documents are handed on again although they are the same.
    void forgetHanded() { handed_.clear(); }

private:
    void dropUnchanged(std::vector<nightscout::Document>& documents);
    QueueResult publish(const PumpInfo& pump, SequenceRange changed);
    void markPublished(const PumpInfo& pump, SequenceRange changed,
                       const std::vector<std::uint32_t>& heldBack);
    void report(std::vector<HeldRecords> held);
    void warn(const std::vector<nightscout::MappingWarning>& warnings);

    Store& store_;
    const therapy::Zone& zone_;
    const HostClock& host_;
    nightscout::MappingSettings settings_;
    DocumentSink sink_;
    bool marksPublished_;
    PublishGate* gate_ = nullptr;
    spdlog::logger& log_;
    std::vector<HeldRecords> reported_;
    std::set<std::uint32_t> warned_; ///< sequence numbers
    /// Hashes of the bodies that the sink was given, by identifier: of the hundreds of documents that a new
    /// record may have a say in, one or two are others than before.
    std::unordered_map<std::string, std::size_t> handed_;
};

} // namespace bridge
