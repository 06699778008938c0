// SPDX-License-Identifier: MIT
#include "bridge/publish/publisher.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "bridge/store/stored_event_memory.hpp"
#include "therapy/time_line.hpp"

namespace bridge {

namespace history = protocol::history;
using therapy::DatedRecord;
using therapy::HistoryRun;

namespace {

// Sequence numbers that stand for therapy::kContext of history at the densest rate seen (45 an hour, twice
// that while missed glucose values are delivered late).
constexpr std::uint32_t kContextRecords = 1000;

void add(QueueResult& total, const QueueResult& part) {
    total.added += part.added;
    total.changed += part.changed;
    total.known += part.known;
}

SequenceRange widened(SequenceRange range, std::uint32_t by, SequenceRange limits) {
    return {range.first - std::min(range.first - limits.first, by),
            range.last + std::min(limits.last - range.last, by)};
}

/// The clock of one stretch. A reference that cannot be read leaves the records after it without a time:
/// counted from the reference before it they would be up to an hour wrong.
struct Clockwork {
    therapy::TimeLine timeLine;
    std::vector<std::uint32_t> unreadable; ///< sequence numbers, ascending

    [[nodiscard]] bool governs(std::uint32_t sequenceNumber) const {
        const auto broken = std::ranges::lower_bound(unreadable, sequenceNumber);
        if (broken == unreadable.begin()) return true;
        const auto references = timeLine.references();
        const auto after =
            std::ranges::lower_bound(references, sequenceNumber, {}, &therapy::Reference::sequenceNumber);
        return after != references.begin() && std::prev(after)->sequenceNumber > *std::prev(broken);
    }
};

Clockwork clockworkOf(const Store& store, PumpId pump, SequenceRange stretch) {
    std::vector<therapy::Reference> references;
    Clockwork clockwork;
    for (const StoredRecord& stored : store.references(pump, stretch)) {
        const auto record = history::decode(stored.raw);
        const auto reference = record ? therapy::toReference(*record) : std::nullopt;
        if (reference) {
            references.push_back(*reference);
        } else {
            clockwork.unreadable.push_back(stored.sequenceNumber);
        }
    }
    clockwork.timeLine = therapy::TimeLine{std::move(references)};
    return clockwork;
}

std::optional<std::int16_t> sampleOffset(const history::EventData& data) {
    if (const auto* sg = std::get_if<history::SgMeasurement>(&data)) return sg->timeOffsetMinutes;
    if (const auto* bg = std::get_if<history::BgReading>(&data)) return bg->timeOffsetMinutes;
    if (const auto* done = std::get_if<history::CalibrationComplete>(&data)) return done->timeOffsetMinutes;
    if (const auto* refused = std::get_if<history::CalibrationRejected>(&data))
        return refused->timeOffsetMinutes;
    if (const auto* analytics = std::get_if<history::CgmAnalyticsDataBackfill>(&data)) {
        return analytics->timeOffsetMinutes;
    }
    return std::nullopt;
}

/// When the sensor measured, by the pump's clock.
struct GlucoseSample {
    std::uint32_t sequenceNumber = 0;
    protocol::LocalSeconds time{};
};
using GlucoseSamples = std::vector<GlucoseSample>;

therapy::DatedRecord timed(const StoredRecord& stored, const Clockwork& clockwork,
                           const therapy::UtcConverter& utc, Dating dating, GlucoseSamples& samples) {
    therapy::DatedRecord timed;
    timed.sequenceNumber = stored.sequenceNumber;
    timed.raw = stored.raw;
    auto record = history::decode(stored.raw);
    if (!record) return timed;
    const auto local = clockwork.governs(stored.sequenceNumber) ? clockwork.timeLine.localTime(record->header)
                                                                : std::nullopt;
    if (local) {
        const auto now = utc.utc(*local);
        timed.time = dating == Dating::Kept ? stored.publishedAt.value_or(now) : now;
        if (const auto minutes = sampleOffset(record->data)) {
            if (const auto sample = clockwork.timeLine.sampleTime(record->header, *minutes)) {
                timed.sampleTime =
                    utc.utc(*sample) + (*timed.time - now); // a published time moves its sample along
                if (std::holds_alternative<history::SgMeasurement>(record->data))
                    samples.push_back({stored.sequenceNumber, sample->time});
            }
        }
    }
    timed.record = std::move(*record);
    return timed;
}

/// Gives each glucose record the trend that was measured live with it. History counts its samples in minutes
/// since a reference, the live measurement since the session's start: the same sample may differ by a minute,
/// the next one is five minutes away.
void joinTrends(therapy::HistoryRun& stretch, const GlucoseSamples& samples, const Store& store,
                PumpId pump) {
    constexpr std::chrono::seconds kSameSample{150};
    if (samples.empty()) return;
    const auto [oldest, newest] = std::ranges::minmax_element(samples, {}, &GlucoseSample::time);
    const auto trends = store.trends(pump, oldest->time - kSameSample, newest->time + kSameSample);
    for (const Store::Trend& trend : trends) {
        const auto distance = [&](const GlucoseSample& sample) {
            return std::chrono::abs(sample.time - trend.sampleTime);
        };
        const auto nearest = std::ranges::min_element(samples, {}, distance);
        if (distance(*nearest) > kSameSample) continue;
        const auto record = std::ranges::lower_bound(stretch.records, nearest->sequenceNumber, {},
                                                     &therapy::DatedRecord::sequenceNumber);
        record->trend = trend.rate;
    }
}

} // namespace

therapy::HistoryRun datedRun(const Store& store, PumpId pump, SequenceRange stretch, SequenceRange window,
                             const therapy::Zone& zone, std::optional<std::chrono::seconds> newestOffset,
                             Dating dating) {
    const Clockwork clockwork = clockworkOf(store, pump, stretch);
    const therapy::UtcConverter utc{clockwork.timeLine, zone, newestOffset};
    therapy::HistoryRun result;
    GlucoseSamples samples;
    store.forEachRecord(pump, window, [&](const StoredRecord& stored) {
        result.records.push_back(timed(stored, clockwork, utc, dating, samples));
    });
    joinTrends(result, samples, store, pump);

    // Numbers begin at 0 (docs/protocol/history.md 4.1): nothing was before that one.
    result.fromBeginning = window.first == 0;
    return result;
}

MappedRange mapStored(const Store& store, PumpId pump, SequenceRange stretch, SequenceRange emitted,
                      const therapy::Zone& zone, const nightscout::MappingSettings& settings, Dating dating) {
    const SequenceRange window = widened(emitted, kContextRecords, stretch);
    // The measured offset belongs to the newest records; an older stretch may lie before a change of the
    // clock.
    const auto held = store.held(pump);
    const bool newest = !held.empty() && held.back() == stretch;
    therapy::HistoryRun dated = datedRun(store, pump, stretch, window, zone,
                                         newest ? store.measuredOffset(pump) : std::nullopt, dating);
    MappedRange mapped;
    dated.live = StoredEventMemory(store, {pump, settings.serial}).memory.live;
    auto records = nightscout::mapRecords(dated, settings, emitted.first, emitted.last);
    mapped.documents = std::move(records.documents);
    mapped.warnings = std::move(records.warnings);
    if (mapped.documents.empty()) return mapped;
    // Documents speak of other records too (the restart that ends a suspension): what was between them stays
    // between them.
    auto at = std::ranges::lower_bound(dated.records, mapped.documents.front().sequenceNumber, {},
                                       &therapy::DatedRecord::sequenceNumber);
    for (; at != dated.records.end() && at->sequenceNumber <= emitted.last; ++at) {
        if (at->time) mapped.times.push_back({at->sequenceNumber, *at->time});
    }
    return mapped;
}

Publisher::Publisher(Store& store, const therapy::Zone& zone, nightscout::MappingSettings settings,
                     DocumentSink sink, bool marksPublished, spdlog::logger& log)
    : store_(store),
      zone_(zone),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      marksPublished_(marksPublished),
      log_(log) {}

void Publisher::setMeasuredOffset(PumpId pump, std::chrono::seconds localMinusUtc) {
    store_.setMeasuredOffset(pump, localMinusUtc);
}

QueueResult Publisher::publish(const PumpInfo& pump) {
    settings_.serial = pump.serial;
    QueueResult total;
    for (const SequenceRange& changed : store_.unpublished(pump.id)) {
        add(total, publish(pump, changed));
        if (marksPublished_)
            store_.markPublished(pump.id, changed); // after queueing: a crash in between only repeats
    }
    if (total.added + total.changed > 0) {
        log_.info("nightscout: queued new={} changed={}", total.added, total.changed);
    }
    return total;
}

QueueResult Publisher::publishNewest(const PumpInfo& pump) {
    settings_.serial = pump.serial;
    const auto held = store_.held(pump.id);
    if (held.empty()) return {};
    return publish(pump, {held.back().last, held.back().last});
}

void Publisher::warn(const std::vector<nightscout::MappingWarning>& warnings) {
    for (const auto& warning : warnings) {
        if (!warned_.insert(warning.sequenceNumber).second) continue;
        log_.warn("nightscout: record {}: {}", warning.sequenceNumber, nightscout::text(warning.kind));
    }
}

QueueResult Publisher::publish(const PumpInfo& pump, SequenceRange changed) {
    QueueResult total;
    for (const SequenceRange& stretch : store_.held(pump.id)) {
        const SequenceRange within{std::max(stretch.first, changed.first),
                                   std::min(stretch.last, changed.last)};
        if (within.first > within.last) continue;
        auto mapped =
            mapStored(store_, pump.id, stretch, widened(within, kContextRecords, stretch), zone_, settings_);
        StoredEventMemory events(store_, pump);
        warn(mapped.warnings);
        events.settle(mapped.documents);
        add(total, sink_(pump.id, mapped.documents, mapped.times));
        if (marksPublished_) events.save(store_);
    }
    return total;
}

} // namespace bridge
