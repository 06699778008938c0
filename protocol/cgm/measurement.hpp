// SPDX-License-Identifier: MIT
// CGM Measurement (0x2AA7). Facts: docs/protocol/services.md 10.3. Sent only when it was asked for
// (racp.hpp).
//
//   offset  type    field                       present if
//   0       u8      size, of all with the CRC
//   1       u8      flags
//   2       SFLOAT  glucose, mg/dL
//   4       u16     time offset, min since session start
//   6       u8      status byte                flag bit 7
//   +0      u8      cal/temp byte              flag bit 6
//   +1      u8      warning byte               flag bit 5
//   +2      SFLOAT  trend, mg/dL/min            flag bit 0
//   +4      SFLOAT  quality                     flag bit 1
//   end     u16     E2E-CRC
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/history/record.hpp"

namespace protocol::cgm {

struct Measurement {
    enum Flag : std::uint8_t { Trend = 1, Quality = 2, Warning = 32, CalTemp = 64, Status = 128 };
    std::uint8_t flags = 0;
    MedFloat glucose;                    ///< mg/dL
    std::uint16_t timeOffsetMinutes = 0; ///< since session start: a new session begins near 0
    std::uint8_t status = 0;             ///< 0 where the flags have none, as are the next two
    std::uint8_t calTemp = 0;
    std::uint8_t warning = 0;
    std::optional<MedFloat> trend;   ///< mg/dL/min
    std::optional<MedFloat> quality; ///< per cent by the specification; 10 in all captures, scale unconfirmed

    /// Bytes on the wire.
    [[nodiscard]] std::uint8_t size() const;
    /// The three bytes as the specification numbers their bits (10.3), 0..23.
    [[nodiscard]] std::uint32_t statusBits() const {
        return status | static_cast<std::uint32_t>(calTemp) << 8U |
               static_cast<std::uint32_t>(warning) << 16U;
    }
    /// Rounded to whole mg/dL; empty for 0, by which the pump says "no displayable glucose" (off scale,
    /// warm-up, sensor updating: IDD Status or the history tell which), and for special values.
    [[nodiscard]] std::optional<int> glucoseMgDl() const;

    friend bool operator==(const Measurement&, const Measurement&) = default;
};

/// One record. A size byte that is not the record's length: Truncated or Trailing.
Parsed<Measurement> parseMeasurement(ByteView bytes);
Bytes serialize(const Measurement& value);
void describe(const Measurement& value, history::FieldSink& sink);

/// Joins decrypted notifications to records by their size byte: at a small MTU a record comes in pieces, and
/// one notification may hold several.
class MeasurementAssembler {
public:
    /// The records that `piece` completes, oldest first. Bytes that cannot begin a record are handed out as
    /// they are, so that parsing them tells; joining starts anew after them.
    std::vector<Bytes> add(ByteView piece);
    /// At the start of each request, and when the link is lost.
    void clear() { pending_.clear(); }
    /// Bytes of a record that is not complete.
    [[nodiscard]] std::size_t pending() const { return pending_.size(); }

private:
    Bytes pending_;
};

} // namespace protocol::cgm
