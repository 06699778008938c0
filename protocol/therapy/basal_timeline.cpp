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
    BasalTimelineBuilder(view, *this).build();
}

const BasalChange* BasalTimeline::changeAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(changes_, index, {}, &BasalChange::index);
    return found != changes_.end() && found->index == index ? &*found : nullptr;
}

const BasalChange* BasalTimeline::after(const BasalChange& change) const {
    const auto next = std::ranges::upper_bound(changes_, change.index, {}, &BasalChange::index);
    return next != changes_.end() ? &*next : nullptr;
}

const Suspension* BasalTimeline::suspensionAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(members_, index, {}, &Member::index);
    return found != members_.end() && found->index == index ? &suspensions_[found->suspension] : nullptr;
}

bool BasalTimeline::toldPast(UtcSeconds time) const {
    return newest_ > time && (!undecidedFrom_ || *undecidedFrom_ > time);
}

} // namespace therapy
