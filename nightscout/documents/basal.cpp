// SPDX-License-Identifier: MIT
// Basal insulin -> Temp Basal: SmartGuard's steps and the gaps between them, the manual rate, and nothing
// while delivery is suspended (docs/nightscout/mapping.md 8.5 to 8.7).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kStep{300};
constexpr std::uint16_t kMinutesOfStep = 5;
/// Steps come every five minutes give or take seconds; after this one was left out.
constexpr seconds kStepOverdue{390};
/// Covers kStepOverdue; the next document cuts what is too much.
constexpr int kStepMinutes = 7;
/// SmartGuard's first step after it was switched on, or after a restart.
constexpr seconds kFirstStep{60};
constexpr minutes kLease{20};
constexpr minutes kLeaseRenewal{10};
constexpr minutes kLongest = kContext;

/// Whole minutes, from `start` on, of what `change` began: exact once another change has ended it, until then
/// a lease.
std::int64_t durationMinutes(const BasalTimeline& basal, UtcSeconds start, const BasalChange& change) {
    const auto* end = basal.after(change);
    const auto upTo = [&](UtcSeconds time) {
        return std::clamp(std::chrono::ceil<minutes>(time - start), minutes{0}, kLongest);
    };
    if (end != nullptr) return std::max(upTo(end->time), minutes{1}).count();
    const auto renewals = (upTo(basal.knownUntil(change)) + kLeaseRenewal - minutes{1}) / kLeaseRenewal;
    return std::min(renewals * kLeaseRenewal + kLease, kLongest).count();
}

nlohmann::json tempBasal(std::int64_t duration, const nlohmann::json& rate, std::string_view reason) {
    return {{"eventType", "Temp Basal"}, {"duration", duration}, {"absolute", rate}, {"rate", rate},
            {"temp", "absolute"},        {"reason", reason}};
}

/// What SmartGuard delivers nothing in has no record; without a document the site would show the profile.
void addGap(Context& context, const BasalChange& change, seconds delay) {
    const auto* end = context.basal.after(change);
    if (end != nullptr && isSettled(context, end->time)) return;
    const UtcSeconds start = change.time + delay;
    auto fields = tempBasal(durationMinutes(context.basal, start, change), 0, "SmartGuard, no basal");
    fields["automatic"] = true;
    addTreatment(context, change.index, Kind::Gap, start, std::move(fields));
}

/// Whether a step, or the beginning of SmartGuard, is followed by nothing: `expected` is when the next step
/// is overdue, `start` where the gap begins.
bool hasGap(const BasalTimeline& basal, const BasalChange& change, seconds start, seconds expected) {
    const auto* next = basal.after(change);
    if (next == nullptr) return basal.reportedPast(change.time + expected);
    return next->time - change.time > (next->state == BasalState::AutoStep ? expected : start);
}

void addManual(Context& context, const BasalChange& change) {
    const auto duration = durationMinutes(context.basal, change.time, change);
    addTreatment(context, change.index, Kind::Basal, change.time,
                 tempBasal(duration, number(change.rate), change.temporary ? "Temp basal" : "Basal pattern"));
}

void addSuspended(Context& context, const BasalChange& change) {
    const auto duration = durationMinutes(context.basal, change.time, change);
    addTreatment(context, change.index, Kind::Suspend, change.time,
                 tempBasal(duration, 0, suspendedReason(context, change)));
}

/// The relative temporary basal that a record tells, when it is not believed.
bool tellsRefusedRate(const RecordLinks& view, std::size_t index) {
    const auto refused = [](history::TbrType type, const protocol::MedFloat& adjustment) {
        const auto factor = amountOf(adjustment);
        return factor && therapy::isRefused(type, *factor);
    };
    if (const auto* context = view.get<history::TherapyContext>(index)) {
        return context->tbrType && context->tbrAdjustment &&
               refused(*context->tbrType, *context->tbrAdjustment);
    }
    if (const auto* began = view.get<history::TbrAdjustmentStarted>(index)) {
        return refused(began->tbrType, began->adjustment);
    }
    const auto* other = view.get<history::TbrAdjustmentChanged>(index);
    return other != nullptr && refused(other->tbrType, other->adjustment);
}

} // namespace

void mapAutoBasal(Context& context, std::size_t index) {
    const auto* step = context.view.get<history::AutoBasalDelivery>(index);
    const auto time = context.view.at(index).time;
    if (step == nullptr || !time || isSettled(context, *time)) return;
    if (const auto amount = amountOf(step->amount)) {
        const auto rate = number(perHour(*amount, kMinutesOfStep));
        auto fields = tempBasal(kStepMinutes, rate, "SmartGuard");
        fields["automatic"] = true;
        fields["microbolus"] = number(*amount);
        addTreatment(context, index, Kind::AutoBasal, *time, std::move(fields));
    }
}

void mapGapAfterStep(Context& context, std::size_t index) {
    if (context.view.get<history::AutoBasalDelivery>(index) == nullptr || !context.view.at(index).time)
        return;
    const auto* change = context.basal.changeAt(index);
    if (change != nullptr && hasGap(context.basal, *change, kStep, kStepOverdue)) {
        addGap(context, *change, kStep);
    }
}

void mapBasalChange(Context& context, std::size_t index) {
    if (tellsRefusedRate(context.view, index)) {
        addWarning(context, index, MappingWarningKind::TemporaryRateRefused);
    }
    const auto* change = context.basal.changeAt(index);
    if (change == nullptr) return;
    switch (change->state) {
        case BasalState::AutoBegin:
            if (hasGap(context.basal, *change, seconds{0}, kFirstStep)) addGap(context, *change, seconds{0});
            break;
        case BasalState::Manual:
            if (context.settings.manualBasal) addManual(context, *change);
            break;
        case BasalState::Suspended:
            addSuspended(context, *change);
            break;
        case BasalState::AutoStep:
        case BasalState::Unknown:
            break;
    }
}

} // namespace nightscout
