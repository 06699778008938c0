// SPDX-License-Identifier: MIT
// Status Reader Control Point (vendor 0x0105): the pump's live state by question and answer. Facts:
// docs/protocol/services.md 7. A message is a u16 op code and its operand; no E2E-CRC on a 780G. Durations
// are in minutes, amounts in IU, rates in IU/h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"
#include "protocol/codec/unknown_op_code.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"
#include "protocol/idd/response_code.hpp"
#include "protocol/idd/status_changed.hpp"

namespace protocol::idd::status_reader {

using OpCode = std::uint16_t;

enum class BolusValue : std::uint8_t { Programmed = 0x0f, Remaining = 0x33, Delivered = 0x3c };
enum class CounterType : std::uint8_t {
    IddLifetime = 0x0f,
    Warranty = 0x33,
    Loaner = 0x3c,
    ReservoirInsulinOperationTime = 0x55
};
enum class CounterValue : std::uint8_t { Remaining = 0x0f, Elapsed = 0x33 };
enum class AutoModeShield : std::uint8_t {
    OpenLoop = 1,
    AutoBasal = 2, ///< SmartGuard delivers
    SafeBasal = 3, ///< SmartGuard without usable sensor values
};
enum class AutoModeReadiness : std::uint8_t {
    NoActionRequired = 0,
    BgRequired = 1,
    ProcessingBg = 2,
    WaitingToEnterBg = 3,
    CalibrationRequired = 4,
    BgRecommended = 5
};
enum class SuspendState : std::uint8_t { OnSgUnavailable = 0, OnSuspended = 1, On = 2 };
enum class ActiveInsulinResolution : std::uint8_t { Tenths = 0, Hundredths = 1, Thousandths = 2 };
enum class Language : std::uint8_t { German = 0, Korean = 22 };             ///< 7.10 lists those between
enum class CalibrationIcon : std::uint8_t { None = 0, HclRequiresBg = 15 }; ///< 7.12 lists those between

// The names of the published examples; "unknown" for unlisted values.
std::string_view name(BolusValue value);
std::string_view name(CounterType value);
std::string_view name(CounterValue value);
std::string_view name(AutoModeShield value);
std::string_view name(AutoModeReadiness value);
std::string_view name(SuspendState value);
std::string_view name(ActiveInsulinResolution value);
std::string_view name(Language value);
std::string_view name(CalibrationIcon value);

// --- requests ---

/// Makes the pump indicate changes of these kinds again. Reset only what was acted upon.
struct ResetStatus {
    static constexpr OpCode kOpCode = 0x030c;
    StatusChanged changes;
    friend bool operator==(const ResetStatus&, const ResetStatus&) = default;
};
struct GetActiveBolusIds {
    static constexpr OpCode kOpCode = 0x0330;
    friend bool operator==(const GetActiveBolusIds&, const GetActiveBolusIds&) = default;
};
struct GetActiveBolusDelivery {
    static constexpr OpCode kOpCode = 0x0356;
    std::uint16_t bolusId = 0;
    BolusValue selection = BolusValue::Delivered;
    friend bool operator==(const GetActiveBolusDelivery&, const GetActiveBolusDelivery&) = default;
};
struct GetActiveBasalRateDelivery {
    static constexpr OpCode kOpCode = 0x0365;
    friend bool operator==(const GetActiveBasalRateDelivery&, const GetActiveBasalRateDelivery&) = default;
};
struct GetTotalDailyInsulin {
    static constexpr OpCode kOpCode = 0x0395;
    friend bool operator==(const GetTotalDailyInsulin&, const GetTotalDailyInsulin&) = default;
};
struct GetCounter {
    static constexpr OpCode kOpCode = 0x03a6;
    CounterType type = CounterType::ReservoirInsulinOperationTime;
    CounterValue selection = CounterValue::Elapsed;
    friend bool operator==(const GetCounter&, const GetCounter&) = default;
};
struct GetDeliveredInsulin {
    static constexpr OpCode kOpCode = 0x03c0;
    friend bool operator==(const GetDeliveredInsulin&, const GetDeliveredInsulin&) = default;
};
struct GetInsulinOnBoard {
    static constexpr OpCode kOpCode = 0x03f3;
    friend bool operator==(const GetInsulinOnBoard&, const GetInsulinOnBoard&) = default;
};
struct GetTherapyAlgorithmStates {
    static constexpr OpCode kOpCode = 0x03fd;
    friend bool operator==(const GetTherapyAlgorithmStates&, const GetTherapyAlgorithmStates&) = default;
};
struct GetDisplayFormat {
    static constexpr OpCode kOpCode = 0x03ff;
    friend bool operator==(const GetDisplayFormat&, const GetDisplayFormat&) = default;
};
struct GetTimeInRange {
    static constexpr OpCode kOpCode = 0x0401;
    friend bool operator==(const GetTimeInRange&, const GetTimeInRange&) = default;
};
// A 780G refuses the next three as not supported.
struct GetSensorWarmUpTimeRemaining {
    static constexpr OpCode kOpCode = 0x0403;
    friend bool operator==(const GetSensorWarmUpTimeRemaining&,
                           const GetSensorWarmUpTimeRemaining&) = default;
};
struct GetSensorCalibrationStatusIcon {
    static constexpr OpCode kOpCode = 0x0405;
    friend bool operator==(const GetSensorCalibrationStatusIcon&,
                           const GetSensorCalibrationStatusIcon&) = default;
};
struct GetEarlySensorCalibrationTime {
    static constexpr OpCode kOpCode = 0x0407;
    friend bool operator==(const GetEarlySensorCalibrationTime&,
                           const GetEarlySensorCalibrationTime&) = default;
};

/// Everything that can be asked. None of it changes anything but which changes are indicated.
using Request =
    std::variant<ResetStatus, GetActiveBolusIds, GetActiveBolusDelivery, GetActiveBasalRateDelivery,
                 GetTotalDailyInsulin, GetCounter, GetDeliveredInsulin, GetInsulinOnBoard,
                 GetTherapyAlgorithmStates, GetDisplayFormat, GetTimeInRange, GetSensorWarmUpTimeRemaining,
                 GetSensorCalibrationStatusIcon, GetEarlySensorCalibrationTime>;
Bytes serialize(const Request& request);

/// The pump's side of a request, and what a capture may hold: other op codes too, so never to be written.
using AnyRequest =
    std::variant<UnknownOpCode<OpCode>, ResetStatus, GetActiveBolusIds, GetActiveBolusDelivery,
                 GetActiveBasalRateDelivery, GetTotalDailyInsulin, GetCounter, GetDeliveredInsulin,
                 GetInsulinOnBoard, GetTherapyAlgorithmStates, GetDisplayFormat, GetTimeInRange,
                 GetSensorWarmUpTimeRemaining, GetSensorCalibrationStatusIcon, GetEarlySensorCalibrationTime>;
Parsed<AnyRequest> parseRequest(ByteView bytes);
void describe(const AnyRequest& request, history::FieldSink& sink);

// --- responses ---

/// May answer any request: look for it before looking for the answer that was asked for.
struct GeneralResponse {
    static constexpr OpCode kOpCode = 0x0303;
    OpCode request = 0;
    ResponseCode code{};
    friend bool operator==(const GeneralResponse&, const GeneralResponse&) = default;
};
struct ActiveBolusIds {
    static constexpr OpCode kOpCode = 0x033f;
    std::vector<std::uint16_t> bolusIds; ///< up to 7 by the specification
    friend bool operator==(const ActiveBolusIds&, const ActiveBolusIds&) = default;
};
struct ActiveBolusDelivery {
    static constexpr OpCode kOpCode = 0x0359;
    enum Flag : std::uint8_t {
        DelayTime = 1,
        TemplateNumber = 2,
        ActivationType = 4,
        ReasonCorrection = 8,
        ReasonMeal = 16
    };
    std::uint8_t flags = 0;
    std::uint16_t bolusId = 0;
    history::BolusType bolusType{};
    MedFloat fastAmount, extendedAmount;
    std::uint16_t durationMinutes = 0; ///< of the delivered value: elapsed since programming; 0 for fast
    std::optional<std::uint16_t> delayTimeMinutes; ///< 0xffff for the delivered value
    std::optional<std::uint8_t> templateNumber;
    std::optional<history::BolusActivation> activationType;
    friend bool operator==(const ActiveBolusDelivery&, const ActiveBolusDelivery&) = default;
};
struct ActiveBasalRateDelivery {
    static constexpr OpCode kOpCode = 0x036a;
    enum Flag : std::uint8_t { Tbr = 1, TbrTemplateNumber = 2, Context = 4 };
    std::uint8_t flags = 0;
    std::uint8_t profileTemplateNumber = 0;
    MedFloat configuredRate; ///< 0 in SmartGuard, which does not mean that nothing is delivered
    std::optional<history::TbrType> tbrType;
    std::optional<MedFloat> tbrAdjustment; ///< IU/h or factor, by tbrType
    std::optional<std::uint16_t> tbrProgrammedMinutes;
    std::optional<std::uint16_t> tbrRemainingMinutes;
    std::optional<std::uint8_t> tbrTemplateNumber; ///< only with Tbr
    std::optional<history::BasalDeliveryContext> context;
    friend bool operator==(const ActiveBasalRateDelivery&, const ActiveBasalRateDelivery&) = default;
};
/// Since midnight of the pump's clock. SFLOAT or FLOAT, told by the length.
struct TotalDailyInsulin {
    static constexpr OpCode kOpCode = 0x039a;
    MedFloat bolus, basal, total;
    friend bool operator==(const TotalDailyInsulin&, const TotalDailyInsulin&) = default;
};
struct Counter {
    static constexpr OpCode kOpCode = 0x03a9;
    CounterType type{};
    CounterValue selection{};
    std::int32_t minutes = 0; ///< negative: expired that long ago
    friend bool operator==(const Counter&, const Counter&) = default;
};
/// Since the last rollover of the pump's counters, whenever that was.
struct DeliveredInsulin {
    static constexpr OpCode kOpCode = 0x03cf;
    MedFloat bolus, basal;
    friend bool operator==(const DeliveredInsulin&, const DeliveredInsulin&) = default;
};
/// The pump's "active insulin": of boluses, without SmartGuard's basal.
struct InsulinOnBoard {
    static constexpr OpCode kOpCode = 0x03fc;
    enum Flag : std::uint8_t { RemainingDuration = 1, PartialStatus = 2 };
    std::uint8_t flags = 0;
    MedFloat amount;
    std::optional<std::uint16_t> remainingMinutes;
    std::optional<std::uint16_t> partialStatusMinutes;   ///< unit unconfirmed
    std::optional<std::uint16_t> partialStatusRemaining; ///< unit unconfirmed
    friend bool operator==(const InsulinOnBoard&, const InsulinOnBoard&) = default;
};
struct TherapyAlgorithmStates {
    static constexpr OpCode kOpCode = 0x03fe;
    enum Flag : std::uint16_t {
        AutoMode = 1,
        Lgs = 2,
        Plgm = 4,
        TempTarget = 8,
        WaitToCalibrate = 16,
        SafeBasal = 32
    };
    std::uint16_t flags = 0;
    std::optional<AutoModeShield> shield;
    std::optional<AutoModeReadiness> readiness;
    std::optional<SuspendState> plgm;                        ///< suspend before low
    std::optional<SuspendState> lgs;                         ///< suspend on low
    std::optional<std::uint16_t> tempTargetRemainingMinutes; ///< there: exercise target 150 mg/dL active
    std::optional<std::uint16_t> waitToCalibrateMinutes;     ///< unit unconfirmed
    std::optional<std::uint16_t> safeBasalMinutes;           ///< unit unconfirmed
    friend bool operator==(const TherapyAlgorithmStates&, const TherapyAlgorithmStates&) = default;
};
struct DisplayFormat {
    static constexpr OpCode kOpCode = 0x0400;
    enum Flag : std::uint8_t { Hours24 = 1, NotEnglish = 2, CarbExchanges = 4 };
    std::uint8_t flags = 0;           ///< bits 6 and 7: resolution()
    std::optional<Language> language; ///< with NotEnglish
    [[nodiscard]] ActiveInsulinResolution resolution() const {
        return static_cast<ActiveInsulinResolution>(flags >> 6U);
    }
    friend bool operator==(const DisplayFormat&, const DisplayFormat&) = default;
};
/// Percent; above, below and in range make 100. Of 24 h, unconfirmed.
struct TimeInRange {
    static constexpr OpCode kOpCode = 0x0402;
    std::uint8_t notEnoughData = 0;
    std::uint8_t abovePercent = 0, belowPercent = 0, inRangePercent = 0, smartGuardPercent = 0;
    friend bool operator==(const TimeInRange&, const TimeInRange&) = default;
};
struct SensorWarmUpTimeRemaining {
    static constexpr OpCode kOpCode = 0x0404;
    std::uint8_t hours = 0; ///< unit unconfirmed
    friend bool operator==(const SensorWarmUpTimeRemaining&, const SensorWarmUpTimeRemaining&) = default;
};
struct SensorCalibrationStatusIcon {
    static constexpr OpCode kOpCode = 0x0406;
    CalibrationIcon icon{};
    friend bool operator==(const SensorCalibrationStatusIcon&, const SensorCalibrationStatusIcon&) = default;
};
struct EarlySensorCalibrationTime {
    static constexpr OpCode kOpCode = 0x0408;
    std::uint8_t hours = 0, minutes = 0;
    friend bool operator==(const EarlySensorCalibrationTime&, const EarlySensorCalibrationTime&) = default;
};

using Response =
    std::variant<UnknownOpCode<OpCode>, GeneralResponse, ActiveBolusIds, ActiveBolusDelivery,
                 ActiveBasalRateDelivery, TotalDailyInsulin, Counter, DeliveredInsulin, InsulinOnBoard,
                 TherapyAlgorithmStates, DisplayFormat, TimeInRange, SensorWarmUpTimeRemaining,
                 SensorCalibrationStatusIcon, EarlySensorCalibrationTime>;
Parsed<Response> parseResponse(ByteView bytes);
Bytes serialize(const Response& response);
void describe(const Response& response, history::FieldSink& sink);

} // namespace protocol::idd::status_reader
