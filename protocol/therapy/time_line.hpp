// SPDX-License-Identifier: MIT
// When a record happened, on the pump's own clock. Facts: docs/protocol/history.md 4.2 to 4.4,
// docs/nightscout/mapping.md 5.1.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/codec/date_time.hpp"
#include "protocol/history/record.hpp"

namespace therapy {

/// The event types whose records say what the pump's clock shows.
inline constexpr std::array kReferenceTypes{protocol::history::EventType::NgpReferenceTime,
                                            protocol::history::EventType::ReferenceTime};
[[nodiscard]] bool isReferenceType(std::uint16_t eventType);

/// A reference-time record reduced to what dates other records.
struct Reference {
    std::uint32_t sequenceNumber = 0;
    std::chrono::seconds elapsed{0}; ///< since the previous reference, on the clock before this one
    protocol::history::RecordingReason reason{};
    protocol::LocalSeconds time{}; ///< on the clock from here on
    /// False: its date cannot be read. What follows it counts from it, so that only the next one dates that.
    bool readable = true;
};
/// Empty for other events and for dates that do not exist.
std::optional<Reference> toReference(const protocol::history::Record& record);
/// As it came, also when its date cannot be read; empty for other events.
std::optional<Reference> referenceOf(protocol::ByteView raw);

/// A run of history in which the pump's clock ran undisturbed.
struct ClockSegment {
    std::uint32_t firstSequenceNumber = 0;
    /// How far the clock was moved where this segment begins; empty for the first one, and where the change
    /// is not known (after a loss of date and time).
    std::optional<std::chrono::seconds> clockChange;
};

enum class TimeMethod : std::uint8_t { Reference, BackFromNextReference, RecomputedAfterLoss };

struct LocalTime {
    protocol::LocalSeconds time{};
    TimeMethod method{};
    std::size_t segment = 0;     ///< index into TimeLine::segments(); whose clock `time` is on
    std::uint32_t reference = 0; ///< sequence number of the reference that it was counted from
};

/// Built from the references of one gap-free run of records: across missing sequence numbers a reference
/// could be missing, and every time after it would be wrong.
class TimeLine {
public:
    TimeLine() = default;
    /// Ascending by sequence number; also those that cannot be read.
    explicit TimeLine(std::vector<Reference> references);

    /// Empty when nothing dates the record yet.
    [[nodiscard]] std::optional<LocalTime> localTime(const protocol::history::Header& header) const;
    /// The instant of a measurement that was logged with a minute offset (SG, analytics, BG, calibration):
    /// the governing reference plus the offset, but not after the time of logging.
    [[nodiscard]] std::optional<LocalTime> sampleTime(const protocol::history::Header& header,
                                                      std::int16_t timeOffsetMinutes) const;

    /// Whether the pump had lost its clock where this number was written.
    [[nodiscard]] bool isLost(std::uint32_t sequenceNumber) const;

    [[nodiscard]] std::span<const Reference> references() const { return references_; }
    [[nodiscard]] std::span<const ClockSegment> segments() const { return segments_; }
    /// The change of the clock at reference `index` against the one before; empty when it is not known.
    [[nodiscard]] std::optional<std::chrono::seconds> clockChange(std::size_t index) const;

private:
    struct Origin { ///< the local time at which a record's relative offset is zero
        protocol::LocalSeconds time;
        TimeMethod method;
        std::size_t segment;
        std::uint32_t reference;
    };
    [[nodiscard]] std::optional<Origin> origin(const protocol::history::Header& header) const;
    [[nodiscard]] std::size_t firstNotBefore(std::uint32_t sequenceNumber) const;

    std::vector<Reference> references_;
    std::vector<ClockSegment> segments_;
    std::vector<std::size_t> segmentOfReference_;
    std::vector<bool> onLostClock_; ///< by reference: from here on the clock shows what it fell back to
};

} // namespace therapy
