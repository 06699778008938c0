// SPDX-License-Identifier: MIT
#include "bridge/commands/upload.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <map>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>

#include "bridge/config/site_settings.hpp"
#include "bridge/publish/publisher.hpp"
#include "bridge/store/stored_event_memory.hpp"
#include "nightscout/upload/uploader.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using nightscout::Collection;
using nightscout::Document;
using therapy::Dating;

/// Mapped at a time: a bound on memory, not on what is found.
constexpr std::uint32_t kRangeRecords = 5000;
/// Failed requests in a row before the command gives up.
constexpr int kRetries = 4;

/// The part of the store's outbox that the command sends: device statuses belong to the service.
class BackfillOutbox final : public nightscout::Outbox {
public:
    explicit BackfillOutbox(Store& store) : store_(store) {}

    std::vector<nightscout::OutboxItem> next(std::size_t limit, std::size_t maxBytes,
                                             std::chrono::sys_seconds now) override {
        for (const auto collection : {Collection::Entries, Collection::Treatments}) {
            store_.setHeld(collection, isHeld(collection));
        }
        now_ = now;
        auto items = ours(limit, maxBytes);
        std::vector<std::int64_t> ids;
        for (const auto& item : items) ids.push_back(item.id);
        store_.countAttempt(ids); // tells a running service that these may be under way
        return items;
    }
    void acknowledge(std::span<const nightscout::Acknowledgement> items) override {
        store_.acknowledge(items);
    }
    void refuse(std::int64_t id, const nightscout::Refusal& refusal) override { store_.refuse(id, refusal); }
    void retryRefused() override { store_.retryRefused(); }
    std::optional<std::chrono::sys_seconds> nextRetry() override { return store_.nextRetry(); }
    bool isUploaded(const Document& document) override { return store_.isUploaded(document); }
    void countAttempt(std::span<const std::int64_t> ids) override { store_.countAttempt(ids); }
    /// 0 when nothing of ours waits, else at least 1.
    std::size_t depth() override {
        for (const auto collection : {Collection::Entries, Collection::Treatments}) {
            store_.setHeld(collection, false);
        }
        return ours(1, 1).size();
    }

private:
    std::vector<nightscout::OutboxItem> ours(std::size_t limit, std::size_t maxBytes) {
        store_.setHeld(Collection::DeviceStatus, true);
        return store_.next(limit, maxBytes, now_);
    }

    Store& store_;
    std::chrono::sys_seconds now_{};
};

