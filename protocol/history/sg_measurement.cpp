// SPDX-License-Identifier: MIT
// The SG value of a record: a glucose value or a code. Facts: docs/protocol/history.md 9.1. The codes that
// are known only by analogy with older pumps stay Unknown.
#include "protocol/history/events.hpp"

namespace protocol::history {

namespace {
constexpr std::uint16_t kFirstCode = 0x0300;
}

SgSpecial SgMeasurement::special() const {
    if (sgRaw == 0) return SgSpecial::NoValueZero;
    if (sgRaw < kFirstCode) return SgSpecial::None;
    switch (sgRaw) {
        case 0x0301:
            return SgSpecial::SensorStarting;
        case 0x0303:
            return SgSpecial::SensorUpdating;
        case 0x0308:
            return SgSpecial::Above400;
        case 0x030d:
            return SgSpecial::Below50;
        default:
            return SgSpecial::Unknown;
    }
}

std::optional<int> SgMeasurement::glucoseMgDl() const {
    if (special() != SgSpecial::None) return std::nullopt;
    return sgRaw;
}

} // namespace protocol::history
