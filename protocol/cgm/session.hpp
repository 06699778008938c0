// SPDX-License-Identifier: MIT
// The sensor session: CGM Status (0x2AA9), Session Start Time (0x2AAA), Session Run Time (0x2AAB), and the
// vendor's Time Of Next Calibration Recommended (vendor 0x0204). Facts:
// docs/protocol/services.md 10.4, 10.5, 10.8. All but the last end with an E2E-CRC. Reads of start and run
// time fail while there is no session.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/history/record.hpp"

namespace protocol::cgm {

/// u16 time offset, u24 status, CRC. Never captured.
struct Status {
    std::uint16_t timeOffsetMinutes = 0; ///< since session start
    std::uint32_t statusBits = 0;        ///< 24 bits, as in Measurement::statusBits()
    friend bool operator==(const Status&, const Status&) = default;
};
Parsed<Status> parseStatus(ByteView bytes);
Bytes serialize(const Status& value);
void describe(const Status& value, history::FieldSink& sink);

/// Date time, i8 time zone, u8 DST offset, CRC.
struct SessionStartTime {
    DateTime start;               ///< pump local time, whatever the zone says
    std::int8_t timeZone = -128;  ///< 15 min; -128 unknown, which a 780G always sends
    std::uint8_t dstOffset = 255; ///< 15 min; 255 unknown, which a 780G always sends

    /// Of a measurement with this time offset, pump local time. Empty when there is no such date.
    [[nodiscard]] std::optional<LocalSeconds> sampleTime(std::uint16_t timeOffsetMinutes) const;
    friend bool operator==(const SessionStartTime&, const SessionStartTime&) = default;
};
Parsed<SessionStartTime> parseSessionStartTime(ByteView bytes);
Bytes serialize(const SessionStartTime& value);
void describe(const SessionStartTime& value, history::FieldSink& sink);

/// u16 hours, CRC.
struct SessionRunTime {
    std::uint16_t hours = 0; ///< 170: seven days and two hours of warm-up
    /// When the session ends, pump local time.
    [[nodiscard]] std::optional<LocalSeconds> expiry(const SessionStartTime& start) const;
    friend bool operator==(const SessionRunTime&, const SessionRunTime&) = default;
};
Parsed<SessionRunTime> parseSessionRunTime(ByteView bytes);
Bytes serialize(const SessionRunTime& value);
void describe(const SessionRunTime& value, history::FieldSink& sink);

/// u32, u32, u16, no CRC. Units unknown.
struct TimeOfNextCalibration {
    std::uint32_t timestamp = 0;
    std::uint32_t clockId = 0;         ///< 0 on a 780G
    std::uint16_t timeOffset = 0xffff; ///< 0xffff: none
    friend bool operator==(const TimeOfNextCalibration&, const TimeOfNextCalibration&) = default;
};
Parsed<TimeOfNextCalibration> parseTimeOfNextCalibration(ByteView bytes);
Bytes serialize(const TimeOfNextCalibration& value);
void describe(const TimeOfNextCalibration& value, history::FieldSink& sink);

} // namespace protocol::cgm
