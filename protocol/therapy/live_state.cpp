// SPDX-License-Identifier: MIT
#include "therapy/live_state.hpp"

#include <optional>

#include "therapy/pump_status.hpp"

namespace therapy {

/// The first reading counts for what was logged before it as well: nothing else is known of that time.
MealUnit LiveState::mealUnitAt(std::uint32_t sequenceNumber) const {
    MealUnit unit = mealUnit.empty() ? MealUnit::Grams : mealUnit.front().value;
    for (const auto& reading : mealUnit) {
        if (reading.newest < sequenceNumber) unit = reading.value;
    }
    return unit;
}

namespace {

using protocol::history::TherapyControlState;
namespace reader = protocol::idd::status_reader;

std::optional<LiveDelivery> deliveryOf(const protocol::idd::Status& status) {
    switch (status.therapyControlState) {
        case TherapyControlState::Run:
            return LiveDelivery::Running;
        case TherapyControlState::Stop:
        case TherapyControlState::Pause:
            return LiveDelivery::Stopped;
        case TherapyControlState::Undetermined:
            break;
    }
    return std::nullopt;
}

std::optional<LiveMode> modeOf(const reader::TherapyAlgorithmStates& states) {
    if (!states.shield) return std::nullopt;
    switch (*states.shield) {
        case reader::AutoModeShield::OpenLoop:
            return LiveMode::Manual;
        case reader::AutoModeShield::AutoBasal:
            return LiveMode::SmartGuard;
        case reader::AutoModeShield::SafeBasal:
            return LiveMode::SafeBasal;
    }
    return std::nullopt;
}

} // namespace

bool noteStatus(LiveState& state, const PumpStatus& status, std::uint32_t newest) {
    bool news = false;
    if (status.status && status.statusReadAt) {
        if (const auto delivery = deliveryOf(*status.status)) {
            news |= note(state.delivery, *delivery, newest, *status.statusReadAt);
            news |= *delivery == LiveDelivery::Stopped;
        }
    }
    if (status.algorithm && status.algorithmReadAt) {
        if (const auto mode = modeOf(*status.algorithm)) {
            news |= note(state.mode, *mode, newest, *status.algorithmReadAt);
        }
    }
    if (status.annunciation && status.annunciationReadAt) {
        const auto& shown = *status.annunciation;
        const LiveAnnunciation value =
            shown.present() ? LiveAnnunciation{shown.annunciationType, shown.instanceId} : LiveAnnunciation{};
        news |= note(state.annunciation, value, newest, *status.annunciationReadAt);
    }
    if (status.displayFormat) {
        const bool exchanges = (status.displayFormat->flags & reader::DisplayFormat::CarbExchanges) != 0;
        news |=
            note(state.mealUnit, exchanges ? MealUnit::Exchanges : MealUnit::Grams, newest, status.readAt);
    }
    return news;
}

} // namespace therapy
