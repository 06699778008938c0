// SPDX-License-Identifier: MIT
// Every event of the pump's history as a value. The layouts, with offsets and evidence, are in
// docs/protocol/history.md 6 to 12; fields stand here in wire order. Flags octets are kept whole, so that
// bits without a meaning survive; an optional field is present exactly when its flag says so.
//
// Enumerations keep values that are not listed: compare with the enumerators, print with name().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/med_float.hpp"

namespace protocol::history {

enum class EventType : std::uint16_t {
    ReferenceTime = 0x000f,
    ReferenceTimeBaseOffset = 0x0033,
    BolusCalculatedPart1 = 0x003c,
    BolusCalculatedPart2 = 0x0055,
    BolusProgrammedPart1 = 0x005a,
    BolusProgrammedPart2 = 0x0066,
    BolusDeliveredPart1 = 0x0069,
    BolusDeliveredPart2 = 0x0096,
    DeliveredBasalRateChanged = 0x0099,
    TbrAdjustmentStarted = 0x00a5,
    TbrAdjustmentEnded = 0x00aa,
    TbrAdjustmentChanged = 0x00c3,
    ProfileTemplateActivated = 0x00cc,
    BasalRateTimeBlockChanged = 0x00f0,
    TotalDailyInsulinDelivery = 0x00ff,
    TherapyControlStateChanged = 0x0303,
    OperationalStateChanged = 0x030c,
    ReservoirRemainingAmountChanged = 0x0330,
    AnnunciationStatusChangedPart1 = 0x033f,
    AnnunciationStatusChangedPart2 = 0x0356,
    IsfTimeBlockChanged = 0x0359,
    CarbRatioTimeBlockChanged = 0x0365,
    TargetRangeTimeBlockChanged = 0x036a,
    PrimingStarted = 0x0395,
    PrimingDone = 0x039a,
    DataCorruption = 0x03a6,
    PointerEvent = 0x03a9,
    BolusTemplateChangedPart1 = 0x03c0,
    BolusTemplateChangedPart2 = 0x03cf,
    TbrTemplateChanged = 0x03f3,
    MaxBolusAmountChanged = 0x03fc,
    AutoBasalDelivery = 0xf001,
    Cl1Transition = 0xf002,
    TherapyContext = 0xf004,
    Meal = 0xf005,
    BgReading = 0xf007,
    CalibrationComplete = 0xf008,
    CalibrationRejected = 0xf009,
    InsulinDeliveryStopped = 0xf00a,
    InsulinDeliveryRestarted = 0xf00b,
    SgMeasurement = 0xf00c,
    CgmAnalyticsDataBackfill = 0xf00d,
    NgpReferenceTime = 0xf00e,
    AnnunciationCleared = 0xf00f,
    AnnunciationConsolidated = 0xf010,
    MaxAutoBasalRateChanged = 0xf01a,
};

enum class RecordingReason : std::uint8_t {
    Undetermined = 0x0f,
    SetDateTime = 0x33,
    Periodic = 0x3c,
    DateTimeLoss = 0x55
};
enum class BolusType : std::uint8_t {
    Undetermined = 0x0f,
    Fast = 0x33,
    Extended = 0x3c,
    Multiwave = 0x55,
    MultiwaveAlias = 0xff, ///< in one decoder only; means Multiwave
};
enum class BolusActivation : std::uint8_t {
    Undetermined = 0x0f,
    Manual = 0x33,
    Recommended = 0x3c,
    ManuallyChangedRecommended = 0x55,
    Commanded = 0x5a, ///< without the user: SmartGuard auto correction
};
enum class BolusEndReason : std::uint8_t {
    Undetermined = 0x0f,
    ProgrammedAmountDelivered = 0x33,
    Canceled = 0x3c,
    ErrorAbort = 0x55
};
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
enum class AnnunciationStatus : std::uint8_t {
    Undetermined = 0x0f,
    Pending = 0x33,
    Snoozed = 0x3c,
    Confirmed = 0x55
};
enum class PrimingEndReason : std::uint8_t {
    Undetermined = 0x0f,
    AbortedByUser = 0x33,
    ProgrammedAmountReached = 0x3c,
    ErrorAbort = 0x55
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

// The names of the published examples ("auto correction" is "commanded"); "unknown" for unlisted values.
std::string_view name(RecordingReason value);
std::string_view name(BolusType value);
std::string_view name(BolusActivation value);
std::string_view name(BolusEndReason value);
std::string_view name(TbrType value);
std::string_view name(TbrEndReason value);
std::string_view name(BasalDeliveryContext value);
std::string_view name(ProfileTemplateType value);
std::string_view name(TherapyControlState value);
std::string_view name(OperationalState value);
std::string_view name(AnnunciationStatus value);
std::string_view name(PrimingEndReason value);
std::string_view name(StoppedReason value);
std::string_view name(RestartedReason value);
std::string_view name(Cl1TransitionKind value);

// --- reference times (10) ---

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

// --- boluses (6), amounts in IU ---

struct Meal {
    MedFloat foodGrams;
    friend bool operator==(const Meal&, const Meal&) = default;
};
struct BolusCalculatedPart1 {
    MedFloat recommendedFastMeal, recommendedFastCorrection, recommendedExtendedMeal,
        recommendedExtendedCorrection;
    friend bool operator==(const BolusCalculatedPart1&, const BolusCalculatedPart1&) = default;
};
struct BolusCalculatedPart2 {
    MedFloat confirmedFastMeal, confirmedFastCorrection, confirmedExtendedMeal, confirmedExtendedCorrection;
    friend bool operator==(const BolusCalculatedPart2&, const BolusCalculatedPart2&) = default;
};
struct BolusProgrammedPart1 {
    std::uint16_t bolusId = 0; ///< counts modulo 256 together with AutoBasalDelivery: never a key
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0; ///< 0 for fast boluses
    friend bool operator==(const BolusProgrammedPart1&, const BolusProgrammedPart1&) = default;
};
struct BolusProgrammedPart2 {
    enum Flag : std::uint8_t {
        DelayTime = 1,
        TemplateNumber = 2,
        ActivationType = 4,
        ReasonCorrection = 8,
        ReasonMeal = 16
    };
    std::uint8_t flags = 0;
    std::optional<std::uint16_t> delayTimeMinutes;
    std::optional<std::uint8_t> templateNumber;
    std::optional<BolusActivation> activationType;
    friend bool operator==(const BolusProgrammedPart2&, const BolusProgrammedPart2&) = default;
};
struct BolusDeliveredPart1 {
    std::uint16_t bolusId = 0;
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0; ///< effective duration, 0 for fast boluses
    friend bool operator==(const BolusDeliveredPart1&, const BolusDeliveredPart1&) = default;
};
struct BolusDeliveredPart2 {
    enum Flag : std::uint8_t { ActivationType = 1, EndReason = 2, AnnunciationInstanceId = 4 };
    std::uint8_t flags = 0;
    std::uint32_t startTimeOffset = 0; ///< seconds after part 1
    std::optional<BolusActivation> activationType;
    std::optional<BolusEndReason> endReason; ///< undetermined also for complete boluses
    std::optional<std::uint16_t> annunciationInstanceId;
    friend bool operator==(const BolusDeliveredPart2&, const BolusDeliveredPart2&) = default;
};
struct MaxBolusAmountChanged {
    MedFloat oldAmount, newAmount;
    friend bool operator==(const MaxBolusAmountChanged&, const MaxBolusAmountChanged&) = default;
};

// --- basal and SmartGuard (7), rates in IU/h ---

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

// --- delivery stopped and restarted (8) ---

struct InsulinDeliveryStopped {
    StoppedReason reason{};
    friend bool operator==(const InsulinDeliveryStopped&, const InsulinDeliveryStopped&) = default;
};
struct InsulinDeliveryRestarted {
    RestartedReason reason{};
    friend bool operator==(const InsulinDeliveryRestarted&, const InsulinDeliveryRestarted&) = default;
};

// --- glucose (9) ---

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

// --- annunciations (11) ---

/// Up to eight octets that follow an annunciation's time stamp; their meaning depends on the fault.
struct AuxInfo {
    std::array<std::uint8_t, 8> octets{};
    std::uint8_t size = 0;
    [[nodiscard]] ByteView view() const { return ByteView(octets).first(size); }
    friend bool operator==(const AuxInfo&, const AuxInfo&) = default;
};
struct AnnunciationConsolidated {
    enum Flag : std::uint8_t { Aux1 = 1, Aux2 = 2, Aux3 = 4, Aux4 = 8, Aux5 = 16, Aux6 = 32, Silenced = 64 };
    std::uint8_t flags = 0;
    std::uint16_t instanceId = 0;
    std::uint16_t annunciationType = 0; ///< 0xf000 + fault id
    AnnunciationStatus status{};
    std::optional<std::uint32_t>
        timestamp; ///< seconds since 2000-01-01 of the pump's clock; with flags Aux1 and Aux2
    AuxInfo aux;
    [[nodiscard]] std::uint16_t faultId() const { return annunciationType & 0x0fffU; }
    friend bool operator==(const AnnunciationConsolidated&, const AnnunciationConsolidated&) = default;
};
struct AnnunciationCleared {
    std::uint16_t faultId = 0;
    std::uint16_t instanceId = 0;
    friend bool operator==(const AnnunciationCleared&, const AnnunciationCleared&) = default;
};
struct AnnunciationStatusChangedPart1 {
    enum Flag : std::uint8_t { Aux1 = 1, Aux2 = 2 };
    std::uint8_t flags = 0;
    std::uint16_t instanceId = 0;
    std::uint16_t annunciationType = 0; ///< a SIG type; its numbers collide with the vendor's fault ids
    AnnunciationStatus status{};
    std::array<std::optional<std::array<std::uint8_t, 2>>, 2> aux; ///< AuxInfo 1 and 2
    friend bool operator==(const AnnunciationStatusChangedPart1&,
                           const AnnunciationStatusChangedPart1&) = default;
};
struct AnnunciationStatusChangedPart2 {
    enum Flag : std::uint8_t { Aux3 = 1, Aux4 = 2, Aux5 = 4 };
    std::uint8_t flags = 0;
    std::array<std::optional<std::array<std::uint8_t, 2>>, 3> aux; ///< AuxInfo 3 to 5
    friend bool operator==(const AnnunciationStatusChangedPart2&,
                           const AnnunciationStatusChangedPart2&) = default;
};

/// "lost_sensor_signal_alert"; empty when the fault has no published name.
std::string_view faultName(std::uint16_t faultId);

// --- other SIG events (12) ---

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
struct BolusTemplateChangedPart1 {
    std::uint8_t templateNumber = 0;
    BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0;
    friend bool operator==(const BolusTemplateChangedPart1&, const BolusTemplateChangedPart1&) = default;
};
struct BolusTemplateChangedPart2 {
    enum Flag : std::uint8_t { DelayTime = 1, ReasonCorrection = 2, ReasonMeal = 4 };
    std::uint8_t flags = 0;
    std::optional<std::uint16_t> delayTimeMinutes;
    friend bool operator==(const BolusTemplateChangedPart2&, const BolusTemplateChangedPart2&) = default;
};
struct TbrTemplateChanged {
    std::uint8_t templateNumber = 0;
    TbrType tbrType{};
    MedFloat adjustment;
    std::uint16_t durationMinutes = 0;
    friend bool operator==(const TbrTemplateChanged&, const TbrTemplateChanged&) = default;
};

/// A type without a known layout, kept whole.
struct UnknownEvent {
    Bytes raw;
    friend bool operator==(const UnknownEvent&, const UnknownEvent&) = default;
};

using EventVariant = std::variant<
    UnknownEvent, ReferenceTime, ReferenceTimeBaseOffset, NgpReferenceTime, Meal, BolusCalculatedPart1,
    BolusCalculatedPart2, BolusProgrammedPart1, BolusProgrammedPart2, BolusDeliveredPart1,
    BolusDeliveredPart2, MaxBolusAmountChanged, AutoBasalDelivery, MaxAutoBasalRateChanged,
    DeliveredBasalRateChanged, TherapyContext, Cl1Transition, TbrAdjustmentStarted, TbrAdjustmentChanged,
    TbrAdjustmentEnded, InsulinDeliveryStopped, InsulinDeliveryRestarted, SgMeasurement,
    CgmAnalyticsDataBackfill, BgReading, CalibrationComplete, CalibrationRejected, AnnunciationConsolidated,
    AnnunciationCleared, AnnunciationStatusChangedPart1, AnnunciationStatusChangedPart2,
    ProfileTemplateActivated, BasalRateTimeBlockChanged, IsfTimeBlockChanged, CarbRatioTimeBlockChanged,
    TargetRangeTimeBlockChanged, TotalDailyInsulinDelivery, TherapyControlStateChanged,
    OperationalStateChanged, ReservoirRemainingAmountChanged, PrimingStarted, PrimingDone, DataCorruption,
    PointerEvent, BolusTemplateChangedPart1, BolusTemplateChangedPart2, TbrTemplateChanged>;

/// The event of a record. A class of its own, so that copying, destroying and comparing so many alternatives
/// is compiled once and not by each source that holds a record.
class EventData : public EventVariant {
public:
    using EventVariant::EventVariant;
    EventData() noexcept = default;
    EventData(const EventData& other);
    EventData(EventData&& other) noexcept;
    EventData& operator=(const EventData& other);
    EventData& operator=(EventData&& other) noexcept;
    ~EventData();

    friend bool operator==(const EventData& left, const EventData& right);
};

} // namespace protocol::history
