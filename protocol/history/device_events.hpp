// SPDX-License-Identifier: MIT
// Reference times and what the pump says of itself. The layouts, with offsets and evidence, are in
// docs/protocol/history.md 10 and 12; fields stand here in wire order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/date_time.hpp"
#include "protocol/codec/med_float.hpp"

namespace protocol::history {

enum class RecordingReason : std::uint8_t {
    Undetermined = 0x0f,
    SetDateTime = 0x33,
    Periodic = 0x3c,
    DateTimeLoss = 0x55
};
enum class TherapyControlState : std::uint8_t { Undetermined = 0x0f, Stop = 0x33, Pause = 0x3c, Run = 0x55 };
enum class OperationalState : std::uint8_t {
    Undetermined = 0x0f,
    Off = 0x33,
    Standby = 0x3c,
    Preparing = 0x55,
    Priming = 0x5a,
    Waiting = 0x66,
    Ready = 0x96,
};
enum class PrimingEndReason : std::uint8_t {
    Undetermined = 0x0f,
    AbortedByUser = 0x33,
    ProgrammedAmountReached = 0x3c,
    ErrorAbort = 0x55
};

// The names of the published examples; "unknown" for unlisted values.
std::string_view name(RecordingReason value);
std::string_view name(TherapyControlState value);
std::string_view name(OperationalState value);
std::string_view name(PrimingEndReason value);

struct ReferenceTime {
    RecordingReason recordingReason{};
    DateTime dateTime;
    std::int8_t timeZone = 0;   ///< 15 min; -128 unknown
    std::uint8_t dstOffset = 0; ///< 15 min; 255 unknown
    friend bool operator==(const ReferenceTime&, const ReferenceTime&) = default;
};
struct ReferenceTimeBaseOffset {
    RecordingReason recordingReason{};
    DateTime baseTime;
    std::int16_t timeOffsetMinutes = 0;
    friend bool operator==(const ReferenceTimeBaseOffset&, const ReferenceTimeBaseOffset&) = default;
};
struct NgpReferenceTime {
    RecordingReason recordingReason{};
    DateTime dateTime;
    friend bool operator==(const NgpReferenceTime&, const NgpReferenceTime&) = default;
};

struct TotalDailyInsulinDelivery {
    enum Flag : std::uint8_t { DateTimeChanged = 1 };
    std::uint8_t flags = 0;
    MedFloat bolus, basal; ///< IU
    std::uint16_t year = 0;
    std::uint8_t month = 0, day = 0;
    friend bool operator==(const TotalDailyInsulinDelivery&, const TotalDailyInsulinDelivery&) = default;
};
struct TherapyControlStateChanged {
    TherapyControlState oldState{}, newState{};
    friend bool operator==(const TherapyControlStateChanged&, const TherapyControlStateChanged&) = default;
};
struct OperationalStateChanged {
    OperationalState oldState{}, newState{};
    friend bool operator==(const OperationalStateChanged&, const OperationalStateChanged&) = default;
};
struct ReservoirRemainingAmountChanged {
    MedFloat remaining; ///< IU
    friend bool operator==(const ReservoirRemainingAmountChanged&,
                           const ReservoirRemainingAmountChanged&) = default;
};
struct PrimingStarted {
    MedFloat programmed; ///< IU
    friend bool operator==(const PrimingStarted&, const PrimingStarted&) = default;
};
struct PrimingDone {
    enum Flag : std::uint8_t { AnnunciationInstanceId = 1 };
    std::uint8_t flags = 0;
    MedFloat delivered; ///< IU
    PrimingEndReason reason{};
    std::optional<std::uint16_t> annunciationInstanceId;
    friend bool operator==(const PrimingDone&, const PrimingDone&) = default;
};
struct DataCorruption {
    friend bool operator==(const DataCorruption&, const DataCorruption&) = default;
};
struct PointerEvent {
    friend bool operator==(const PointerEvent&, const PointerEvent&) = default;
};

} // namespace protocol::history
