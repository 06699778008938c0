// SPDX-License-Identifier: MIT
// The pieces of which a generated history is made: a bolus, a meal, an alarm, a set change, as the records
// that a pump writes for them. Facts: docs/protocol/history.md 6 to 11.
#pragma once

#include <optional>
#include <vector>

#include "virtual_pump/generator_draft.hpp"

namespace virtual_pump::generator {

/// Thousandths of a unit; the pump delivers multiples of 25.
using MilliUnits = int;

/// In the representation that a pump uses, which does not normalise.
protocol::MedFloat amount(MilliUnits milliUnits);
/// IU/h, in thousandths.
protocol::MedFloat rate(int thousandths);

struct Bolus {
    LocalSeconds time;
    protocol::history::BolusType type = protocol::history::BolusType::Fast;
    MilliUnits fast = 0;
    MilliUnits extended = 0;
    minutes duration{0};
    protocol::history::BolusActivation activation = protocol::history::BolusActivation::Recommended;
    std::optional<int> mealGrams = std::nullopt;
    /// Less than programmed, with the alarm of a stopped bolus.
    std::optional<MilliUnits> stoppedAfter = std::nullopt;
};

/// Writes events into a diary.
class Therapist {
public:
    Therapist(Diary& diary, const Steps& steps) : diary_(diary), steps_(steps) {}

    /// Meal, programmed and delivered parts.
    void bolus(const Bolus& bolus);
    void meal(LocalSeconds time, int grams);
    /// `aux`: bytes after the time stamp, an even number.
    Handle raise(LocalSeconds time, std::uint16_t faultId, protocol::ByteView aux = {});
    void clear(LocalSeconds time, std::uint16_t faultId, Handle alarm);
    void fingerStick(LocalSeconds time, int mgDl, bool calibrates);
    void setChange(LocalSeconds time);
    /// The rate of the programmed pattern before each full hour, and the records of midnight.
    void pattern(LocalSeconds start, LocalSeconds end);

private:
    Diary& diary_;
    const Steps& steps_;
};

/// Thousandths of IU/h in the programmed pattern.
int patternRate(LocalSeconds time);

} // namespace virtual_pump::generator
