// SPDX-License-Identifier: MIT
#include "therapy/utc_converter.hpp"

#include <algorithm>
#include <ranges>

namespace therapy {
namespace {

using std::chrono::seconds;

/// A clock that was set back within the day before is in the second pass of a fold.
constexpr std::chrono::hours kSetBackForSeason{24};

const Reference& beginOf(const TimeLine& timeLine, std::size_t segment) {
    return *std::ranges::find(timeLine.references(), timeLine.segments()[segment].firstSequenceNumber,
                              &Reference::sequenceNumber);
}

/// Exact clock errors, handed on over known changes; `steps` from the segment that was measured.
struct Link {
    seconds measured{0};
    std::size_t steps = 0;
};

} // namespace

UtcConverter::UtcConverter(const TimeLine& timeLine, const Zone& zone, std::span<const ClockOffset> known,
                           OpenEnds open)
    : timeLine_(timeLine), zone_(zone), segments_(timeLine.segments().size()) {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const auto change = timeLine.segments()[i].clockChange;
        if (change.value_or(seconds{0}) < seconds{0}) segments_[i].setBack = beginOf(timeLine, i).time;
    }
    assign(known);
    chain();
    // What hangs together with the segment at an open end gets its offset with it.
    for (std::size_t i = segments_.size(); open.later && i-- > 0;) {
        segments_[i].waits = true;
        if (!timeLine.segments()[i].clockChange) break;
    }
    for (std::size_t i = 0; open.earlier && i < segments_.size(); ++i) {
        if (i > 0 && !timeLine.segments()[i].clockChange) break;
        segments_[i].waits = true;
    }
}

void UtcConverter::assign(std::span<const ClockOffset> known) {
    if (segments_.empty()) return;
    const auto all = timeLine_.segments();
    for (const ClockOffset& offset : known) {
        const auto after = std::ranges::upper_bound(all, offset.from, {}, &ClockSegment::firstSequenceNumber);
        // Before the first reference is what is counted back from it.
        const auto index = after == all.begin() ? 0 : static_cast<std::size_t>(after - all.begin()) - 1;
        segments_[index].own.push_back(offset);
    }
    for (Segment& segment : segments_) {
        std::ranges::stable_sort(segment.own, {}, &ClockOffset::from);
        std::erase_if(segment.own, [&segment](const ClockOffset& offset) {
            const bool lost = offset.source == OffsetSource::Lost;
            segment.lost = segment.lost || lost;
            return lost;
        });
        if (!segment.own.empty()) segment.lost = false; // found again
    }
}

void UtcConverter::chain() {
    const std::size_t size = segments_.size();
    std::vector<std::optional<Link>> earlier(size), later(size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto change = timeLine_.segments()[i].clockChange;
        if (!change) continue;
        const auto& own = segments_[i - 1].own;
        if (!own.empty()) {
            earlier[i] = Link{own.back().measured + *change, 1};
        } else if (earlier[i - 1]) {
            earlier[i] = Link{earlier[i - 1]->measured + *change, earlier[i - 1]->steps + 1};
        }
    }
    for (std::size_t i = size; i-- > 1;) {
        const auto change = timeLine_.segments()[i].clockChange;
        if (!change) continue;
        const auto& own = segments_[i].own;
        if (!own.empty()) {
            later[i - 1] = Link{own.front().measured - *change, 1};
        } else if (later[i]) {
            later[i - 1] = Link{later[i]->measured - *change, later[i]->steps + 1};
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (!segments_[i].own.empty() || segments_[i].lost) continue;
        const bool byLater = later[i] && (!earlier[i] || later[i]->steps <= earlier[i]->steps);
        const auto& nearest = byLater ? later[i] : earlier[i];
        if (nearest) accept(i, nearest->measured);
    }
}

void UtcConverter::accept(std::size_t index, seconds measured) {
    // What somebody set is exact, even to a wrong day.
    const bool set = beginOf(timeLine_, index).reason == protocol::history::RecordingReason::SetDateTime;
    if (set || isPossibleOffset(measured)) {
        segments_[index].chained = preciseOffset(measured);
    } else {
        segments_[index].lost = true;
    }
}

UtcConverter::Offset UtcConverter::offsetOf(const LocalTime& time) const {
    const Segment& segment = segments_.at(time.segment);
    if (isBeforeItsTime(time.time) || segment.lost) return {std::nullopt, {}, Hold::LostClock};
    if (!segment.own.empty()) {
        const auto after = std::ranges::upper_bound(segment.own, time.reference, {}, &ClockOffset::from);
        const ClockOffset& own = after == segment.own.begin() ? *after : *std::prev(after);
        return {own.offset, own.source, {}, &own};
    }
    if (segment.chained) return {*segment.chained, OffsetSource::Chained};
    if (segment.waits) return {std::nullopt, {}, Hold::NotMeasured};
    return {time.time.time_since_epoch() - shown(time).time_since_epoch(), OffsetSource::Zone};
}

UtcSeconds UtcConverter::shown(const LocalTime& time) const {
    const auto& begin = segments_.at(time.segment).setBack;
    const bool again = begin && time.time >= *begin && time.time < *begin + kSetBackForSeason;
    const seconds offset = zone_.offsetFor(time.time, again ? Zone::Pass::Second : Zone::Pass::First);
    return UtcSeconds{time.time.time_since_epoch() - offset};
}

} // namespace therapy
