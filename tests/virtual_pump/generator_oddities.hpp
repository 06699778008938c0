// SPDX-License-Identifier: MIT
// One of every event that an ordinary week does not bring. Facts: docs/protocol/history.md 6.6, 10 to 12.
#pragma once

#include "virtual_pump/generator_therapy.hpp"

namespace virtual_pump::generator {

/// Records of the specification that no 780G was seen to write, and unknown ones, in the ten minutes after
/// `time`.
void addRarities(Diary& diary, const Steps& steps, LocalSeconds time);

/// Four hours of manual mode: out of SmartGuard and back, a temporary rate, a square and a dual bolus, a
/// stopped one and one that never flowed.
void addManualHours(Diary& diary, const Steps& steps, LocalSeconds begin, LocalSeconds end);

/// Alarms raised and cleared: reservoir, battery, sensor, reminders, one nobody knows.
void addAlarms(Diary& diary, const Steps& steps, LocalSeconds time);

} // namespace virtual_pump::generator
