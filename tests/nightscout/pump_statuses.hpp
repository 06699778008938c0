// SPDX-License-Identifier: MIT
// States of a pump for the tests of what is made of them.
#pragma once

#include "nightscout/documents/mapping.hpp"
#include "test_pump.hpp"
#include "therapy/pump_status.hpp"

namespace nightscout::test {

/// 2026-03-14T08:50:12Z, 09:50:12 on the pump's clock.
inline constexpr UtcSeconds kReadAt{std::chrono::seconds{1773478212}};

inline MappingSettings statusSettings() {
    return {};
}

/// SmartGuard with a sensor of seven days and two hours, begun 2026-03-12 10:20 on the pump's clock.
inline therapy::PumpStatus fullStatus() {
    using protocol::MedFloat;
    namespace reader = protocol::idd::status_reader;
    const auto decimal = [](std::int64_t value, int exponent) {
        return *MedFloat::fromScaled(value, exponent, MedFloat::Width::Float);
    };
    therapy::PumpStatus status;
    status.readAt = kReadAt;
    status.clockOffset = std::chrono::hours{1};
    status.status =
        protocol::idd::Status{protocol::history::TherapyControlState::Run,
                              protocol::history::OperationalState::Ready,
                              decimal(123475, -3),
                              protocol::idd::Status::ReservoirAttached,
                              protocol::idd::Status::SensorOn | protocol::idd::Status::SensorPaired,
                              protocol::idd::SensorMessage::NoMessage};
    status.algorithm = reader::TherapyAlgorithmStates{};
    status.algorithm->shield = reader::AutoModeShield::AutoBasal;
    status.insulinOnBoard = reader::InsulinOnBoard{};
    status.insulinOnBoard->amount = decimal(14, -1);
    status.basal = reader::ActiveBasalRateDelivery{};
    status.basal->configuredRate = decimal(85, -2);
    status.activeBoluses = reader::ActiveBolusIds{};
    status.batteryPercent = 75;
    status.transmitterBatteryPercent = 80;
    status.sessionStart = protocol::cgm::SessionStartTime{{2026, 3, 12, 10, 20, 0}};
    status.sessionRunTime = protocol::cgm::SessionRunTime{170};
    return status;
}

} // namespace nightscout::test
