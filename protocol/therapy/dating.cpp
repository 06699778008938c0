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

bool isGlucose(const DatedRecord& record) {
    return record.record && record.localSampleTime &&
           std::holds_alternative<history::SgMeasurement>(record.record->data);
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
    const auto now = utc.utc(*local);
    result.localTime = local->time;
    result.time = dating == Dating::Kept ? record.published.value_or(now) : now;
    const auto minutes = result.record ? sampleOffset(result.record->data) : std::nullopt;
    if (const auto sample = minutes ? timeLine.sampleTime(*header, *minutes) : std::nullopt) {
        result.localSampleTime = sample->time;
        result.sampleTime =
            utc.utc(*sample) + (*result.time - now); // a published time moves its sample along
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

void joinTrends(HistoryRun& run, std::span<const LiveTrend> trends) {
    for (const LiveTrend& trend : trends) {
        DatedRecord* nearest = nullptr;
        std::chrono::seconds distance = kSameSample + std::chrono::seconds{1};
        for (DatedRecord& record : run.records) {
            if (!isGlucose(record)) continue;
            const auto apart = std::chrono::abs(*record.localSampleTime - trend.sampleTime);
            if (apart < distance) {
                nearest = &record;
                distance = apart;
            }
        }
        if (nearest != nullptr) nearest->trend = trend.rate;
    }
}

} // namespace therapy
