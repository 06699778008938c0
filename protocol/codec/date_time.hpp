// SPDX-License-Identifier: MIT
// Pump clock readings: local wall-clock time without zone. Facts: docs/protocol/numbers.md 3.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/cursor.hpp"

namespace protocol {

using LocalSeconds = std::chrono::local_seconds;

/// The 7-byte date time of the Bluetooth SIG. Fields are kept as they came.
struct DateTime {
    std::uint16_t year = 0;
    std::uint8_t month = 0;
    std::uint8_t day = 0;
    std::uint8_t hour = 0;
    std::uint8_t minute = 0;
    std::uint8_t second = 0;

    /// For the years 0..65535.
    static DateTime from(LocalSeconds time);
    /// Empty when the year, month or day is unknown (0), the year is outside 1582..9999, or there is no such
    /// date or time of day.
    [[nodiscard]] std::optional<LocalSeconds> local() const;

    friend auto operator<=>(const DateTime&, const DateTime&) = default;
};

/// `field` names the whole of it; an error blames the bytes that are missing.
DateTime readDateTime(Reader& reader, std::string_view field);
void writeDateTime(Writer& writer, const DateTime& value);

/// "2026-03-29T03:19:47"; a date that does not exist is printed as it came.
std::string toString(const DateTime& value);
std::string toString(LocalSeconds value);

/// Current Time (0x2A2B), 10 bytes.
struct CurrentTime {
    DateTime dateTime;
    std::uint8_t dayOfWeek = 0;    ///< 1 Monday .. 7 Sunday, 0 unknown
    std::uint8_t fractions256 = 0; ///< 1/256 s
    std::uint8_t adjustReason = 0; ///< bit 0 manual, 1 external reference, 2 zone change, 3 DST change

    friend bool operator==(const CurrentTime&, const CurrentTime&) = default;
};
Parsed<CurrentTime> parseCurrentTime(ByteView bytes);
Bytes serialize(const CurrentTime& value);

/// Annunciation time stamps: seconds since 2000-01-01 00:00:00 of the pump's clock.
LocalSeconds fromPumpEpoch(std::uint32_t seconds);
/// A time before 2000 or beyond 32 bits becomes the nearer end.
std::uint32_t toPumpEpoch(LocalSeconds time);

} // namespace protocol
