// SPDX-License-Identifier: MIT
#include "therapy/clock_offset.hpp"

#include <algorithm>

namespace therapy {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = ReadingJudgement::Verdict;
using QuarterHours = std::chrono::duration<std::int64_t, std::ratio<900>>;

constexpr seconds kMostSlow{-90};
constexpr seconds kMostFast{30};
/// Two readings of a clock that was not set differ by less.
constexpr seconds kReadingError{30};
constexpr std::int64_t kDriftPerDay = 10; // seconds
constexpr seconds kDay{86400};
/// Measurements on both sides of a change that says nothing (a pump that was off) agree within this.
constexpr seconds kSameClock{90};

bool keeps(seconds error) {
    return error >= kMostSlow && error <= kMostFast;
}

/// The references of the newest segment begin here; empty without any that can be read.
std::optional<ClockSegment> newestSegment(const TimeLine& timeLine) {
    if (timeLine.segments().empty()) return std::nullopt;
    return timeLine.segments().back();
}

const Reference* referenceWith(const TimeLine& timeLine, std::uint32_t sequenceNumber) {
    const auto references = timeLine.references();
    const auto found = std::ranges::find(references, sequenceNumber, &Reference::sequenceNumber);
    return found == references.end() ? nullptr : &*found;
}

/// The newest of those that hold in the numbers [first, last).
const ClockOffset* newestIn(std::span<const ClockOffset> known, std::uint64_t first, std::uint64_t last) {
    const ClockOffset* newest = nullptr;
    for (const ClockOffset& offset : known) {
        if (offset.from < first || offset.from >= last || offset.source == OffsetSource::Lost) continue;
        if (newest == nullptr || offset.from >= newest->from) newest = &offset;
    }
    return newest;
}

/// What a clock that was not set since shows now, and when that was last measured: the last reading of the
/// newest segment, or of one before it from which every change is known.
struct Expected {
    seconds measured{0};
    UtcSeconds measuredAt{};
};
std::optional<Expected> expectedOf(const TimeLine& timeLine, std::span<const ClockOffset> known) {
    const auto segments = timeLine.segments();
    std::uint64_t end = std::uint64_t{1} << 32U;
    seconds moved{0};
    for (std::size_t i = segments.size(); i-- > 0;) {
        if (const auto* last = newestIn(known, segments[i].firstSequenceNumber, end))
            return Expected{last->measured + moved, last->measuredAt};
        if (!segments[i].clockChange) return std::nullopt;
        moved += *segments[i].clockChange;
        end = segments[i].firstSequenceNumber;
    }
    return std::nullopt;
}

/// Farther than a clock that was not set can be.
bool isFarFrom(const Expected& expected, const ClockReading& reading) {
    const auto age = std::max(reading.utc - expected.measuredAt, seconds{0});
    const seconds drift = kReadingError + age * kDriftPerDay / kDay.count();
    return std::chrono::abs(reading.offset() - expected.measured) > drift;
}

bool isImpossible(const ClockReading& reading, const Reference& begin) {
    if (isBeforeItsTime(reading.local)) return true;
    if (isPossibleOffset(reading.offset())) return false;
    // A wrong day that somebody set is exact, if it is not our clock that is wrong.
    return !(begin.reason == protocol::history::RecordingReason::SetDateTime && reading.vouched);
}

/// A pump that was off keeps its clock, but may not count the time: the change then says nothing.
std::optional<seconds> offsetBefore(const TimeLine& timeLine, std::span<const ClockOffset> known,
                                    const Reference& begin, seconds measured) {
    using protocol::history::RecordingReason;
    const auto segments = timeLine.segments();
    if (segments.size() < 2 || segments.back().clockChange) return std::nullopt;
    if (begin.reason == RecordingReason::SetDateTime || begin.reason == RecordingReason::DateTimeLoss)
        return std::nullopt;
    const auto* before = newestIn(known, segments[segments.size() - 2].firstSequenceNumber,
                                  segments.back().firstSequenceNumber);
    if (before == nullptr || std::chrono::abs(before->measured - measured) > kSameClock) return std::nullopt;
    return before->offset;
}

} // namespace

seconds preciseOffset(seconds measured, seconds inUse) {
    if (keeps(measured - inUse)) return inUse;
    const seconds whole = std::chrono::round<QuarterHours>(measured);
    return keeps(measured - whole) ? whole : whole + std::chrono::ceil<minutes>(measured - whole);
}

seconds preciseOffset(seconds measured) {
    return preciseOffset(measured, std::chrono::round<QuarterHours>(measured));
}

bool isPossibleOffset(seconds offset) {
    using std::chrono::hours;
    return offset >= -hours{12} - minutes{15} && offset <= hours{14} + minutes{15};
}

bool isBeforeItsTime(protocol::LocalSeconds local) {
    constexpr std::chrono::local_days kOldest{std::chrono::year{2021} / 1 / 1};
    return local < kOldest;
}

ReadingJudgement judgeReading(const TimeLine& timeLine, std::span<const ClockOffset> known,
                              const ClockReading& reading, bool insist) {
    const auto segment = newestSegment(timeLine);
    const Reference* begin = segment ? referenceWith(timeLine, segment->firstSequenceNumber) : nullptr;
    if (begin == nullptr) return {};
    const seconds measured = reading.offset();
    ClockOffset keep{begin->sequenceNumber, seconds{0}, measured, reading.utc, OffsetSource::Measured};
    const bool lost = timeLine.isLost(timeLine.references().back().sequenceNumber + 1);
    if (lost || isImpossible(reading, *begin)) {
        keep.source = OffsetSource::Lost;
        return {Verdict::Lost, keep};
    }
    const auto* last = newestIn(known, begin->sequenceNumber, std::uint64_t{1} << 32U);
    const auto expected = expectedOf(timeLine, known);
    if (expected && !insist && isFarFrom(*expected, reading)) return {Verdict::SetExpected, {}};
    if (last == nullptr) {
        const auto inUse = offsetBefore(timeLine, known, *begin, measured);
        keep.offset = inUse ? preciseOffset(measured, *inUse) : preciseOffset(measured);
        return {Verdict::Measured, keep};
    }
    keep.from = last->from;
    keep.offset = preciseOffset(measured, last->offset);
    if (keep.offset == last->offset) return {Verdict::Kept, keep};
    keep.from = timeLine.references().back().sequenceNumber + 1;
    return {Verdict::Corrected, keep};
}

} // namespace therapy
