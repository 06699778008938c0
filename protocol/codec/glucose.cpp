// SPDX-License-Identifier: MIT
#include "protocol/codec/glucose.hpp"

#include <cstdint>

namespace protocol {

int millimolesTenths(int milligramsPerDecilitre) {
    // 18.0182 mg/dL per mmol/L, in integers, so that no binary fraction decides about a half.
    constexpr std::int64_t kPerMillimole = 180182;
    constexpr std::int64_t kTenthsScale = std::int64_t{10} * 10000;
    return static_cast<int>((2 * kTenthsScale * milligramsPerDecilitre + kPerMillimole) /
                            (2 * kPerMillimole));
}

} // namespace protocol