/// Sends what waits. 0 done, 1 the site refuses documents, 3 it cannot be reached.
int send(Store& store, const Configuration& configuration, spdlog::logger& log, const Streams& streams) {
    boost::asio::io_context io{1};
    nightscout::Client client(io.get_executor(), clientSettings(configuration));
    nightscout::SystemClock clock(io.get_executor(), [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    });
    BackfillOutbox outbox(store);
    nightscout::Uploader uploader(
        clock, client, outbox, nightscout::UploadPolicy{}, [] { return 0.5; }, log);
    bool done = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, uploader.drain(kRetries), [&](std::exception_ptr error, bool empty) {
        failure = error;
        done = empty;
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    const nightscout::UploadState& state = uploader.state();
    streams.out << "sent " << state.uploaded << " documents in " << state.requests << " requests\n";
    if (state.refused > 0) {
        streams.err << "the site refuses " << state.refused
                    << " documents, which are tried again later: " << state.lastRefusal << '\n';
    }
    if (!done) {
        streams.err << state.lastError << "; what is queued is sent by the service, or by another upload\n";
        return kUnreachable;
    }
    return state.refused == 0 ? kDone : kFoundProblem;
}

struct Range {
    std::chrono::sys_seconds first{};
    std::chrono::sys_seconds last{};
};

/// The instants that the options mean; empty without any dated record.
std::optional<Range> rangeOf(const UploadOptions& options, const therapy::Zone& zone,
                             std::optional<std::chrono::sys_seconds> newest) {
    const auto utc = [&](protocol::LocalSeconds local) {
        return std::chrono::sys_seconds{local.time_since_epoch() - zone.offsetFor(local)};
    };
    // In milliseconds as well as in seconds.
    constexpr std::chrono::sys_seconds kFirst{};
    constexpr std::chrono::sys_seconds kLast = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
    if (options.start || options.end) {
        return Range{options.start ? utc(*options.start) : kFirst, options.end ? utc(*options.end) : kLast};
    }
    if (!newest) return std::nullopt;
    if (options.correctTimes) return Range{kFirst, kLast};
    return Range{*newest - std::chrono::days(options.days), kLast};
}

/// When the newest dated record of the store was logged.
std::optional<std::chrono::sys_seconds> newestTime(const Store& store, const PumpInfo& pump,
                                                   const therapy::Zone& zone) {
    const auto held = store.held(pump.id);
    if (held.empty()) return std::nullopt;
    const SequenceRange stretch = held.back();
    const SequenceRange window{stretch.last - std::min(stretch.last - stretch.first, kRangeRecords),
                               stretch.last};
    const auto dated = StoredRun(store, pump.id, stretch, zone).history(window);
    std::optional<std::chrono::sys_seconds> newest;
    for (const auto& record : dated.records) {
        if (record.time && (!newest || *record.time > *newest)) newest = record.time;
    }
    return newest;
}

struct Counts {
    std::size_t added = 0, changed = 0, known = 0, refused = 0;
};

void printSummary(const std::map<std::string, Counts>& counts, std::ostream& out) {
    for (const auto& [eventType, count] : counts) {
        out << eventType << ": " << count.added << " new, " << count.changed << " again, " << count.known
            << " already there";
        if (count.refused > 0) out << ", " << count.refused << " refused before, tried again";
        out << '\n';
    }
    if (counts.empty()) out << "no documents\n";
}

/// When it was, when it is, and by how much it moves.
void printMove(const Document& document, const std::map<std::string, nightscout::UtcMilliseconds>& former,
               std::ostream& out) {
    out << document.eventType << ' ' << document.identifier << ' ';
    const auto before = former.find(document.identifier);
    if (before == former.end()) {
        out << nightscout::toIso(document.time) << '\n'; // changed, at its old time
        return;
    }
    const auto moved = std::chrono::round<std::chrono::seconds>(document.time - before->second);
    out << nightscout::toIso(before->second) << " -> " << nightscout::toIso(document.time) << " ("
        << (moved > 0s ? "+" : "") << moved.count() << " s)\n";
}

} // namespace

Backfill::Backfill(const UploadOptions& options, const Configuration& configuration,
                   const therapy::Zone& zone)
    : options_(options),
      zone_(zone),
      settings_(mappingSettings(configuration)),
      serial_(configuration.pump.serial) {
    if (options.features) settings_.features = *options.features;
}

/// What one call of forEachRange() has found out.
struct Backfill::Pass {
    const Store& store;
    PumpInfo pump;
    nightscout::MappingSettings settings;
    Range range;
    StoredEventMemory events;

    [[nodiscard]] bool wants(const Document& document) const {
        return document.time >= range.first && document.time < range.last + 1s && events.mayRepeat(document);
    }
};

Backfill::Part Backfill::partOf(const Pass& pass, SequenceRange stretch, SequenceRange emitted) const {
    const auto unwanted = [&](const Document& document) { return !pass.wants(document); };
    const auto mapped = [&](Dating dating) {
        auto range = mapStored(pass.store, pass.pump.id, stretch, emitted, zone_, pass.settings, dating);
        std::erase_if(range.documents, unwanted);
        return range;
    };
    auto range = mapped(datesAnew() ? Dating::Anew : Dating::Kept);
    Part part{std::move(range.documents), std::move(range.times), {}, {}};
    if (datesAnew()) compareWith(mapped(Dating::Kept).documents, part);
    std::erase_if(part.times, [&](const Store::Published& published) {
        return part.documents.empty() || published.sequenceNumber < part.documents.front().sequenceNumber ||
               published.sequenceNumber > part.documents.back().sequenceNumber;
    });
    return part;
}

void Backfill::compareWith(const std::vector<Document>& former, Part& part) const {
    std::map<std::string_view, const Document*> present;
    for (const Document& document : part.documents) present.emplace(document.identifier, &document);
    std::set<std::string_view> same;
    for (const Document& before : former) {
        const auto now = present.find(before.identifier);
        if (now == present.end()) {
            part.gone.push_back(before.identifier);
        } else if (now->second->body == before.body) {
            same.insert(before.identifier);
        } else if (now->second->time != before.time) {
            part.former.emplace(before.identifier, before.time);
        }
    }
    if (options_.correctTimes)
        std::erase_if(part.documents,
                      [&](const Document& document) { return same.contains(document.identifier); });
}

