// SPDX-License-Identifier: MIT
#include "therapy/dating.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace therapy {
namespace {

namespace history = protocol::history;
using protocol::LocalSeconds;

/// Every event with a time offset is a measurement, but for the one whose offset belongs to its date. A new
/// event with such a field is dated as a measurement without being named here.
template <typename Event>
constexpr bool kMeasures = requires(const Event& event) {
    event.timeOffsetMinutes;
}
&&!std::is_same_v<Event, history::ReferenceTimeBaseOffset>;

/// A glucose record that can have a trend.
struct Sample {
    DatedRecord* record = nullptr;
    LocalSeconds time{};
    int milligrams = 0;
    std::size_t segment = 0;
};

std::vector<Sample> samplesOf(HistoryRun& run, const TimeLine& timeLine) {
    std::vector<Sample> samples;
    for (DatedRecord& record : run.records) {
        if (!record.record || !record.localSampleTime) continue;
        const auto* measurement = std::get_if<history::SgMeasurement>(&record.record->data);
        const auto milligrams = measurement == nullptr ? std::nullopt : measurement->glucoseMgDl();
        const auto local = timeLine.localTime(record.record->header);
        if (!milligrams || !local) continue;
        samples.push_back({&record, *record.localSampleTime, *milligrams, local->segment});
    }
    return samples;
}

/// The trends of one segment's samples under one move of the clock.
struct Pairing {
    std::vector<std::pair<Sample*, std::size_t>> pairs; ///< index of the trend
};

/// `samples`: of one segment, ascending by time, then by number.
Pairing pairUp(std::span<Sample* const> samples, std::span<const LiveTrend> trends,
               std::chrono::seconds move) {
    Pairing pairing;
    for (std::size_t i = 0; i < trends.size(); ++i) {
        const LocalSeconds time = trends[i].sampleTime + move;
        Sample* nearest = nullptr;
        const auto timeOf = [](const Sample* sample) { return sample->time; };
        auto at = std::ranges::lower_bound(samples, time - kSameSample, {}, timeOf);
        for (; at != samples.end() && (*at)->time <= time + kSameSample; ++at) {
            Sample* sample = *at;
            if (sample->milligrams != trends[i].milligrams) continue;
            const auto distance = std::chrono::abs(sample->time - time);
            const auto best = nearest == nullptr ? kSameSample : std::chrono::abs(nearest->time - time);
            const bool earlier = nearest == nullptr || sample->record < nearest->record;
            if (distance < best || (distance == best && earlier)) nearest = sample;
        }
        if (nearest != nullptr) pairing.pairs.emplace_back(nearest, i);
    }
    return pairing;
}

} // namespace

std::optional<std::int16_t> sampleOffset(const history::EventData& data) {
    return std::visit(
        [](const auto& event) -> std::optional<std::int16_t> {
            if constexpr (kMeasures<std::decay_t<decltype(event)>>) return event.timeOffsetMinutes;
            return std::nullopt;
        },
        data);
}

DatedRecord dated(const RawRecord& record, const TimeLine& timeLine, const UtcConverter& utc, Dating dating) {
    DatedRecord result;
    result.sequenceNumber = record.sequenceNumber;
    result.raw.assign(record.raw.begin(), record.raw.end());
    if (auto decoded = history::decode(record.raw)) result.record = std::move(*decoded);
    // What cannot be decoded has its place in time all the same.
    const auto header = history::parseHeader(record.raw);
    const auto local = header ? timeLine.localTime(*header) : std::nullopt;
    if (!local) {
        const bool lost = header && timeLine.isLost(header->sequenceNumber);
        result.hold = lost ? Hold::LostClock : Hold::NoReference;
        return result;
    }
    result.localTime = local->time;
    const auto offset = utc.offsetOf(*local);
    // Without a better one a published time stays, whatever is asked.
    const bool frozen = record.published && (dating != Dating::Anew || !offset.value);
    result.published = frozen;
    if (!offset.value && !frozen) result.hold = offset.hold;
    // A reference of the lost clock has no other time than the one that it tells: nothing will date it.
    if (result.hold == Hold::LostClock && local->reference == header->sequenceNumber)
        result.hold = Hold::NoReference;
    if (result.hold && dating != Dating::Shown) return result;
    const UtcSeconds now =
        offset.value ? UtcSeconds{local->time.time_since_epoch() - *offset.value} : utc.shown(*local);
    result.time = frozen ? *record.published : now;
    const auto minutes = result.record ? sampleOffset(result.record->data) : std::nullopt;
    if (const auto sample = minutes ? timeLine.sampleTime(*header, *minutes) : std::nullopt) {
        result.localSampleTime = sample->time;
        // The two times are on one clock; a published time moves its sample along.
        result.sampleTime = *result.time + (sample->time - local->time);
    }
    return result;
}

std::vector<std::optional<LocalSeconds>> localTimes(std::span<const protocol::Bytes> records) {
    std::vector<std::optional<LocalSeconds>> times(records.size());
    std::vector<Reference> references;
    std::optional<std::uint32_t> expected; // number that continues the run
    std::size_t begin = 0;
    const auto endRun = [&](std::size_t end) {
        const TimeLine timeLine(std::move(references));
        for (; begin < end; ++begin) {
            const auto header = history::parseHeader(records[begin]);
            const auto local = header ? timeLine.localTime(*header) : std::nullopt;
            if (local) times[begin] = local->time;
        }
        references.clear();
    };
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto header = history::parseHeader(records[i]);
        // Data corruption has a place, but no number of its own.
        const bool numbered = header && header->sequenceNumber != history::kCorruptionSequenceNumber;
        if (numbered ? header->sequenceNumber != expected : !header) endRun(i);
        if (!header) expected.reset();
        if (numbered) expected = header->sequenceNumber + 1;
        if (const auto reference = referenceOf(records[i])) references.push_back(*reference);
    }
    endRun(records.size());
    return times;
}

std::vector<std::chrono::seconds> clockMoves(const TimeLine& timeLine, std::size_t segment) {
    std::vector<std::chrono::seconds> moves{std::chrono::seconds{0}};
    const auto segments = timeLine.segments();
    for (std::size_t i = segment; i > 0 && segments[i].clockChange; --i) {
        moves.push_back(moves.back() + *segments[i].clockChange);
    }
    return moves;
}

void joinTrends(HistoryRun& run, const TimeLine& timeLine, std::span<const LiveTrend> trends) {
    std::vector<Sample> samples = samplesOf(run, timeLine);
    std::vector<bool> used(trends.size(), false);
    for (auto begin = samples.begin(); begin != samples.end();) {
        const auto end = std::find_if(begin, samples.end(),
                                      [&](const Sample& sample) { return sample.segment != begin->segment; });
        std::vector<Sample*> segment;
        for (auto sample = begin; sample != end; ++sample) segment.push_back(&*sample);
        std::ranges::stable_sort(segment, {}, [](const Sample* sample) { return sample->time; });
        // Glucose that stays level fits by chance under a wrong move; the right one fits most.
        std::vector<Pairing> pairings;
        for (const auto move : clockMoves(timeLine, begin->segment))
            pairings.push_back(pairUp(segment, trends, move));
        std::ranges::stable_sort(pairings, std::ranges::greater{},
                                 [](const Pairing& pairing) { return pairing.pairs.size(); });
        for (const Pairing& pairing : pairings) {
            for (const auto& [sample, trend] : pairing.pairs) {
                if (used[trend] || sample->record->trend) continue;
                sample->record->trend = trends[trend].rate;
                used[trend] = true;
            }
        }
        begin = end;
    }
}

} // namespace therapy
