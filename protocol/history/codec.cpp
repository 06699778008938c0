// SPDX-License-Identifier: MIT
// From an event type to its layout. The layouts are in *_layouts.hpp, by subject.
#include <algorithm>
#include <array>
#include <functional>
#include <variant>

#include "protocol/history/annunciation_layouts.hpp"
#include "protocol/history/basal_layouts.hpp"
#include "protocol/history/bolus_layouts.hpp"
#include "protocol/history/device_layouts.hpp"
#include "protocol/history/glucose_layouts.hpp"
#include "protocol/history/record.hpp"
#include "protocol/history/record_describer.hpp"
#include "protocol/history/record_length.hpp"
#include "protocol/history/record_reader.hpp"
#include "protocol/history/record_writer.hpp"

namespace protocol::history {
namespace {

template <typename Event>
void readAs(RecordReader& in, EventData& data) {
    layout(in, data.emplace<Event>());
}

struct Entry {
    std::uint16_t type;
    std::string_view name;
    void (*read)(RecordReader& in, EventData& data);
};

template <typename Event>
constexpr Entry entry(EventType type, std::string_view name) {
    return {static_cast<std::uint16_t>(type), name, &readAs<Event>};
}

constexpr std::array kEvents{
    entry<ReferenceTime>(EventType::ReferenceTime, "reference_time"),
    entry<ReferenceTimeBaseOffset>(EventType::ReferenceTimeBaseOffset, "reference_time_base_offset"),
    entry<BolusCalculatedPart1>(EventType::BolusCalculatedPart1, "bolus_calculated_p1"),
    entry<BolusCalculatedPart2>(EventType::BolusCalculatedPart2, "bolus_calculated_p2"),
    entry<BolusProgrammedPart1>(EventType::BolusProgrammedPart1, "bolus_programmed_p1"),
    entry<BolusProgrammedPart2>(EventType::BolusProgrammedPart2, "bolus_programmed_p2"),
    entry<BolusDeliveredPart1>(EventType::BolusDeliveredPart1, "bolus_delivered_p1"),
    entry<BolusDeliveredPart2>(EventType::BolusDeliveredPart2, "bolus_delivered_p2"),
    entry<DeliveredBasalRateChanged>(EventType::DeliveredBasalRateChanged, "delivered_basal_rate_changed"),
    entry<TbrAdjustmentStarted>(EventType::TbrAdjustmentStarted, "tbr_adjustment_started"),
    entry<TbrAdjustmentEnded>(EventType::TbrAdjustmentEnded, "tbr_adjustment_ended"),
    entry<TbrAdjustmentChanged>(EventType::TbrAdjustmentChanged, "tbr_adjustment_changed"),
    entry<ProfileTemplateActivated>(EventType::ProfileTemplateActivated, "profile_template_activated"),
    entry<BasalRateTimeBlockChanged>(EventType::BasalRateTimeBlockChanged,
                                     "basal_rate_profile_time_block_changed"),
    entry<TotalDailyInsulinDelivery>(EventType::TotalDailyInsulinDelivery, "total_daily_insulin_delivery"),
    entry<TherapyControlStateChanged>(EventType::TherapyControlStateChanged, "therapy_control_state_changed"),
    entry<OperationalStateChanged>(EventType::OperationalStateChanged, "operational_state_changed"),
    entry<ReservoirRemainingAmountChanged>(EventType::ReservoirRemainingAmountChanged,
                                           "reservoir_remaining_amount_changed"),
    entry<AnnunciationStatusChangedPart1>(EventType::AnnunciationStatusChangedPart1,
                                          "annunciation_status_changed_p1"),
    entry<AnnunciationStatusChangedPart2>(EventType::AnnunciationStatusChangedPart2,
                                          "annunciation_status_changed_p2"),
    entry<IsfTimeBlockChanged>(EventType::IsfTimeBlockChanged, "isf_profile_time_block_changed"),
    entry<CarbRatioTimeBlockChanged>(EventType::CarbRatioTimeBlockChanged,
                                     "i2cho_ratio_profile_time_block_changed"),
    entry<TargetRangeTimeBlockChanged>(EventType::TargetRangeTimeBlockChanged,
                                       "target_glucose_range_profile_time_block_changed"),
    entry<PrimingStarted>(EventType::PrimingStarted, "priming_started"),
    entry<PrimingDone>(EventType::PrimingDone, "priming_done"),
    entry<DataCorruption>(EventType::DataCorruption, "data_corruption"),
    entry<PointerEvent>(EventType::PointerEvent, "pointer_event"),
    entry<BolusTemplateChangedPart1>(EventType::BolusTemplateChangedPart1, "bolus_template_changed_p1"),
    entry<BolusTemplateChangedPart2>(EventType::BolusTemplateChangedPart2, "bolus_template_changed_p2"),
    entry<TbrTemplateChanged>(EventType::TbrTemplateChanged, "tbr_template_changed"),
    entry<MaxBolusAmountChanged>(EventType::MaxBolusAmountChanged, "max_bolus_amount_changed"),
    entry<AutoBasalDelivery>(EventType::AutoBasalDelivery, "auto_basal_delivery"),
    entry<Cl1Transition>(EventType::Cl1Transition, "cl1_transition"),
    entry<TherapyContext>(EventType::TherapyContext, "therapy_context"),
    entry<Meal>(EventType::Meal, "meal"),
    entry<BgReading>(EventType::BgReading, "bg_reading"),
    entry<CalibrationComplete>(EventType::CalibrationComplete, "calibration_complete"),
    entry<CalibrationRejected>(EventType::CalibrationRejected, "calibration_rejected"),
    entry<InsulinDeliveryStopped>(EventType::InsulinDeliveryStopped, "insulin_delivery_stopped"),
    entry<InsulinDeliveryRestarted>(EventType::InsulinDeliveryRestarted, "insulin_delivery_restarted"),
    entry<SgMeasurement>(EventType::SgMeasurement, "sg_measurement"),
    entry<CgmAnalyticsDataBackfill>(EventType::CgmAnalyticsDataBackfill, "cgm_analytics_data_backfill"),
    entry<NgpReferenceTime>(EventType::NgpReferenceTime, "ngp_reference_time"),
    entry<AnnunciationCleared>(EventType::AnnunciationCleared, "annunciation_cleared"),
    entry<AnnunciationConsolidated>(EventType::AnnunciationConsolidated, "annunciation_consolidated"),
    entry<MaxAutoBasalRateChanged>(EventType::MaxAutoBasalRateChanged, "max_auto_basal_rate_changed"),
};
static_assert(std::ranges::adjacent_find(kEvents, std::greater_equal{}, &Entry::type) == kEvents.end(),
              "sorted by type, each once");
static_assert(kEvents.size() + 1 == std::variant_size_v<EventVariant>, "every event but UnknownEvent");

const Entry* find(std::uint16_t type) {
    const auto found = std::ranges::lower_bound(kEvents, type, {}, &Entry::type);
    return found != kEvents.end() && found->type == type ? &*found : nullptr;
}

Header readHeader(Reader& in) {
    Header header;
    header.eventType = in.get<std::uint16_t>("event_type");
    header.sequenceNumber = in.get<std::uint32_t>("sequence_number");
    header.relativeOffset = in.get<std::uint16_t>("relative_offset_s");
    return header;
}

} // namespace

Parsed<Header> parseHeader(ByteView bytes) {
    Reader in(bytes.first(std::min(bytes.size(), kHeaderSize)));
    const Header header = readHeader(in);
    return in.finish(header);
}

Parsed<Record> decode(ByteView bytes) {
    Reader in(bytes);
    Record record{readHeader(in), {}};
    RecordReader fields(in);
    const Entry* event = find(record.header.eventType);
    (event != nullptr ? event->read : &readAs<UnknownEvent>)(fields, record.data);
    return in.finish(std::move(record));
}

Bytes encode(const Record& record) {
    Writer out;
    out.put(record.header.eventType).put(record.header.sequenceNumber).put(record.header.relativeOffset);
    RecordWriter fields(out);
    std::visit([&fields](const auto& event) { layout(fields, event); }, record.data);
    return std::move(out).bytes();
}

void describe(const EventData& data, FieldSink& sink) {
    RecordDescriber fields(sink);
    std::visit([&fields](const auto& event) { layout(fields, event); }, data);
}

std::optional<Fit> fit(ByteView bytes, MedFloat::Width width) {
    Reader in(bytes);
    const Header header = readHeader(in);
    if (bytes.size() < sizeof(header.eventType)) return Fit::Short;
    const Entry* event = find(header.eventType);
    if (event == nullptr) return std::nullopt;
    RecordReader fields(in, RecordReader::Values::Ignored, width);
    EventData data;
    event->read(fields, data);
    if (in.failed()) return Fit::Short;
    return in.remaining() == 0 ? Fit::Exact : Fit::Long;
}

std::string_view eventName(std::uint16_t eventType) {
    const Entry* event = find(eventType);
    return event == nullptr ? std::string_view("unknown") : event->name;
}

std::optional<std::uint16_t> eventTypeByName(std::string_view name) {
    const auto found = std::ranges::find(kEvents, name, &Entry::name);
    if (found == kEvents.end()) return std::nullopt;
    return found->type;
}

bool isKnown(std::uint16_t eventType) {
    return find(eventType) != nullptr;
}

} // namespace protocol::history
