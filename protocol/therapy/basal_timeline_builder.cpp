// SPDX-License-Identifier: MIT
#include "therapy/basal_timeline_builder.hpp"

namespace therapy {
namespace {

namespace history = protocol::history;
using history::EventType;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Therapy contexts come every hour; older evidence does not count.
constexpr hours kEvidence{2};
/// A restart followed by a stop within it does not end a suspension, and a shorter one is not shown
/// (docs/nightscout/mapping.md 7, 8.6).
constexpr seconds kJoin{120};

/// A therapy context in the first hour and a half of each third of a UTC day begins a new document of what
/// goes on: the server forgets long ones (docs/nightscout/mapping.md 1.3). By the clock, not by the age of
/// the document, so that it does not depend on how far back the history is known.
bool isMilestone(UtcSeconds time) {
    constexpr hours kThird{8};
    static_assert(kThird + kEvidence <= kContext);
    return time.time_since_epoch() % kThird < minutes{90};
}

bool isTemporaryRate(std::uint16_t type) {
    const auto event = static_cast<EventType>(type);
    return event == EventType::TbrAdjustmentStarted || event == EventType::TbrAdjustmentChanged ||
           event == EventType::TbrAdjustmentEnded;
}

bool saysStopped(const history::TherapyContext& context) {
    return (context.flags & history::TherapyContext::DeliveryStopped) != 0;
}

} // namespace

void BasalTimelineBuilder::build() {
    const auto records = view_.records();
    for (index_ = 0; index_ < records.size(); ++index_) {
        const auto& timed = records[index_];
        if (!timed.record || !timed.time) continue;
        time_ = *timed.time;
        if (suspended(time_) != Answer::Yes) open_.reset(), joining_ = false; // nothing has told of it since
        const auto& data = timed.record->data;
        if (const auto* stop = std::get_if<history::InsulinDeliveryStopped>(&data)) onStopped(*stop);
        if (std::holds_alternative<history::InsulinDeliveryRestarted>(data)) onRestarted();
        if (std::holds_alternative<history::AutoBasalDelivery>(data)) onAutoBasal();
        if (std::holds_alternative<history::BolusProgrammedPart1>(data)) onProgrammedBolus();
        if (const auto* transition = std::get_if<history::Cl1Transition>(&data)) onTransition(*transition);
        if (const auto* context = std::get_if<history::TherapyContext>(&data)) onContext(*context);
        if (const auto* rate = std::get_if<history::DeliveredBasalRateChanged>(&data)) onRateChanged(*rate);
        if (const auto* began = std::get_if<history::TbrAdjustmentStarted>(&data)) {
            onTemporaryRate(began->tbrType, began->adjustment);
        }
        if (const auto* other = std::get_if<history::TbrAdjustmentChanged>(&data)) {
            onTemporaryRate(other->tbrType, other->adjustment);
        }
        if (std::holds_alternative<history::TbrAdjustmentEnded>(data)) {
            onTemporaryRate(history::TbrType::Undetermined, {});
        }
        if (std::holds_alternative<history::PrimingStarted>(data)) onPriming();
        const auto* state = std::get_if<history::OperationalStateChanged>(&data);
        if (state != nullptr && state->newState == history::OperationalState::Priming) onPriming();
        if (stuck_) {
            timeline_.undecidedFrom_ = time_;
            return;
        }
    }
}

// --- what is known ---

template <typename T>
BasalTimelineBuilder::Knowledge BasalTimelineBuilder::knowledge(const Told<T>& told, UtcSeconds time) const {
    if (told.value && told.when >= time - kEvidence) return Knowledge::Known;
    return view_.reachesBack(time - kEvidence) ? Knowledge::Nothing : Knowledge::NotYet;
}

BasalTimelineBuilder::Answer BasalTimelineBuilder::automatic(UtcSeconds time) const {
    const auto known = knowledge(automatic_, time);
    if (known == Knowledge::NotYet) return Answer::Undecided;
    return known == Knowledge::Known && *automatic_.value ? Answer::Yes : Answer::No;
}

BasalTimelineBuilder::Answer BasalTimelineBuilder::suspended(UtcSeconds time) const {
    const auto known = knowledge(suspended_, time);
    if (known == Knowledge::NotYet) return Answer::Undecided;
    return known == Knowledge::Known && *suspended_.value ? Answer::Yes : Answer::No;
}

BasalTimelineBuilder::ManualRate BasalTimelineBuilder::manualRate(UtcSeconds time) const {
    if (automatic(time) == Answer::Yes || suspended(time) == Answer::Yes) return {Knowledge::Nothing, {}};
    for (const auto known : {knowledge(automatic_, time), knowledge(suspended_, time),
                             knowledge(pattern_, time), knowledge(temporary_, time)}) {
        if (known == Knowledge::NotYet) return {Knowledge::NotYet, {}};
    }
    if (knowledge(automatic_, time) == Knowledge::Nothing ||
        knowledge(pattern_, time) == Knowledge::Nothing) {
        return {Knowledge::Nothing, {}};
    }
    if (knowledge(temporary_, time) == Knowledge::Nothing) return {Knowledge::Known, *pattern_.value};
    switch (temporary_.value->type) {
        case history::TbrType::Absolute:
            return {Knowledge::Known, temporary_.value->adjustment};
        case history::TbrType::Relative: {
            const auto rate = product(*pattern_.value, temporary_.value->adjustment);
            return {rate ? Knowledge::Known : Knowledge::Nothing, rate.value_or(Amount{})};
        }
        case history::TbrType::Undetermined:
            break;
    }
    return {Knowledge::Known, *pattern_.value};
}

// --- what is told ---

void BasalTimelineBuilder::change(BasalState state, Amount rate) {
    timeline_.changes_.push_back({index_, time_, state, rate});
}

void BasalTimelineBuilder::changeRate(const ManualRate& before, bool always) {
    const auto now = manualRate(time_);
    if (now.knowledge != Knowledge::Known) return;
    const bool other = before.knowledge == Knowledge::Nothing ||
                       (before.knowledge == Knowledge::Known && before.rate != now.rate);
    if (always || other) change(BasalState::Manual, now.rate);
}

void BasalTimelineBuilder::onAutoBasal() {
    if (open_) endSuspension(false);
    automatic_ = {true, time_};
    tellDelivering();
    change(BasalState::AutoStep);
}

/// A pump that takes a bolus delivers. Which rate, the next therapy context tells.
void BasalTimelineBuilder::onProgrammedBolus() {
    if (open_ && endSuspension(false)) change(BasalState::Unknown);
    tellDelivering();
}

void BasalTimelineBuilder::onTransition(const history::Cl1Transition& event) {
    const bool into = event.transition == history::Cl1TransitionKind::IntoAuto;
    automatic_ = {into, time_};
    if (suspended(time_) == Answer::Yes) return;
    const auto now = manualRate(time_);
    if (into && suspended(time_) == Answer::No) {
        change(BasalState::AutoBegin);
    } else if (!into && now.knowledge == Knowledge::Known) {
        change(BasalState::Manual, now.rate);
    } else {
        change(BasalState::Unknown);
    }
}

void BasalTimelineBuilder::onContext(const history::TherapyContext& event) {
    const auto rateBefore = manualRate(time_);
    const auto automaticBefore = automatic(time_);
    const auto suspendedBefore = suspended(time_);
    automatic_ = {(event.flags & history::TherapyContext::AutoModeActive) != 0, time_};
    if (const auto rate = event.basalRate ? amountOf(*event.basalRate) : std::nullopt)
        pattern_ = {rate, time_};
    TemporaryRate temporary;
    if (event.tbrType && event.tbrAdjustment) {
        const auto adjustment = amountOf(*event.tbrAdjustment);
        if (adjustment) temporary = {*event.tbrType, *adjustment};
    }
    temporary_ = {temporary, time_};
    if (joining_) return;
    if (saysStopped(event)) {
        onStoppedContext(suspendedBefore);
        return;
    }
    const bool resumed = open_ && endSuspension(false);
    tellDelivering();
    if (!*automatic_.value) {
        changeRate(rateBefore, isMilestone(time_));
    } else if (resumed || automaticBefore == Answer::No) {
        change(BasalState::Unknown);
    }
}

void BasalTimelineBuilder::onStoppedContext(Answer before) {
    if (!open_ || before != Answer::Yes) {
        const bool first = before == Answer::No; // the stop was missed
        beginSuspension(false, first ? Suspension::Documented::Yes : Suspension::Documented::Undecided);
        suspended_ = {true, time_};
        if (first) change(BasalState::Suspended);
        return;
    }
    suspended_ = {true, time_};
    settleDocumented();
    const auto documented = timeline_.suspensions_[*open_].documented;
    if (isMilestone(time_) && documented == Suspension::Documented::Yes) change(BasalState::Suspended);
}

/// With a temporary rate the pump logs what it delivers; the pattern is told only at the end of one.
void BasalTimelineBuilder::onRateChanged(const history::DeliveredBasalRateChanged& event) {
    const auto rate = amountOf(event.newRate);
    if (!rate) return;
    const auto* previous = index_ > 0 ? &view_.at(index_ - 1).record : nullptr;
    if (previous != nullptr && *previous && isTemporaryRate((*previous)->header.eventType) &&
        view_.part2<history::DeliveredBasalRateChanged>(index_ - 1) != nullptr &&
        static_cast<EventType>((*previous)->header.eventType) != EventType::TbrAdjustmentEnded) {
        return;
    }
    const auto before = manualRate(time_);
    pattern_ = {*rate, time_};
    changeRate(before);
}

void BasalTimelineBuilder::onTemporaryRate(history::TbrType type, const protocol::MedFloat& adjustment) {
    const auto amount = amountOf(adjustment);
    if (!amount) return;
    const auto before = manualRate(time_);
    temporary_ = {TemporaryRate{type, *amount}, time_};
    changeRate(before);
}

void BasalTimelineBuilder::onPriming() {
    if (open_) timeline_.suspensions_[*open_].primed = time_;
}

// --- suspensions ---

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
    return Answer::Undecided;
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

/// A suspension that the stretch begins in is shown when it lasts long enough from there.
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
        change(BasalState::Manual, rate.rate);
    } else if (before == Answer::Yes) {
        change(automatic(time_) == Answer::Yes ? BasalState::AutoBegin : BasalState::Unknown);
    } else if (untold) {
        change(BasalState::Unknown);
    }
}

} // namespace therapy
