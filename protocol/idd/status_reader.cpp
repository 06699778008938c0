// SPDX-License-Identifier: MIT
// Layouts after the op code: docs/protocol/services.md 7.1 to 7.12.
#include "protocol/idd/status_reader.hpp"

#include "protocol/codec/value_codec.hpp"
#include "protocol/idd/status_changed_layout.hpp"

namespace protocol::idd::status_reader {

template <typename Message>
concept WithoutOperand = std::is_empty_v<Message>;

void layout(auto& /*c*/, WithoutOperand auto& /*m*/) {}

void layout(auto& c, Is<ResetStatus> auto& m) {
    c.extensible("reset_flags", m.changes.flags, kStatusChangedFlags);
    c.bits("bits", m.changes.flags);
}

void layout(auto& c, Is<GetActiveBolusDelivery> auto& m) {
    c.field("bolus_id", m.bolusId);
    c.field("selection", m.selection);
}

void layout(auto& c, Is<GetCounter> auto& m) {
    c.field("counter_type", m.type);
    c.field("selection", m.selection);
}

void layout(auto& c, Is<GeneralResponse> auto& m) {
    c.field("request_op_code", m.request);
    c.field("response_code", m.code);
}

void layout(auto& c, Is<ActiveBolusIds> auto& m) {
    c.counted("bolus_ids", m.bolusIds);
}

void layout(auto& c, Is<ActiveBolusDelivery> auto& m) {
    c.field("flags", m.flags);
    c.field("bolus_id", m.bolusId);
    c.field("bolus_type", m.bolusType);
    c.medfloat32("fast_iu", m.fastAmount);
    c.medfloat32("extended_iu", m.extendedAmount);
    c.field("duration_min", m.durationMinutes);
    c.optional("delay_time_min", (m.flags & ActiveBolusDelivery::DelayTime) != 0, m.delayTimeMinutes);
    c.optional("template_number", (m.flags & ActiveBolusDelivery::TemplateNumber) != 0, m.templateNumber);
    c.optional("activation_type", (m.flags & ActiveBolusDelivery::ActivationType) != 0, m.activationType);
}

void layout(auto& c, Is<ActiveBasalRateDelivery> auto& m) {
    using Message = ActiveBasalRateDelivery;
    c.field("flags", m.flags);
    const bool tbr = (m.flags & Message::Tbr) != 0;
    c.field("profile_template_number", m.profileTemplateNumber);
    c.medfloat32("configured_rate_iu_h", m.configuredRate);
    c.optional("tbr_type", tbr, m.tbrType);
    c.optional("tbr_adjustment", tbr, m.tbrAdjustment);
    c.optional("tbr_duration_programmed_min", tbr, m.tbrProgrammedMinutes);
    c.optional("tbr_duration_remaining_min", tbr, m.tbrRemainingMinutes);
    c.optional("tbr_template_number", tbr && (m.flags & Message::TbrTemplateNumber) != 0,
               m.tbrTemplateNumber);
    c.optional("context", (m.flags & Message::Context) != 0, m.context);
}

void layout(auto& c, Is<TotalDailyInsulin> auto& m) {
    c.amounts(0, Amount{"bolus_iu", m.bolus}, Amount{"basal_iu", m.basal}, Amount{"total_iu", m.total});
}

void layout(auto& c, Is<Counter> auto& m) {
    c.field("counter_type", m.type);
    c.field("selection", m.selection);
    c.field("value_min", m.minutes);
}

void layout(auto& c, Is<DeliveredInsulin> auto& m) {
    c.medfloat32("bolus_iu", m.bolus);
    c.medfloat32("basal_iu", m.basal);
}

void layout(auto& c, Is<InsulinOnBoard> auto& m) {
    c.field("flags", m.flags);
    const bool partial = (m.flags & InsulinOnBoard::PartialStatus) != 0;
    c.medfloat32("insulin_on_board_iu", m.amount);
    c.optional("remaining_duration_min", (m.flags & InsulinOnBoard::RemainingDuration) != 0,
               m.remainingMinutes);
    c.optional("partial_status_duration_min", partial, m.partialStatusMinutes);
    c.optional("partial_status_remaining", partial, m.partialStatusRemaining);
}

void layout(auto& c, Is<TherapyAlgorithmStates> auto& m) {
    using Message = TherapyAlgorithmStates;
    c.field("flags", m.flags);
    const bool autoMode = (m.flags & Message::AutoMode) != 0;
    c.optional("auto_mode_shield", autoMode, m.shield);
    c.optional("auto_mode_readiness", autoMode, m.readiness);
    // Not in the order of the bits.
    c.optional("plgm_state", (m.flags & Message::Plgm) != 0, m.plgm);
    c.optional("lgs_state", (m.flags & Message::Lgs) != 0, m.lgs);
    c.optional("temp_target_remaining_min", (m.flags & Message::TempTarget) != 0,
               m.tempTargetRemainingMinutes);
    c.optional("wait_to_calibrate_min", (m.flags & Message::WaitToCalibrate) != 0, m.waitToCalibrateMinutes);
    c.optional("safe_basal_min", (m.flags & Message::SafeBasal) != 0, m.safeBasalMinutes);
}

void layout(auto& c, Is<DisplayFormat> auto& m) {
    c.field("flags", m.flags);
    c.derived([&m](FieldSink& sink) {
        sink.boolean("time_24h", (m.flags & DisplayFormat::Hours24) != 0);
        sink.boolean("carb_exchanges", (m.flags & DisplayFormat::CarbExchanges) != 0);
        sink.enumeration("active_insulin_resolution", static_cast<unsigned>(m.resolution()),
                         name(m.resolution()));
    });
    c.optional("language", (m.flags & DisplayFormat::NotEnglish) != 0, m.language);
}

void layout(auto& c, Is<TimeInRange> auto& m) {
    c.field("not_enough_data", m.notEnoughData);
    c.field("above_pct", m.abovePercent);
    c.field("below_pct", m.belowPercent);
    c.field("in_range_pct", m.inRangePercent);
    c.field("smart_guard_pct", m.smartGuardPercent);
}

void layout(auto& c, Is<SensorWarmUpTimeRemaining> auto& m) {
    c.field("hours", m.hours);
}

void layout(auto& c, Is<SensorCalibrationStatusIcon> auto& m) {
    c.field("icon", m.icon);
}

void layout(auto& c, Is<EarlySensorCalibrationTime> auto& m) {
    c.field("hours", m.hours);
    c.field("minutes", m.minutes);
}

Bytes serialize(const Request& request) {
    return serializeValue(request);
}
Parsed<AnyRequest> parseRequest(ByteView bytes) {
    return parseValue<AnyRequest>(bytes);
}
void describe(const AnyRequest& request, FieldSink& sink) {
    describeValue(request, sink);
}

Parsed<Response> parseResponse(ByteView bytes) {
    return parseValue<Response>(bytes);
}
Bytes serialize(const Response& response) {
    return serializeValue(response);
}
void describe(const Response& response, FieldSink& sink) {
    describeValue(response, sink);
}

} // namespace protocol::idd::status_reader
