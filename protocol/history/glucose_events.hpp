// SPDX-License-Identifier: MIT
// Glucose. The layouts, with offsets and evidence, are in docs/protocol/history.md 9;
// fields stand here in wire order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/med_float.hpp"

namespace protocol::history {

/// What an SG value outside 1..0x02ff says.
enum class SgSpecial : std::uint8_t {
    None,
    NoValueZero,
    SensorStarting,
    SensorUpdating,
    Above400,
    Below50,
    Unknown
};
std::string_view name(SgSpecial value); ///< "sensor_starting", "below_50_mg_dl" ...

struct SgMeasurement {
    std::int16_t timeOffsetMinutes = 0; ///< of the sample, after the governing reference
    std::uint16_t sgRaw = 0;            ///< mg/dL, or a code from 0x0300 on, or 0
    std::uint16_t isig = 0;             ///< 0.01 nA
    std::int16_t vCounter = 0;
    [[nodiscard]] SgSpecial special() const;
    [[nodiscard]] std::optional<int> glucoseMgDl() const;
    friend bool operator==(const SgMeasurement&, const SgMeasurement&) = default;
};
struct CgmAnalyticsDataBackfill {
    std::int16_t timeOffsetMinutes = 0;
    MedFloat predictedSg; ///< mg/dL; a prediction, never a measurement
    std::uint16_t calFactor = 0;
    friend bool operator==(const CgmAnalyticsDataBackfill&, const CgmAnalyticsDataBackfill&) = default;
};
struct BgReading {
    std::int16_t timeOffsetMinutes = 0;
    MedFloat bg; ///< kg/L
    friend bool operator==(const BgReading&, const BgReading&) = default;
};
struct CalibrationComplete {
    std::int16_t timeOffsetMinutes = 0;
    MedFloat bg; ///< kg/L
    friend bool operator==(const CalibrationComplete&, const CalibrationComplete&) = default;
};
struct CalibrationRejected {
    std::int16_t timeOffsetMinutes = 0;
    MedFloat bg; ///< kg/L
    friend bool operator==(const CalibrationRejected&, const CalibrationRejected&) = default;
};

} // namespace protocol::history
