// SPDX-License-Identifier: MIT
#include "therapy/pump_status.hpp"

namespace therapy {

using protocol::history::OperationalState;
using protocol::history::TherapyControlState;
using protocol::idd::status_reader::AutoModeShield;

std::optional<TherapyMode> modeOf(const PumpStatus& status) {
    if (!status.algorithm || !status.algorithm->shield) return std::nullopt;
    switch (*status.algorithm->shield) {
        case AutoModeShield::OpenLoop:
            return TherapyMode::Manual;
        case AutoModeShield::AutoBasal:
            return TherapyMode::SmartGuard;
        case AutoModeShield::SafeBasal:
            return TherapyMode::SafeBasal;
    }
    return std::nullopt;
}

// The flag "auto mode" only says that the shield is told; the shield can be that of manual mode.
std::optional<bool> smartGuardOn(const PumpStatus& status) {
    if (!status.algorithm) return std::nullopt;
    const auto mode = modeOf(status);
    return mode == TherapyMode::SmartGuard || mode == TherapyMode::SafeBasal;
}

std::optional<Delivery> deliveryOf(const PumpStatus& status) {
    if (!status.status) return std::nullopt;
    switch (status.status->therapyControlState) {
        case TherapyControlState::Run:
            return Delivery::On;
        case TherapyControlState::Pause:
            return Delivery::Paused;
        case TherapyControlState::Stop:
            // Not ready as well: docs/protocol/services.md 5.
            return status.status->operationalState == OperationalState::Ready ? Delivery::Suspended
                                                                              : Delivery::SetChange;
        default:
            return Delivery::Undetermined;
    }
}

std::optional<bool> isSuspended(const PumpStatus& status) {
    const auto delivery = deliveryOf(status);
    if (!delivery) return std::nullopt;
    return *delivery != Delivery::On && *delivery != Delivery::Undetermined;
}

} // namespace therapy
