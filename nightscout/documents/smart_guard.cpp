// SPDX-License-Identifier: MIT
// SmartGuard on and off -> Notes (docs/nightscout/mapping.md 8.8).
#include "nightscout/documents/fault.hpp"
#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using Verdict = RecordLinks::Verdict;
using std::chrono::hours;

/// Therapy contexts come every hour.
constexpr hours kPreviousContext{2};
constexpr hours kToldAlready{1};

std::string text(history::Cl1TransitionKind transition) {
    switch (transition) {
        case history::Cl1TransitionKind::IntoAuto:
            return "SmartGuard on";
        case history::Cl1TransitionKind::OutUserOverride:
            return "SmartGuard off: by user";
        case history::Cl1TransitionKind::OutAlarm:
            return "SmartGuard off: alarm";
        case history::Cl1TransitionKind::OutSafeBasalTimeout:
            return "SmartGuard off: safe basal time-out";
        case history::Cl1TransitionKind::OutHighSg:
            return "SmartGuard off: high sensor glucose";
    }
    return "SmartGuard off: unknown (" + std::to_string(static_cast<unsigned>(transition)) + ")";
}

bool isAutomatic(const history::TherapyContext& context) {
    return (context.flags & history::TherapyContext::AutoModeActive) != 0;
}

/// A transition, or an annunciation of one, within the hour before: its own Note tells the change.
Partner reportedBefore(const RecordLinks& view, std::size_t index, UtcSeconds time) {
    return view.searchBack(index, time - kToldAlready, [&](std::size_t i) {
        if (view.get<history::Cl1Transition>(i) != nullptr) return Verdict::Take;
        const auto* annunciation = view.get<history::AnnunciationConsolidated>(i);
        return annunciation != nullptr && tellsOfTransition(annunciation->faultId()) ? Verdict::Take
                                                                                     : Verdict::Pass;
    });
}

} // namespace

void mapTransition(Context& context, std::size_t index) {
    const auto* transition = context.view.get<history::Cl1Transition>(index);
    const auto time = context.view.at(index).time;
    if (transition != nullptr && time) addNote(context, index, *time, text(transition->transition));
}

/// For a pump that does not log transitions, or a record that was lost.
void mapModeOfContext(Context& context, std::size_t index) {
    const auto* now = context.view.get<history::TherapyContext>(index);
    const auto time = context.view.at(index).time;
    if (now == nullptr || !time) return;
    const auto before = context.view.searchBack(index, *time - kPreviousContext, [&](std::size_t i) {
        const bool tells = context.view.get<history::TherapyContext>(i) != nullptr ||
                           context.view.get<history::Cl1Transition>(i) != nullptr;
        return tells ? Verdict::Take : Verdict::Pass;
    });
    if (!before.found()) return;
    const auto* transition = context.view.get<history::Cl1Transition>(before.index);
    const bool automaticBefore = transition != nullptr
                                     ? transition->transition == history::Cl1TransitionKind::IntoAuto
                                     : isAutomatic(*context.view.get<history::TherapyContext>(before.index));
    if (isAutomatic(*now) == automaticBefore) return;
    if (reportedBefore(context.view, index, *time).state != Partner::State::None) return;
    addNote(context, index, *time, isAutomatic(*now) ? "SmartGuard on" : "SmartGuard off");
}

} // namespace nightscout
