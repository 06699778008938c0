// SPDX-License-Identifier: MIT
#include "therapy/time_line.hpp"

#include <algorithm>
#include <utility>

namespace therapy {

namespace history = protocol::history;
namespace {

using std::chrono::seconds;

/// A difference up to this is the rounding of two clock readings, not a change
/// (docs/nightscout/mapping.md 5.3).
constexpr seconds kUnchanged{30};
/// That of a set: its change is known, and however small it is, the offset changes by it.
constexpr seconds kSameTime{1};
constexpr std::size_t kNoSegment = static_cast<std::size_t>(-1);

template <typename Event>
std::optional<Reference> fromEvent(const history::Header& header, const Event& event) {
    const auto time = event.dateTime.local();
    if (!time) return std::nullopt;
    return Reference{header.sequenceNumber, seconds{header.relativeOffset}, event.recordingReason, *time};
}

bool isLoss(const Reference& reference) {
    return reference.reason == history::RecordingReason::DateTimeLoss;
}
bool isSet(const Reference& reference) {
    return reference.reason == history::RecordingReason::SetDateTime;
}

} // namespace

std::optional<Reference> toReference(const history::Record& record) {
    if (const auto* ngp = std::get_if<history::NgpReferenceTime>(&record.data))
        return fromEvent(record.header, *ngp);
    if (const auto* sig = std::get_if<history::ReferenceTime>(&record.data))
        return fromEvent(record.header, *sig);
    return std::nullopt;
}

bool isReferenceType(std::uint16_t eventType) {
    return std::ranges::any_of(kReferenceTypes, [eventType](history::EventType type) {
        return static_cast<std::uint16_t>(type) == eventType;
    });
}

std::optional<Reference> referenceOf(protocol::ByteView raw) {
    const auto header = history::parseHeader(raw);
    if (!header || !isReferenceType(header->eventType)) return std::nullopt;
    const auto record = history::decode(raw);
    if (auto reference = record ? toReference(*record) : std::nullopt) return reference;
    return Reference{header->sequenceNumber, seconds{header->relativeOffset}, {}, {}, false};
}

TimeLine::TimeLine(std::vector<Reference> references) : references_(std::move(references)) {
    segmentOfReference_.reserve(references_.size());
    onLostClock_.reserve(references_.size());
    bool lost = false;
    for (const Reference& reference : references_) {
        lost = isLoss(reference) || (lost && !isSet(reference));
        onLostClock_.push_back(lost);
    }
    for (std::size_t i = 0; i < references_.size(); ++i) {
        const auto change = clockChange(i);
        const seconds unchanged = isSet(references_[i]) ? kSameTime : kUnchanged;
        const bool undisturbed = i > 0 && change && std::chrono::abs(*change) <= unchanged;
        if (!references_[i].readable) { // dates nothing, so it is on no clock
            segmentOfReference_.push_back(kNoSegment);
            continue;
        }
        if (!undisturbed) segments_.push_back({references_[i].sequenceNumber, change});
        segmentOfReference_.push_back(segments_.size() - 1);
    }
}

std::optional<seconds> TimeLine::clockChange(std::size_t index) const {
    if (index == 0 || index >= references_.size()) return std::nullopt;
    const Reference& before = references_[index - 1];
    const Reference& after = references_[index];
    if (isLoss(after) || !before.readable || !after.readable) return std::nullopt;
    // What the lost clock is set from says nothing about the clock before the loss.
    if (isSet(after) && onLostClock_[index - 1]) return std::nullopt;
    const seconds change = after.time - (before.time + after.elapsed);
    // An elapsed time of zero means "not known": a clock that was set back by as much as had passed looks as
    // if it had not been set.
    if (isSet(after) && after.elapsed == seconds{0}) return std::nullopt;
    // Where nobody set the clock it is known only that it was not changed: a pump that was off keeps its
    // clock, but may not count the time.
    if (!isSet(after) && std::chrono::abs(change) > kUnchanged) return std::nullopt;
    return change;
}

std::size_t TimeLine::firstNotBefore(std::uint32_t sequenceNumber) const {
    const auto found = std::ranges::lower_bound(references_, sequenceNumber, {}, &Reference::sequenceNumber);
    return static_cast<std::size_t>(found - references_.begin());
}

std::optional<TimeLine::Origin> TimeLine::origin(const history::Header& header) const {
    std::size_t index = firstNotBefore(header.sequenceNumber);
    const bool lost = index > 0 && onLostClock_[index - 1];
    if (index > 0 && !lost && references_[index - 1].readable) {
        const Reference& governing = references_[index - 1];
        return Origin{governing.time, TimeMethod::Reference, segmentOfReference_[index - 1],
                      governing.sequenceNumber};
    }
    // Back from a later reference. Of the lost clock only the next setting tells; its own references in
    // between (periodic ones) only add to the time that passed.
    const TimeMethod method = lost ? TimeMethod::RecomputedAfterLoss : TimeMethod::BackFromNextReference;
    if (index < references_.size() && seconds{header.relativeOffset} > references_[index].elapsed) {
        return std::nullopt; // would lie after that reference: one in between is missing
    }
    seconds passed{0};
    for (; index < references_.size(); ++index) {
        if (isLoss(references_[index]) || !references_[index].readable) break;
        passed += references_[index].elapsed;
        if (!lost || isSet(references_[index])) {
            return Origin{references_[index].time - passed, method, segmentOfReference_[index],
                          references_[index].sequenceNumber};
        }
    }
    return std::nullopt;
}

std::optional<LocalTime> TimeLine::localTime(const history::Header& header) const {
    if (header.sequenceNumber == history::kCorruptionSequenceNumber)
        return std::nullopt; // no place in the sequence
    const std::size_t index = firstNotBefore(header.sequenceNumber);
    const bool own = index < references_.size() && references_[index].readable &&
                     references_[index].sequenceNumber == header.sequenceNumber;
    if (own) {
        return LocalTime{references_[index].time, TimeMethod::Reference, segmentOfReference_[index],
                         header.sequenceNumber};
    }
    const auto zero = origin(header);
    if (!zero) return std::nullopt;
    return LocalTime{zero->time + seconds{header.relativeOffset}, zero->method, zero->segment,
                     zero->reference};
}

bool TimeLine::isLost(std::uint32_t sequenceNumber) const {
    const std::size_t index = firstNotBefore(sequenceNumber);
    return index > 0 && onLostClock_[index - 1];
}

std::optional<LocalTime> TimeLine::sampleTime(const history::Header& header,
                                              std::int16_t timeOffsetMinutes) const {
    auto logged = localTime(header);
    const auto zero = origin(header);
    if (!logged || !zero) return std::nullopt;
    // A live value whose offset was rounded up must not lie in the future (docs/nightscout/mapping.md 5.1).
    logged->time =
        std::min<protocol::LocalSeconds>(logged->time, zero->time + std::chrono::minutes{timeOffsetMinutes});
    return logged;
}

} // namespace therapy
