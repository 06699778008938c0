// SPDX-License-Identifier: MIT
#include "therapy/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace therapy {

using std::chrono::seconds;

struct Zone::Impl {
    const date::time_zone* zone = nullptr;
    std::string name;
};

std::optional<Zone> Zone::find(std::string_view name) {
    try {
        const auto* zone = date::locate_zone(std::string{name});
        return Zone{std::make_shared<const Impl>(Impl{zone, std::string{name}})};
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

const std::string& Zone::name() const {
    return impl_->name;
}

seconds Zone::offsetAt(std::chrono::sys_seconds time) const {
    return impl_->zone->get_info(time).offset;
}

seconds Zone::offsetFor(protocol::LocalSeconds local, Pass pass) const {
    // The date library has a local clock of its own.
    const auto info = impl_->zone->get_info(date::local_seconds{local.time_since_epoch()});
    const bool twice = info.result == date::local_info::ambiguous;
    return twice && pass == Pass::Second ? info.second.offset : info.first.offset;
}

std::pair<seconds, seconds> Zone::offsetsOfYear(std::chrono::sys_seconds time) const {
    using std::chrono::January;
    using std::chrono::July;
    const std::chrono::year year =
        std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year();
    const seconds winter = offsetAt(std::chrono::sys_days{year / January / 15});
    const seconds summer = offsetAt(std::chrono::sys_days{year / July / 15});
    return {std::min(winter, summer), std::max(winter, summer)};
}

seconds snapOffset(seconds measured, const Zone& zone, std::chrono::sys_seconds now) {
    using std::chrono::minutes;
    const auto [standard, daylight] = zone.offsetsOfYear(now);
    const std::array candidates{zone.offsetAt(now), standard, daylight};
    std::optional<seconds> best;
    for (const seconds candidate : candidates) {
        const seconds distance = std::chrono::abs(measured - candidate);
        if (distance <= minutes{10} && (!best || distance < std::chrono::abs(measured - *best)))
            best = candidate;
    }
    if (best) return *best;
    return std::chrono::round<std::chrono::duration<std::int64_t, std::ratio<900>>>(measured);
}

namespace {

/// A clock that was set back within the day before is in the second pass of a fold.
constexpr std::chrono::hours kSetBackForSeason{24};

std::optional<protocol::LocalSeconds> beginOf(const therapy::TimeLine& timeLine, std::size_t segment) {
    const auto references = timeLine.references();
    const auto first = std::ranges::find(references, timeLine.segments()[segment].firstSequenceNumber,
                                         &therapy::Reference::sequenceNumber);
    if (first == references.end()) return std::nullopt;
    return first->time;
}

} // namespace

UtcConverter::UtcConverter(const therapy::TimeLine& timeLine, const Zone& zone, std::optional<seconds> newest)
    : zone_(zone), offsets_(timeLine.segments().size()), setBack_(timeLine.segments().size()) {
    const auto segments = timeLine.segments();
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i].clockChange.value_or(seconds{0}) < seconds{0}) setBack_[i] = beginOf(timeLine, i);
    }
    std::optional<seconds> offset = newest;
    for (std::size_t i = segments.size(); i-- > 0 && offset;) {
        offsets_[i] = offset;
        const auto change = segments[i].clockChange;
        if (!change) break;
        // Only a difference of offsets snaps to quarters of an hour; what is left is the pump's own error.
        offset = std::chrono::round<std::chrono::duration<std::int64_t, std::ratio<900>>>(*offset - *change);
    }
}

std::chrono::sys_seconds UtcConverter::utc(const therapy::LocalTime& time) const {
    const auto& known = offsets_.at(time.segment);
    const auto& begin = setBack_.at(time.segment);
    const bool again = begin && time.time >= *begin && time.time < *begin + kSetBackForSeason;
    const seconds offset =
        known ? *known : zone_.offsetFor(time.time, again ? Zone::Pass::Second : Zone::Pass::First);
    return std::chrono::sys_seconds{time.time.time_since_epoch() - offset};
}

} // namespace therapy
