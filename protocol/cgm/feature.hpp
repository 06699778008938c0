// SPDX-License-Identifier: MIT
// CGM Feature (0x2AA8). Facts: docs/protocol/services.md 10.2.
//
//   offset  type  field
//   0       u24   feature
//   3       u8    type (low nibble), sample location (high nibble)
//   4       u16   E2E-CRC    0xffff, and no checksum, if it is not supported
#pragma once

#include <cstdint>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::cgm {

struct Feature {
    enum Flag : std::uint32_t {
        Calibration = 1U << 0U,
        PatientAlerts = 1U << 1U,
        HypoAlerts = 1U << 2U,
        HyperAlerts = 1U << 3U,
        RateAlerts = 1U << 4U,
        DeviceSpecificAlert = 1U << 5U,
        SensorMalfunctionDetection = 1U << 6U,
        SensorTemperatureDetection = 1U << 7U,
        SensorResultDetection = 1U << 8U,
        LowBatteryDetection = 1U << 9U,
        SensorTypeErrorDetection = 1U << 10U,
        GeneralDeviceFault = 1U << 11U,
        E2eCrc = 1U << 12U,
        MultipleBond = 1U << 13U,
        MultipleSessions = 1U << 14U,
        Trend = 1U << 15U,
        Quality = 1U << 16U, ///< clear on a pump that sent the quality all the same: trust the record's flags
    };
    std::uint32_t feature = 0;          ///< 24 bits
    std::uint8_t type = 0;              ///< 4 bits; 9 interstitial fluid
    std::uint8_t sampleLocation = 0;    ///< 4 bits; 5 subcutaneous tissue, 15 not available
    std::uint16_t e2eCrcField = 0xffff; ///< as it came; serialize() computes it if E2E is supported

    [[nodiscard]] bool supportsE2eCrc() const { return (feature & E2eCrc) != 0; }
    friend bool operator==(const Feature&, const Feature&) = default;
};

Parsed<Feature> parseFeature(ByteView bytes);
Bytes serialize(const Feature& value);
void describe(const Feature& value, history::FieldSink& sink);

} // namespace protocol::cgm
