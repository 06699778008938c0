// SPDX-License-Identifier: MIT
// Reference times, profiles, states of the device, and what has no data: docs/protocol/history.md 10 and 12.
#pragma once

#include "protocol/codec/layout.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

void layout(auto& c, Is<ReferenceTime> auto& e) {
    c.field("recording_reason", e.recordingReason);
    c.field("date_time", e.dateTime);
    c.nullable("time_zone_15min", e.timeZone, std::int8_t{-128});
    c.nullable("dst_offset_15min", e.dstOffset, std::uint8_t{255});
}

void layout(auto& c, Is<ReferenceTimeBaseOffset> auto& e) {
    c.field("recording_reason", e.recordingReason);
    c.field("base_time", e.baseTime);
    c.field("time_offset_min", e.timeOffsetMinutes);
}

void layout(auto& c, Is<NgpReferenceTime> auto& e) {
    c.field("recording_reason", e.recordingReason);
    c.field("date_time", e.dateTime);
}

void layout(auto& c, Is<ProfileTemplateActivated> auto& e) {
    c.field("template_type", e.templateType);
    c.field("old_number", e.oldNumber);
    c.field("new_number", e.newNumber);
}

void timeBlock(auto& c, auto& e) {
    c.field("template_number", e.templateNumber);
    c.field("block_number", e.blockNumber);
    c.field("duration_min", e.durationMinutes);
}

void layout(auto& c, Is<BasalRateTimeBlockChanged> auto& e) {
    timeBlock(c, e);
    c.amounts(0, Amount{"rate_iu_h", e.rate});
}

void layout(auto& c, Is<IsfTimeBlockChanged> auto& e) {
    timeBlock(c, e);
    c.amounts(0, Amount{"isf_mg_dl_per_iu", e.isf});
}

void layout(auto& c, Is<CarbRatioTimeBlockChanged> auto& e) {
    timeBlock(c, e);
    c.amounts(0, Amount{"ratio_g_per_iu", e.ratio});
}

void layout(auto& c, Is<TargetRangeTimeBlockChanged> auto& e) {
    timeBlock(c, e);
    c.amounts(0, Amount{"lower_mg_dl", e.lower}, Amount{"upper_mg_dl", e.upper});
}

void layout(auto& c, Is<TotalDailyInsulinDelivery> auto& e) {
    c.field("flags", e.flags);
    c.amounts(sizeof(e.year) + sizeof(e.month) + sizeof(e.day), Amount{"bolus_iu", e.bolus},
              Amount{"basal_iu", e.basal});
    c.date("date", e.year, e.month, e.day);
    c.derived([&e](FieldSink& sink) {
        sink.boolean("date_time_changed", (e.flags & TotalDailyInsulinDelivery::DateTimeChanged) != 0);
    });
}

template <typename Event>
concept StateChange = Is<Event, TherapyControlStateChanged> || Is<Event, OperationalStateChanged>;

void layout(auto& c, StateChange auto& e) {
    c.field("old", e.oldState);
    c.field("new", e.newState);
}

void layout(auto& c, Is<ReservoirRemainingAmountChanged> auto& e) {
    c.amounts(0, Amount{"remaining_iu", e.remaining});
}

void layout(auto& c, Is<PrimingStarted> auto& e) {
    c.amounts(0, Amount{"programmed_iu", e.programmed});
}

void layout(auto& c, Is<PrimingDone> auto& e) {
    c.field("flags", e.flags);
    const bool hasInstance = (e.flags & PrimingDone::AnnunciationInstanceId) != 0;
    c.amounts(sizeof(e.reason) + bytesIf(hasInstance, 2), Amount{"delivered_iu", e.delivered});
    c.field("reason", e.reason);
    c.optional("annunciation_instance_id", hasInstance, e.annunciationInstanceId);
}

void layout(auto& /*c*/, Is<DataCorruption> auto& /*e*/) {}

void layout(auto& /*c*/, Is<PointerEvent> auto& /*e*/) {}

void layout(auto& c, Is<UnknownEvent> auto& e) {
    c.rest("raw", e.raw);
}

} // namespace protocol::history
