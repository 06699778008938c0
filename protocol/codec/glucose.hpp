// SPDX-License-Identifier: MIT
// Glucose units. The wire and Nightscout use mg/dL; mmol/L is for people only. Facts:
// docs/protocol/numbers.md 4.
#pragma once

#include <string>

#include "protocol/codec/med_float.hpp"

namespace protocol {

/// kg/L to mg/dL, exact (x 100000).
inline MedFloat milligramsPerDecilitre(const MedFloat& kilogramsPerLitre) {
    return kilogramsPerLitre.shifted(5);
}

/// As the pump displays it: divided by 18.0182, rounded half up to one decimal. Tenths of mmol/L, for 0 and
/// up.
int millimolesTenths(int milligramsPerDecilitre);

} // namespace protocol
