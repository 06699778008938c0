// SPDX-License-Identifier: MIT
#include "bridge/publish/publisher.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "bridge/store/stored_event_memory.hpp"

namespace bridge {

namespace {

// Sequence numbers that stand for therapy::kContext of history at the densest rate seen (45 an hour, twice
// that while missed glucose values are delivered late); and a first guess for the usual rate.
constexpr std::uint32_t kContextRecords = 1000;
constexpr std::uint32_t kUsualContextRecords = 400;
constexpr std::uint32_t kContextStep = 50;

void add(QueueResult& total, const QueueResult& part) {
    total.added += part.added;
    total.changed += part.changed;
    total.known += part.known;
}

std::optional<std::chrono::sys_seconds> timeOf(const StoredRun& run, std::uint32_t number) {
    const auto record = run.record(number);
    return record ? record->time : std::nullopt;
}

/// The end of the context on one side of `number`, where `room` numbers are held: by time where that is
/// known, for at the usual rate it is half of the numbers that it may be. `away`: the number so far from
/// `number`.
template <typename Away>
std::uint32_t contextEnd(const StoredRun& run, std::uint32_t number, std::uint32_t room, Away away) {
    const auto time = timeOf(run, number);
    for (std::uint32_t numbers = kUsualContextRecords; time && numbers < std::min(room, kContextRecords);
         numbers += kContextStep) {
        const auto then = timeOf(run, away(numbers));
        if (!then) break;
        const auto apart = away(numbers) < number ? *time - *then : *then - *time;
        if (apart > therapy::kContext) return away(numbers);
    }
    return away(std::min(room, kContextRecords));
}

/// `range` with the records on both sides that it may have a say in, and they in it.
SequenceRange withContext(const StoredRun& run, SequenceRange range) {
    const auto before = [&](std::uint32_t numbers) { return range.first - numbers; };
    const auto after = [&](std::uint32_t numbers) { return range.last + numbers; };
    return {contextEnd(run, range.first, range.first - run.range().first, before),
            contextEnd(run, range.last, run.range().last - range.last, after)};
}

/// The first record of a document; of one that is left out as well, because it was published.
auto firstOfDocuments(const std::vector<therapy::DatedRecord>& records,
                      const std::vector<nightscout::Document>& documents, std::uint32_t from,
                      bool someLeftOut) {
    const auto end = documents.empty() ? records.end()
                                       : std::ranges::lower_bound(records, documents.front().sequenceNumber,
                                                                  {}, &therapy::DatedRecord::sequenceNumber);
    if (!someLeftOut) return end;
    const auto begin = std::ranges::lower_bound(records, from, {}, &therapy::DatedRecord::sequenceNumber);
    return std::find_if(std::min(begin, end), end, std::mem_fn(&therapy::DatedRecord::published));
}

} // namespace

MappedRange mapStored(const Store& store, const PumpInfo& pump, const StoredRun& run, SequenceRange emitted,
                      const nightscout::MappingSettings& settings, therapy::Dating dating,
                      std::optional<std::uint32_t> firstNew) {
    therapy::HistoryRun dated = run.history(withContext(run, emitted), dating);
    MappedRange mapped;
    dated.live = StoredEventMemory(store, pump).memory.live;
    auto records =
        nightscout::mapRecords(dated, pump.serial, settings, emitted.first, emitted.last, firstNew);
    mapped.documents = std::move(records.documents);
    mapped.warnings = std::move(records.warnings);
    for (const therapy::DatedRecord& record : dated.records) {
        const bool within = record.sequenceNumber >= emitted.first && record.sequenceNumber <= emitted.last;
        if (within && isHeld(record)) mapped.held.push_back(record.sequenceNumber);
    }
    // Documents speak of other records too (the restart that ends a suspension): what was between them stays
    // between them.
    auto at = firstOfDocuments(dated.records, mapped.documents, emitted.first, firstNew.has_value());
    for (; at != dated.records.end() && at->sequenceNumber <= emitted.last; ++at) {
        if (at->time && !at->published) mapped.times.push_back({at->sequenceNumber, *at->time});
    }
    return mapped;
}

Publisher::Publisher(Store& store, const therapy::Zone& zone, const HostClock& host,
                     nightscout::MappingSettings settings, DocumentSink sink, bool marksPublished,
                     spdlog::logger& log)
    : store_(store),
      zone_(zone),
      host_(host),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      marksPublished_(marksPublished),
      log_(log) {}

QueueResult Publisher::publish(const PumpInfo& pump) {
    QueueResult total;
    for (const SequenceRange& changed : store_.unpublished(pump.id)) {
        if (!marksPublished_) {
            add(total, publish(pump, changed));
            continue;
        }
        try {
            Store::Group group(store_); // with the records themselves, one sync for all of it
            add(total, publish(pump, changed));
            group.commit();
        } catch (...) {
            forgetHanded(); // nothing of it was kept
            throw;
        }
    }
    report(heldRecords(store_, pump.id, zone_, host_.trustedNow()));
    if (total.added + total.changed > 0) {
        log_.info("nightscout: queued new={} changed={}", total.added, total.changed);
    }
    return total;
}

QueueResult Publisher::publishNewest(const PumpInfo& pump) {
    const auto held = store_.held(pump.id);
    if (held.empty()) return {};
    return publish(pump, {held.back().last, held.back().last});
}

std::optional<std::chrono::sys_seconds> Publisher::heldUntil() const {
    std::optional<std::chrono::sys_seconds> first;
    for (const HeldRecords& held : reported_)
        if (held.until) first = std::min(first.value_or(*held.until), *held.until);
    return first;
}

void Publisher::warn(const std::vector<nightscout::MappingWarning>& warnings) {
    for (const auto& warning : warnings) {
        if (!warned_.insert(warning.sequenceNumber).second) continue;
        log_.warn("nightscout: record {}: {}", warning.sequenceNumber, nightscout::text(warning.kind));
    }
}

QueueResult Publisher::publish(const PumpInfo& pump, SequenceRange changed) {
    QueueResult total;
    if (gate_ != nullptr && !gate_->mayPublish(pump)) return total;
    std::vector<std::uint32_t> heldBack;
    for (const SequenceRange& run : store_.held(pump.id)) {
        const SequenceRange within{std::max(run.first, changed.first), std::min(run.last, changed.last)};
        if (within.first > within.last) continue;
        const auto read = [&] { return StoredRun(store_, pump.id, run, zone_, host_.trustedNow()); };
        const StoredRun stored = read();
        const SequenceRange emitted = withContext(stored, within);
        // Who was given nothing yet, or something by somebody else, is given everything.
        const auto firstNew =
            marksPublished_ && !handed_.empty() ? std::optional(within.first) : std::nullopt;
        const auto map = [&](const StoredRun& dated) {
            return mapStored(store_, pump, dated, emitted, settings_, therapy::Dating::Kept, firstNew);
        };
        auto mapped = map(stored);
        if (gate_ != nullptr && gate_->adopt(pump, stored, mapped)) mapped = map(read());
        StoredEventMemory events(store_, pump);
        warn(mapped.warnings);
        events.settle(mapped.documents);
        if (marksPublished_) dropUnchanged(mapped.documents);
        add(total, sink_(pump.id, mapped.documents, mapped.times));
        if (marksPublished_) events.save(store_);
        heldBack.insert(heldBack.end(), mapped.held.begin(), mapped.held.end());
    }
    if (marksPublished_) markPublished(pump, changed, heldBack); // a crash before it only repeats
    return total;
}

void Publisher::dropUnchanged(std::vector<nightscout::Document>& documents) {
    constexpr std::size_t kRemembered = 4000; // twice the most that one record may have a say in
    if (handed_.size() > kRemembered) handed_.clear();
    std::erase_if(documents, [this](const nightscout::Document& document) {
        const std::size_t hash = std::hash<std::string>{}(document.body);
        const auto [entry, isNew] = handed_.try_emplace(document.identifier, hash);
        return !isNew && std::exchange(entry->second, hash) == hash;
    });
}

void Publisher::markPublished(const PumpInfo& pump, SequenceRange changed,
                              const std::vector<std::uint32_t>& heldBack) {
    std::uint64_t first = changed.first;
    for (const std::uint32_t held : heldBack) {
        if (held < first || held > changed.last) continue;
        if (held > first) store_.markPublished(pump.id, {static_cast<std::uint32_t>(first), held - 1});
        first = std::uint64_t{held} + 1;
    }
    if (first <= changed.last)
        store_.markPublished(pump.id, {static_cast<std::uint32_t>(first), changed.last});
}

void Publisher::report(std::vector<HeldRecords> held) {
    for (const HeldRecords& now : held) {
        const auto before =
            std::ranges::find_if(reported_, [&](const HeldRecords& each) { return each.sameReason(now); });
        if (before != reported_.end()) continue; // once for each reason, not for each record
        // Soon after connecting it is read; the other reasons need somebody.
        const auto level =
            now.reason == therapy::Hold::NotMeasured ? spdlog::level::info : spdlog::level::warn;
        log_.log(level, "nightscout: {} records are held: {}", now.count, describe(now));
    }
    if (held.empty() && !reported_.empty()) log_.info("nightscout: no records are held any more");
    reported_ = std::move(held);
}

} // namespace bridge
