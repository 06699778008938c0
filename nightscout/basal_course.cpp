// SPDX-License-Identifier: MIT
#include "nightscout/basal_course.hpp"

#include <algorithm>

#include "nightscout/basal_course_builder.hpp"

namespace nightscout {

bool isUrgent(protocol::history::StoppedReason reason) {
    using protocol::history::StoppedReason;
    return reason == StoppedReason::AlarmSuspended || reason == StoppedReason::AutoSuspended ||
           reason == StoppedReason::LowSgSuspended || reason == StoppedReason::PredictedLowSgSuspended;
}

BasalCourse::BasalCourse(const StretchView& view) {
    for (const auto& record : view.records()) {
        if (record.time) newest_ = std::max(newest_, *record.time);
    }
    BasalCourseBuilder(view, *this).build();
}

const BasalChange* BasalCourse::changeAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(changes_, index, {}, &BasalChange::index);
    return found != changes_.end() && found->index == index ? &*found : nullptr;
}

const BasalChange* BasalCourse::after(const BasalChange& change) const {
    const auto next = std::ranges::upper_bound(changes_, change.index, {}, &BasalChange::index);
    return next != changes_.end() ? &*next : nullptr;
}

const Suspension* BasalCourse::suspensionAt(std::size_t index) const {
    const auto found = std::ranges::lower_bound(members_, index, {}, &Member::index);
    return found != members_.end() && found->index == index ? &suspensions_[found->suspension] : nullptr;
}

bool BasalCourse::toldPast(UtcSeconds time) const {
    return newest_ > time && (!undecidedFrom_ || *undecidedFrom_ > time);
}

} // namespace nightscout
