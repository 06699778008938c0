// SPDX-License-Identifier: MIT
// Suspended and resumed -> Notes, and the reasons for the Temp Basal (docs/nightscout/mapping.md 8.6). A
// change of the reservoir has documents of its own: device_events.cpp.
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using history::RestartedReason;
using history::StoppedReason;
using std::chrono::minutes;

/// A set change begins as a stop by the user; by then the reservoir is out.
constexpr minutes kUntilReservoir{10};

std::string unknown(std::uint8_t reason) {
    return "unknown (" + std::to_string(reason) + ")";
}

std::string cause(StoppedReason reason) {
    switch (reason) {
        case StoppedReason::AlarmSuspended:
            return "pump alarm";
        case StoppedReason::UserSuspended:
            return "by user";
        case StoppedReason::AutoSuspended:
            return "auto-suspend";
        case StoppedReason::LowSgSuspended:
            return "low glucose";
        case StoppedReason::NotSeated:
            return "reservoir change";
        case StoppedReason::PredictedLowSgSuspended:
            return "predicted low";
        case StoppedReason::Unknown08:
            break;
    }
    return unknown(static_cast<std::uint8_t>(reason));
}

std::string cause(RestartedReason reason) {
    switch (reason) {
        case RestartedReason::UserSelectsResume:
            return "by user";
        case RestartedReason::UserClearsAlarm:
            return "alarm cleared";
        case RestartedReason::LowManualResume:
            return "by user during low suspend";
        case RestartedReason::LowAutoResumeMaxTime:
            return "two-hour limit";
        case RestartedReason::LowAutoResumeSg:
            return "glucose recovered";
        case RestartedReason::LowManualResumeByDisable:
            return "suspend feature switched off";
    }
    return unknown(static_cast<std::uint8_t>(reason));
}

/// As it goes on after "Suspended".
std::string circumstance(StoppedReason reason) {
    switch (reason) {
        case StoppedReason::AlarmSuspended:
            return "by pump alarm";
        case StoppedReason::UserSuspended:
            return "by user";
        case StoppedReason::AutoSuspended:
            return "by auto-suspend";
        case StoppedReason::LowSgSuspended:
            return "on low";
        case StoppedReason::NotSeated:
            return "for reservoir change";
        case StoppedReason::PredictedLowSgSuspended:
            return "before low";
        case StoppedReason::Unknown08:
            break;
    }
    return "for " + unknown(static_cast<std::uint8_t>(reason));
}

} // namespace

std::string suspendedReason(const Context& context, const BasalChange& change) {
    const auto reasons = therapy::stoppedReasons(context.view, context.basal, change);
    std::string text = "Suspended";
    for (const auto reason : reasons) text += (reason == reasons.front() ? " " : ", ") + circumstance(reason);
    return text;
}

void mapStopped(Context& context, std::size_t index) {
    const auto* suspension = context.basal.suspensionAt(index);
    if (suspension == nullptr || !suspension->beginKnown) return;
    if (suspension->documented != Suspension::Documented::Yes) return;
    const Stop& stop = suspension->stops.front();
    if (stop.index != index || stop.reason == StoppedReason::NotSeated) return;
    if (!therapy::isUrgent(stop.reason)) {
        const auto later = stop.time + kUntilReservoir;
        for (const Stop& other : suspension->stops) {
            if (other.reason == StoppedReason::NotSeated && other.time <= later) return;
        }
        if (!suspension->end && !context.basal.reportedPast(later)) return;
    }
    addNote(context, index, stop.time, "Insulin delivery suspended: " + cause(stop.reason));
}

void mapRestarted(Context& context, std::size_t index) {
    const auto* restart = context.view.get<history::InsulinDeliveryRestarted>(index);
    const auto* suspension = context.basal.suspensionAt(index);
    if (restart == nullptr || suspension == nullptr || !suspension->end) return;
    if (suspension->end->index != index || suspension->documented != Suspension::Documented::Yes) return;
    const auto reservoir = therapy::reservoirOut(context.view, *suspension, suspension->end->time);
    if (reservoir.state != Partner::State::None) return;
    addNote(context, index, suspension->end->time, "Insulin delivery resumed: " + cause(restart->reason));
}

} // namespace nightscout
