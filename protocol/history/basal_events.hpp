// SPDX-License-Identifier: MIT
// Basal, SmartGuard, delivery stopped and restarted: rates in IU/h. The layouts, with offsets and evidence,
// are in docs/protocol/history.md 7, 8 and 12; fields stand here in wire order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/codec/med_float.hpp"

namespace protocol::history {

enum class TbrType : std::uint8_t { Undetermined = 0x0f, Absolute = 0x33, Relative = 0x3c };
enum class TbrEndReason : std::uint8_t {
    Undetermined = 0x0f,
    ProgrammedDurationOver = 0x33,
    Canceled = 0x3c,
    ErrorAbort = 0x55
};
enum class BasalDeliveryContext : std::uint8_t {
    Undetermined = 0x0f,
    DeviceBased = 0x33,
    RemoteControl = 0x3c,
    ApController = 0x55
};
enum class ProfileTemplateType : std::uint8_t {
    Undetermined = 0x0f,
    BasalRate = 0x33,
    Isf = 0x3c,
    CarbRatio = 0x55,
    TargetRange = 0x5a
};
enum class StoppedReason : std::uint8_t {
    AlarmSuspended = 1,
    UserSuspended = 2,
    AutoSuspended = 3,
    LowSgSuspended = 4,
    NotSeated = 5,
    Unknown08 = 8,
    PredictedLowSgSuspended = 10,
};
enum class RestartedReason : std::uint8_t {
    UserSelectsResume = 1,
    UserClearsAlarm = 2,
    LowManualResume = 3,
    LowAutoResumeMaxTime = 4,
    LowAutoResumeSg = 5,
    LowManualResumeByDisable = 6,
};
enum class Cl1TransitionKind : std::uint8_t {
    IntoAuto = 0,
    OutUserOverride = 1,
    OutAlarm = 2,
    OutSafeBasalTimeout = 3,
    OutHighSg = 4
};

// The names of the published examples; "unknown" for unlisted values.
std::string_view name(TbrType value);
std::string_view name(TbrEndReason value);
std::string_view name(BasalDeliveryContext value);
std::string_view name(ProfileTemplateType value);
std::string_view name(StoppedReason value);
std::string_view name(RestartedReason value);
std::string_view name(Cl1TransitionKind value);

struct AutoBasalDelivery {
    std::uint8_t bolusNumber = 0;
    MedFloat amount; ///< IU in one 5-minute step
    friend bool operator==(const AutoBasalDelivery&, const AutoBasalDelivery&) = default;
};
struct MaxAutoBasalRateChanged {
    MedFloat oldRate, newRate;
    friend bool operator==(const MaxAutoBasalRateChanged&, const MaxAutoBasalRateChanged&) = default;
};
struct DeliveredBasalRateChanged {
    enum Flag : std::uint8_t { Context = 1 };
    std::uint8_t flags = 0;
    MedFloat oldRate, newRate; ///< of the programmed pattern, not of what SmartGuard delivers
    std::optional<BasalDeliveryContext> context;
    friend bool operator==(const DeliveredBasalRateChanged&, const DeliveredBasalRateChanged&) = default;
};
struct TherapyContext {
    enum Flag : std::uint8_t {
        SensorEnabled = 1,
        BasalRateActive = 2,
        AutoModeActive = 4,
        DeliveryStopped = 8,
        TbrActive = 16
    };
    std::uint8_t flags = 0;
    std::optional<MedFloat> basalRate;
    std::optional<StoppedReason> stoppedReason;
    std::optional<TbrType> tbrType;
    std::optional<MedFloat> tbrAdjustment; ///< IU/h or factor, by tbrType
    friend bool operator==(const TherapyContext&, const TherapyContext&) = default;
};
struct Cl1Transition {
    Cl1TransitionKind transition{};
    friend bool operator==(const Cl1Transition&, const Cl1Transition&) = default;
};
struct TbrAdjustmentStarted {
    enum Flag : std::uint8_t { TemplateNumber = 1 };
    std::uint8_t flags = 0;
    TbrType tbrType{};
    MedFloat adjustment;
    std::uint16_t durationMinutes = 0;
    std::optional<std::uint8_t> templateNumber;
    friend bool operator==(const TbrAdjustmentStarted&, const TbrAdjustmentStarted&) = default;
};
struct TbrAdjustmentChanged {
    enum Flag : std::uint8_t { TemplateNumber = 1 };
    std::uint8_t flags = 0;
    TbrType tbrType{};
    MedFloat adjustment;
    std::uint16_t durationMinutes = 0;
    std::uint16_t elapsedMinutes = 0;
    std::optional<std::uint8_t> templateNumber;
    friend bool operator==(const TbrAdjustmentChanged&, const TbrAdjustmentChanged&) = default;
};
struct TbrAdjustmentEnded {
    enum Flag : std::uint8_t { TemplateNumber = 1, AnnunciationInstanceId = 2 };
    std::uint8_t flags = 0;
    TbrType tbrType{};
    std::uint16_t effectiveDurationMinutes = 0;
    TbrEndReason endReason{};
    std::optional<std::uint8_t> templateNumber;
    std::optional<std::uint16_t> annunciationInstanceId;
    friend bool operator==(const TbrAdjustmentEnded&, const TbrAdjustmentEnded&) = default;
};
struct TbrTemplateChanged {
    std::uint8_t templateNumber = 0;
    TbrType tbrType{};
    MedFloat adjustment;
    std::uint16_t durationMinutes = 0;
    friend bool operator==(const TbrTemplateChanged&, const TbrTemplateChanged&) = default;
};

struct InsulinDeliveryStopped {
    StoppedReason reason{};
    friend bool operator==(const InsulinDeliveryStopped&, const InsulinDeliveryStopped&) = default;
};
struct InsulinDeliveryRestarted {
    RestartedReason reason{};
    friend bool operator==(const InsulinDeliveryRestarted&, const InsulinDeliveryRestarted&) = default;
};

// Profiles.

struct ProfileTemplateActivated {
    ProfileTemplateType templateType{};
    std::uint8_t oldNumber = 0; ///< 0: none
    std::uint8_t newNumber = 0;
    friend bool operator==(const ProfileTemplateActivated&, const ProfileTemplateActivated&) = default;
};
struct BasalRateTimeBlockChanged {
    std::uint8_t templateNumber = 0, blockNumber = 0;
    std::uint16_t durationMinutes = 0;
    MedFloat rate; ///< IU/h
    friend bool operator==(const BasalRateTimeBlockChanged&, const BasalRateTimeBlockChanged&) = default;
};
struct IsfTimeBlockChanged {
    std::uint8_t templateNumber = 0, blockNumber = 0;
    std::uint16_t durationMinutes = 0;
    MedFloat isf; ///< mg/dL per IU
    friend bool operator==(const IsfTimeBlockChanged&, const IsfTimeBlockChanged&) = default;
};
struct CarbRatioTimeBlockChanged {
    std::uint8_t templateNumber = 0, blockNumber = 0;
    std::uint16_t durationMinutes = 0;
    MedFloat ratio; ///< g per IU
    friend bool operator==(const CarbRatioTimeBlockChanged&, const CarbRatioTimeBlockChanged&) = default;
};
struct TargetRangeTimeBlockChanged {
    std::uint8_t templateNumber = 0, blockNumber = 0;
    std::uint16_t durationMinutes = 0;
    MedFloat lower, upper; ///< mg/dL
    friend bool operator==(const TargetRangeTimeBlockChanged&, const TargetRangeTimeBlockChanged&) = default;
};

} // namespace protocol::history
