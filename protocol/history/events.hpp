// SPDX-License-Identifier: MIT
// Every event of the pump's history as a value; by subject in *_events.hpp. Flags bytes are kept whole, so
// that bits without a meaning survive; an optional field is present exactly when its flag says so.
//
// Enumerations keep values that are not listed: compare with the enumerators, print with name().
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <variant>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/annunciation_events.hpp"
#include "protocol/history/basal_events.hpp"
#include "protocol/history/bolus_events.hpp"
#include "protocol/history/device_events.hpp"
#include "protocol/history/glucose_events.hpp"

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

/// A type without a known layout, kept whole.
struct UnknownEvent {
    Bytes raw;
    friend bool operator==(const UnknownEvent&, const UnknownEvent&) = default;
};

template <typename T>
struct KnownEvent {
    using Event = T;
    EventType type;
    std::string_view name;
};
template <typename... Event>
constexpr std::tuple<KnownEvent<Event>...> listEvents(KnownEvent<Event>... events) {
    return {events...};
}

/// Every event with a layout, by number: the one list of them. The names are those of the published examples.
inline constexpr auto kKnownEvents = listEvents( //
    KnownEvent<ReferenceTime>{EventType::ReferenceTime, "reference_time"},
    KnownEvent<ReferenceTimeBaseOffset>{EventType::ReferenceTimeBaseOffset, "reference_time_base_offset"},
    KnownEvent<BolusCalculatedPart1>{EventType::BolusCalculatedPart1, "bolus_calculated_p1"},
    KnownEvent<BolusCalculatedPart2>{EventType::BolusCalculatedPart2, "bolus_calculated_p2"},
    KnownEvent<BolusProgrammedPart1>{EventType::BolusProgrammedPart1, "bolus_programmed_p1"},
    KnownEvent<BolusProgrammedPart2>{EventType::BolusProgrammedPart2, "bolus_programmed_p2"},
    KnownEvent<BolusDeliveredPart1>{EventType::BolusDeliveredPart1, "bolus_delivered_p1"},
    KnownEvent<BolusDeliveredPart2>{EventType::BolusDeliveredPart2, "bolus_delivered_p2"},
    KnownEvent<DeliveredBasalRateChanged>{EventType::DeliveredBasalRateChanged,
                                          "delivered_basal_rate_changed"},
    KnownEvent<TbrAdjustmentStarted>{EventType::TbrAdjustmentStarted, "tbr_adjustment_started"},
    KnownEvent<TbrAdjustmentEnded>{EventType::TbrAdjustmentEnded, "tbr_adjustment_ended"},
    KnownEvent<TbrAdjustmentChanged>{EventType::TbrAdjustmentChanged, "tbr_adjustment_changed"},
    KnownEvent<ProfileTemplateActivated>{EventType::ProfileTemplateActivated, "profile_template_activated"},
    KnownEvent<BasalRateTimeBlockChanged>{EventType::BasalRateTimeBlockChanged,
                                          "basal_rate_profile_time_block_changed"},
    KnownEvent<TotalDailyInsulinDelivery>{EventType::TotalDailyInsulinDelivery,
                                          "total_daily_insulin_delivery"},
    KnownEvent<TherapyControlStateChanged>{EventType::TherapyControlStateChanged,
                                           "therapy_control_state_changed"},
    KnownEvent<OperationalStateChanged>{EventType::OperationalStateChanged, "operational_state_changed"},
    KnownEvent<ReservoirRemainingAmountChanged>{EventType::ReservoirRemainingAmountChanged,
                                                "reservoir_remaining_amount_changed"},
    KnownEvent<AnnunciationStatusChangedPart1>{EventType::AnnunciationStatusChangedPart1,
                                               "annunciation_status_changed_p1"},
    KnownEvent<AnnunciationStatusChangedPart2>{EventType::AnnunciationStatusChangedPart2,
                                               "annunciation_status_changed_p2"},
    KnownEvent<IsfTimeBlockChanged>{EventType::IsfTimeBlockChanged, "isf_profile_time_block_changed"},
    KnownEvent<CarbRatioTimeBlockChanged>{EventType::CarbRatioTimeBlockChanged,
                                          "i2cho_ratio_profile_time_block_changed"},
    KnownEvent<TargetRangeTimeBlockChanged>{EventType::TargetRangeTimeBlockChanged,
                                            "target_glucose_range_profile_time_block_changed"},
    KnownEvent<PrimingStarted>{EventType::PrimingStarted, "priming_started"},
    KnownEvent<PrimingDone>{EventType::PrimingDone, "priming_done"},
    KnownEvent<DataCorruption>{EventType::DataCorruption, "data_corruption"},
    KnownEvent<PointerEvent>{EventType::PointerEvent, "pointer_event"},
    KnownEvent<BolusTemplateChangedPart1>{EventType::BolusTemplateChangedPart1, "bolus_template_changed_p1"},
    KnownEvent<BolusTemplateChangedPart2>{EventType::BolusTemplateChangedPart2, "bolus_template_changed_p2"},
    KnownEvent<TbrTemplateChanged>{EventType::TbrTemplateChanged, "tbr_template_changed"},
    KnownEvent<MaxBolusAmountChanged>{EventType::MaxBolusAmountChanged, "max_bolus_amount_changed"},
    KnownEvent<AutoBasalDelivery>{EventType::AutoBasalDelivery, "auto_basal_delivery"},
    KnownEvent<Cl1Transition>{EventType::Cl1Transition, "cl1_transition"},
    KnownEvent<TherapyContext>{EventType::TherapyContext, "therapy_context"},
    KnownEvent<Meal>{EventType::Meal, "meal"}, KnownEvent<BgReading>{EventType::BgReading, "bg_reading"},
    KnownEvent<CalibrationComplete>{EventType::CalibrationComplete, "calibration_complete"},
    KnownEvent<CalibrationRejected>{EventType::CalibrationRejected, "calibration_rejected"},
    KnownEvent<InsulinDeliveryStopped>{EventType::InsulinDeliveryStopped, "insulin_delivery_stopped"},
    KnownEvent<InsulinDeliveryRestarted>{EventType::InsulinDeliveryRestarted, "insulin_delivery_restarted"},
    KnownEvent<SgMeasurement>{EventType::SgMeasurement, "sg_measurement"},
    KnownEvent<CgmAnalyticsDataBackfill>{EventType::CgmAnalyticsDataBackfill, "cgm_analytics_data_backfill"},
    KnownEvent<NgpReferenceTime>{EventType::NgpReferenceTime, "ngp_reference_time"},
    KnownEvent<AnnunciationCleared>{EventType::AnnunciationCleared, "annunciation_cleared"},
    KnownEvent<AnnunciationConsolidated>{EventType::AnnunciationConsolidated, "annunciation_consolidated"},
    KnownEvent<MaxAutoBasalRateChanged>{EventType::MaxAutoBasalRateChanged, "max_auto_basal_rate_changed"});

template <typename List>
struct EventsOf;
template <typename... Event>
struct EventsOf<const std::tuple<KnownEvent<Event>...>> {
    using Data = std::variant<UnknownEvent, Event...>;
};
using EventVariant = EventsOf<decltype(kKnownEvents)>::Data;

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
