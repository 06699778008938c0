// SPDX-License-Identifier: MIT
// Where suspensions begin and end, and which of them are shown (docs/nightscout/mapping.md 7 and 8.6).
#include "therapy/basal_timeline_builder.hpp"

namespace therapy {
namespace {

namespace history = protocol::history;
using std::chrono::seconds;

/// A restart followed by a stop within it does not end a suspension, and a shorter one is not shown.
constexpr seconds kJoin{120};

} // namespace

/// Looks ahead from a stop whether the suspension lasts two minutes or has need of being told.
BasalTimelineBuilder::Answer BasalTimelineBuilder::isDocumented(history::StoppedReason reason) const {
    if (isUrgent(reason)) return Answer::Yes;
    std::optional<UtcSeconds> restart;
    for (std::size_t i = index_ + 1; view_.holds(i); ++i) {
        if (!view_.at(i).time) continue;
        const auto time = *view_.at(i).time;
        if (!restart && time >= time_ + kJoin) return Answer::Yes;
        if (restart && time > *restart + kJoin) return Answer::No;
        if (const auto* stop = view_.get<history::InsulinDeliveryStopped>(i)) {
            if (isUrgent(stop->reason)) return Answer::Yes;
            restart.reset();
        } else if (view_.get<history::InsulinDeliveryRestarted>(i) != nullptr) {
            if (!restart) restart = time;
        } else if (view_.get<history::AutoBasalDelivery>(i) != nullptr ||
                   view_.get<history::BolusProgrammedPart1>(i) != nullptr) {
            return Answer::No;
        } else if (const auto* context = view_.get<history::TherapyContext>(i)) {
            if (!restart && !saysStopped(*context)) return Answer::No;
        }
    }
    return !restart && staysStopped() ? Answer::Yes : Answer::Undecided;
}

/// By the live state, which shows it before another record does. The host's clock counts: from the first
/// reading that delivery is stopped, which comes within seconds of the stop; of the stop itself, when that
/// was earlier.
bool BasalTimelineBuilder::staysStopped() const {
    constexpr seconds kClockError{90}; // docs/nightscout/mapping.md 5.3, "Precision"
    const auto& delivery = view_.live().delivery;
    if (delivery.empty() || delivery.back().value != LiveDelivery::Stopped) return false;
    const auto& reading = delivery.back();
    const UtcSeconds from = reading.from >= time_ - kClockError ? reading.from : time_ + kClockError;
    return reading.until - from >= kJoin;
}

/// Looks ahead from a restart whether a stop follows that continues the suspension.
BasalTimelineBuilder::Answer BasalTimelineBuilder::isJoined() const {
    for (std::size_t i = index_ + 1; view_.holds(i); ++i) {
        if (view_.at(i).time && *view_.at(i).time > time_ + kJoin) return Answer::No;
        if (!view_.at(i).time) continue;
        if (view_.get<history::InsulinDeliveryStopped>(i) != nullptr) return Answer::Yes;
        if (view_.get<history::AutoBasalDelivery>(i) != nullptr) return Answer::No;
        if (view_.get<history::BolusProgrammedPart1>(i) != nullptr) return Answer::No;
    }
    return Answer::Undecided;
}

void BasalTimelineBuilder::beginSuspension(bool beginKnown, Suspension::Documented documented) {
    open_ = timeline_.suspensions_.size();
    auto& suspension = timeline_.suspensions_.emplace_back();
    suspension.begin = time_;
    suspension.beginKnown = beginKnown;
    suspension.documented = documented;
}

void BasalTimelineBuilder::addStop(history::StoppedReason reason) {
    auto& suspension = timeline_.suspensions_[*open_];
    suspension.stops.push_back({index_, time_, reason});
    if (reason == history::StoppedReason::Unknown08) suspension.primed = time_;
    timeline_.members_.push_back({index_, *open_});
    suspended_ = {true, time_};
}

/// A suspension that the run begins in is shown when it lasts long enough from there.
void BasalTimelineBuilder::settleDocumented() {
    auto& suspension = timeline_.suspensions_[*open_];
    if (suspension.documented == Suspension::Documented::Undecided && time_ - suspension.begin >= kJoin) {
        suspension.documented = Suspension::Documented::Yes;
    }
}

bool BasalTimelineBuilder::endSuspension(bool restarted) {
    settleDocumented();
    auto& suspension = timeline_.suspensions_[*open_];
    suspension.end = Suspension::End{index_, time_, restarted};
    timeline_.members_.push_back({index_, *open_});
    open_.reset();
    joining_ = false;
    return suspension.documented == Suspension::Documented::Yes;
}

void BasalTimelineBuilder::onStopped(const history::InsulinDeliveryStopped& event) {
    const auto before = suspended(time_);
    if (open_ && (joining_ || before == Answer::Yes)) {
        joining_ = false;
        settleDocumented();
        addStop(event.reason);
        return;
    }
    if (before == Answer::Undecided) {
        beginSuspension(
            false, isUrgent(event.reason) ? Suspension::Documented::Yes : Suspension::Documented::Undecided);
        addStop(event.reason);
        return;
    }
    const auto documented = isDocumented(event.reason);
    if (documented == Answer::Undecided) {
        stuck_ = true;
        return;
    }
    beginSuspension(true,
                    documented == Answer::Yes ? Suspension::Documented::Yes : Suspension::Documented::No);
    addStop(event.reason);
    if (documented == Answer::Yes) change(BasalState::Suspended);
}

void BasalTimelineBuilder::onRestarted() {
    const auto before = suspended(time_);
    const auto joined = isJoined();
    if (joined == Answer::Undecided) {
        stuck_ = true;
        return;
    }
    if (joined == Answer::Yes && before != Answer::No) {
        if (!open_) beginSuspension(false, Suspension::Documented::Undecided);
        suspended_ = {true, time_};
        joining_ = true;
        return;
    }
    const bool untold = knowledge(suspended_, time_) == Knowledge::Nothing;
    const bool wasOpen = open_.has_value();
    const bool shown = wasOpen && endSuspension(true);
    tellDelivering();
    if (before == Answer::Undecided || (wasOpen && before == Answer::Yes && !shown)) return;
    const auto rate = manualRate(time_);
    if (rate.knowledge == Knowledge::Known) {
        change(BasalState::Manual, rate);
    } else if (before == Answer::Yes) {
        const bool begins = automatic(time_) == Answer::Yes && !safeBasal_;
        change(begins ? BasalState::AutoBegin : BasalState::Unknown);
    } else if (untold) {
        change(BasalState::Unknown);
    }
}

} // namespace therapy
