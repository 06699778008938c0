// SPDX-License-Identifier: MIT
// IDD Features (vendor 0x0104): what the pump can do. Facts: docs/protocol/services.md 4.
//
//   offset  type    field
//   0       u16     E2E-CRC               0xffff without E2E; else over all that follows (unconfirmed)
//   2       u8      E2E-Counter           0 without E2E
//   3       SFLOAT  insulin concentration IU/mL
//   5       u24     flags                 and one byte more as long as the top bit of the last one is set
#pragma once

#include <cstdint>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/record.hpp"

namespace protocol::idd {

/// Bit numbers of Features::flags. The ones from 24 on are the vendor's.
enum class Feature : std::uint8_t {
    E2eProtection = 0,
    BasalRate = 1,
    TbrAbsolute = 2,
    TbrRelative = 3,
    TbrTemplate = 4,
    FastBolus = 5,
    ExtendedBolus = 6,
    MultiwaveBolus = 7,
    BolusDelayTime = 8,
    BolusTemplate = 9,
    BolusActivationType = 10,
    MultipleBond = 11,
    IsfProfileTemplate = 12,
    CarbRatioProfileTemplate = 13,
    TargetRangeTemplate = 14,
    InsulinOnBoard = 15,
    Extension = 23,
    Reservoir300 = 24,
    UnitMgDl = 25, ///< what the display shows; the wire is mg/dL always
    SuspendOnLow = 26,
    SuspendBeforeLow = 27,
    HybridClosedLoop = 28,
    SmartSettings = 29,
    RemoteBolus = 30,
    Extension1 = 31,
    ExtendedTimestamp = 32,
    ExtendedTimeOfSensorExpiration = 33,
    SensorWarmUpTimeRemaining = 34,
    SensorCalibrationStatusIcon = 35,
    TwoCalibrationsADay = 36,
    MatrixMenu = 37,
};

struct Features {
    std::uint16_t e2eCrc = 0xffff; ///< as it came; serialize() computes it if E2E is supported
    std::uint8_t e2eCounter = 0;
    MedFloat concentration; ///< IU/mL, 100 = U100
    std::uint64_t flags = 0;

    [[nodiscard]] bool has(Feature feature) const {
        return (flags >> static_cast<unsigned>(feature) & 1U) != 0;
    }
    friend bool operator==(const Features&, const Features&) = default;
};

/// BadChecksum only where the flags announce E2E protection, which no captured pump has.
Parsed<Features> parseFeatures(ByteView bytes);
Bytes serialize(const Features& value);
void describe(const Features& value, history::FieldSink& sink);

} // namespace protocol::idd