bool Backfill::forEachRange(const Store& store, const Streams& streams, const Visit& visit) const {
    const auto pumps = store.pumps();
    const auto pump = std::ranges::find_if(
        pumps, [&](const PumpInfo& info) { return serial_.empty() || info.serial == serial_; });
    const auto range =
        pump == pumps.end() ? std::nullopt : rangeOf(options_, zone_, newestTime(store, *pump, zone_));
    if (!range) {
        streams.err << "the store holds no records" << (serial_.empty() ? "" : " of pump " + serial_) << '\n';
        return false;
    }
    Pass pass{store, *pump, settings_, *range, StoredEventMemory(store, *pump)};
    pass.settings.serial = pump->serial;
    for (const SequenceRange& stretch : store.held(pump->id)) {
        for (std::uint64_t first = stretch.first; first <= stretch.last; first += kRangeRecords) {
            const auto last = std::min<std::uint64_t>(first + kRangeRecords - 1, stretch.last);
            auto part =
                partOf(pass, stretch, {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
            visit(pump->id, part);
        }
    }
    return true;
}

int Backfill::pretend(const Store& store, const Streams& streams) const {
    std::map<std::string, Counts> counts;
    const bool found = forEachRange(store, streams, [&](PumpId, Part& part) {
        for (const Document& document : part.documents) {
            Counts& count = counts[document.eventType];
            if (options_.correctTimes) {
                ++count.changed;
                printMove(document, part.former, streams.out);
                continue;
            }
            const bool known = store.isKnown(document);
            ++(known ? (options_.force ? count.changed : count.known) : count.added);
            if (!known || options_.force) streams.out << document.body << '\n';
        }
    });
    if (found) printSummary(counts, streams.err);
    return found ? kDone : kFoundProblem;
}

bool Backfill::queue(Store& store, const Streams& streams) const {
    std::map<std::string, Counts> counts;
    const bool found = forEachRange(store, streams, [&](PumpId pump, Part& part) {
        const auto put = [&](std::span<const Document> some, std::span<const Store::Published> fixed) {
            return datesAnew() ? store.requeueDocuments(pump, some, fixed)
                               : store.queueDocuments(pump, some, fixed);
        };
        // Times fixed before their documents need no repair after a crash; those that replace others come
        // last, so that a repetition still knows the former ones.
        if (!datesAnew()) put({}, part.times);
        std::ranges::stable_sort(part.documents, {}, &Document::eventType);
        for (auto at = part.documents.begin(); at != part.documents.end();) {
            const auto end = std::find_if(at, part.documents.end(), [&](const Document& other) {
                return other.eventType != at->eventType;
            });
            const QueueResult queued = put({at, end}, {});
            Counts& count = counts[at->eventType];
            count.added += queued.added;
            count.changed += queued.changed;
            count.known += queued.known;
            count.refused += queued.refused;
            at = end;
        }
        store.withdrawDocuments(part.gone);
        if (datesAnew()) put({}, part.times);
    });
    if (found) printSummary(counts, streams.out);
    return found;
}

int upload(const UploadOptions& options, const Configuration& configuration, spdlog::logger& log,
           const Streams& streams) {
    const auto zone = therapy::Zone::find(configuration.timezone);
    if (!zone || (!options.pretend && configuration.nightscout.url.empty())) {
        streams.err << (zone ? "nightscout.url is not configured: there is no site to send to\n"
                             : "timezone: there is no such zone\n");
        return kWrongUsage;
    }
    const Backfill backfill(options, configuration, *zone);
    if (options.pretend) {
        return backfill.pretend(Store(configuration.storage.path, Store::Access::ReadOnly), streams);
    }
    if (!std::filesystem::exists(configuration.storage.path)) {
        streams.err << configuration.storage.path.string() << ": there is no such store\n";
        return kFoundProblem;
    }
    Store store(configuration.storage.path);
    store.shareOutbox();
    if (!backfill.queue(store, streams)) return kFoundProblem;
    return send(store, configuration, log, streams);
}

} // namespace bridge
