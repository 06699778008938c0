// SPDX-License-Identifier: MIT
#include "therapy/basal_timeline_builder.hpp"

#include <algorithm>
#include <array>

namespace therapy {
namespace {

namespace history = protocol::history;
using history::EventType;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A therapy context in the first hour and a half of each third of a UTC day begins a new document of what
/// goes on: the server forgets long ones (docs/nightscout/mapping.md 1.3). By the clock, not by the age of
/// the document, so that it does not depend on how far back the history is known.
bool isMilestone(UtcSeconds time) {
    constexpr hours kThird{8};
    static_assert(kThird + BasalTimelineBuilder::kEvidence <= kContext);
    return time.time_since_epoch() % kThird < minutes{90};
}

bool isTemporaryRate(std::uint16_t type) {
    const auto event = static_cast<EventType>(type);
    return event == EventType::TbrAdjustmentStarted || event == EventType::TbrAdjustmentChanged ||
           event == EventType::TbrAdjustmentEnded;
}

/// SmartGuard's end, which shows without a transition record too (docs/nightscout/mapping.md 8.5).
bool endsSmartGuard(const history::AnnunciationConsolidated& message) {
    constexpr std::array<std::uint16_t, 4> kFaults{819, 820, 824, 826};
    constexpr unsigned kVendorType = 0xf;
    return message.annunciationType >> 12U == kVendorType &&
           std::ranges::find(kFaults, message.faultId()) != kFaults.end();
}

} // namespace

void BasalTimelineBuilder::build() {
    const auto records = view_.records();
    for (index_ = 0; index_ < records.size(); ++index_) {
        const auto& timed = records[index_];
        if (!timed.record || !timed.time) continue;
        onLiveModesBefore(&timed);
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
        if (const auto* message = std::get_if<history::AnnunciationConsolidated>(&data)) {
            if (endsSmartGuard(*message)) onSmartGuardLeft();
        }
        if (std::holds_alternative<history::PrimingStarted>(data)) onPriming();
        const auto* state = std::get_if<history::OperationalStateChanged>(&data);
        if (state != nullptr && state->newState == history::OperationalState::Priming) onPriming();
        if (stuck_) {
            timeline_.undecidedFrom_ = time_;
            return;
        }
    }
    if (index_ > 0) --index_;
    onLiveModesBefore(nullptr);
}

// --- what is known ---

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
            return {Knowledge::Known, temporary_.value->adjustment, true};
        case history::TbrType::Relative: {
            if (isRefused(temporary_.value->type, temporary_.value->adjustment)) {
                return {Knowledge::Nothing, {}};
            }
            const auto rate = product(*pattern_.value, temporary_.value->adjustment);
            return {rate ? Knowledge::Known : Knowledge::Nothing, rate.value_or(Amount{}), true};
        }
        case history::TbrType::Undetermined:
            break;
    }
    return {Knowledge::Known, *pattern_.value};
}

// --- what is told ---

void BasalTimelineBuilder::change(BasalState state, const ManualRate& rate) {
    timeline_.changes_.push_back({index_, time_, state, rate.rate, rate.temporary});
}

void BasalTimelineBuilder::endAutomatic() {
    if (timeline_.changes_.empty()) return;
    const auto state = timeline_.changes_.back().state;
    if (state == BasalState::AutoStep || state == BasalState::AutoBegin) change(BasalState::Unknown);
}

void BasalTimelineBuilder::endManual() {
    if (timeline_.changes_.empty()) return;
    if (timeline_.changes_.back().state == BasalState::Manual) change(BasalState::Unknown);
}

void BasalTimelineBuilder::changeRate(const ManualRate& before, bool always) {
    const auto now = manualRate(time_);
    if (temporary_.value && isRefused(temporary_.value->type, temporary_.value->adjustment)) endManual();
    if (now.knowledge != Knowledge::Known) return;
    const bool other = before.knowledge == Knowledge::Nothing ||
                       (before.knowledge == Knowledge::Known && before.rate != now.rate);
    if (always || other) change(BasalState::Manual, now);
}

void BasalTimelineBuilder::onAutoBasal() {
    if (open_) endSuspension(false);
    automatic_ = {true, time_};
    safeBasal_ = false;
    tellDelivering();
    change(BasalState::AutoStep);
}

void BasalTimelineBuilder::onSmartGuardLeft() {
    automatic_ = {false, time_};
    safeBasal_ = false;
    endAutomatic();
}

void BasalTimelineBuilder::onLiveMode(LiveMode mode) {
    safeBasal_ = mode == LiveMode::SafeBasal;
    if (mode == LiveMode::Manual) onSmartGuardLeft();
    if (mode == LiveMode::SafeBasal) endAutomatic();
}

/// Of the two orders, by the records that were held and by time, the later one counts: a record may be logged
/// between the two readings, and the pump's clock may be off by a minute.
void BasalTimelineBuilder::onLiveModesBefore(const DatedRecord* record) {
    const auto& modes = view_.live().mode;
    const std::size_t here = index_;
    for (; nextLiveMode_ < modes.size(); ++nextLiveMode_) {
        const auto& reading = modes[nextLiveMode_];
        if (record != nullptr &&
            (reading.newest >= record->sequenceNumber || reading.from >= *record->time)) {
            break;
        }
        if (record != nullptr && here > 0) index_ = here - 1;
        time_ = std::max(time_, reading.from);
        onLiveMode(reading.value);
    }
    index_ = here;
}

/// A pump that takes a bolus delivers. Which rate, the next therapy context tells.
void BasalTimelineBuilder::onProgrammedBolus() {
    if (open_ && endSuspension(false)) change(BasalState::Unknown);
    tellDelivering();
}

void BasalTimelineBuilder::onTransition(const history::Cl1Transition& event) {
    const bool into = event.transition == history::Cl1TransitionKind::IntoAuto;
    automatic_ = {into, time_};
    safeBasal_ = false;
    if (suspended(time_) == Answer::Yes) return;
    const auto now = manualRate(time_);
    if (into && suspended(time_) == Answer::No) {
        change(BasalState::AutoBegin);
    } else if (!into && now.knowledge == Knowledge::Known) {
        change(BasalState::Manual, now);
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

} // namespace therapy
