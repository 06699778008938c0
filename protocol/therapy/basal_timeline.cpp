// SPDX-License-Identifier: MIT
#include "therapy/basal_timeline.hpp"

#include <algorithm>

#include "therapy/basal_timeline_builder.hpp"

namespace therapy {

bool isUrgent(protocol::history::StoppedReason reason) {
    using protocol::history::StoppedReason;
    return reason == StoppedReason::AlarmSuspended || reason == StoppedReason::AutoSuspended ||
           reason == StoppedReason::LowSgSuspended || reason == StoppedReason::PredictedLowSgSuspended;
}

BasalTimeline::BasalTimeline(const RecordLinks& view) {
    for (const auto& record : view.records()) {
        if (record.time) newest_ = std::max(newest_, *record.time);
    }
    const auto& delivery = view.live().delivery;
    if (!delivery.empty() && delivery.back().value == LiveDelivery::Stopped) {
        stoppedUntil_ = delivery.back().until;
    }
    BasalTimelineBuilder(view, *this).build();
}

UtcSeconds BasalTimeline::knownUntil(const BasalChange& change) const {
    const bool stopped = change.state == BasalState::Suspended && stoppedUntil_;
    return stopped ? std::max(newest_, *stoppedUntil_) : newest_;
}

bool isRefused(protocol::history::TbrType type, Amount adjustment) {
    constexpr Amount kLargestFactor{2 * Amount::kOne};
    return type == protocol::history::TbrType::Relative && adjustment > kLargestFactor;
}

const BasalChange* BasalTimeline::changeAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(changes_, index, {}, &BasalChange::index);
    return found != changes_.end() && found->index == index ? &*found : nullptr;
}

const BasalChange* BasalTimeline::after(const BasalChange& change) const {
    const BasalChange* next = &change + 1;
    return next != changes_.data() + changes_.size() ? next : nullptr;
}

const Suspension* BasalTimeline::suspensionAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(members_, index, {}, &Member::index);
    return found != members_.end() && found->index == index ? &suspensions_[found->suspension] : nullptr;
}

bool BasalTimeline::reportedPast(UtcSeconds time) const {
    return newest_ > time && (!undecidedFrom_ || *undecidedFrom_ > time);
}

Partner reservoirOut(const RecordLinks& view, const Suspension& suspension, UtcSeconds until) {
    if (!suspension.beginKnown && !view.reachesBack(until - kLongestSetChange)) return {};
    for (const Stop& stop : suspension.stops) {
        const bool recent = stop.time >= until - kLongestSetChange;
        if (recent && stop.reason == protocol::history::StoppedReason::NotSeated) {
            return {Partner::State::Found, stop.index};
        }
    }
    return {Partner::State::None};
}

std::vector<protocol::history::StoppedReason> stoppedReasons(const RecordLinks& view,
                                                             const BasalTimeline& timeline,
                                                             const BasalChange& change) {
    std::vector<protocol::history::StoppedReason> reasons;
    const auto collect = [&](protocol::history::StoppedReason reason) {
        if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
    };
    if (const auto* context = view.get<protocol::history::TherapyContext>(change.index)) {
        if (context->stoppedReason) collect(*context->stoppedReason);
    } else if (const auto* suspension = timeline.suspensionAt(change.index)) {
        const auto* end = timeline.after(change);
        for (const Stop& stop : suspension->stops) {
            const bool within =
                stop.time <= change.time + kContext && (end == nullptr || stop.index < end->index);
            if (within) collect(stop.reason);
        }
    }
    return reasons;
}

} // namespace therapy
