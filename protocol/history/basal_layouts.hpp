// SPDX-License-Identifier: MIT
// Basal insulin, SmartGuard, temporary rates, delivery stopped and restarted: docs/protocol/history.md 7,
// 8, 12.7.
#pragma once

#include "protocol/codec/layout.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

void layout(auto& c, Is<AutoBasalDelivery> auto& e) {
    c.field("bolus_number", e.bolusNumber);
    c.medfloat32("amount_iu", e.amount);
}

void layout(auto& c, Is<MaxAutoBasalRateChanged> auto& e) {
    c.medfloat32("old_iu_h", e.oldRate);
    c.medfloat32("new_iu_h", e.newRate);
}

void layout(auto& c, Is<DeliveredBasalRateChanged> auto& e) {
    c.field("flags", e.flags);
    c.medfloat32("old_rate_iu_h", e.oldRate);
    c.medfloat32("new_rate_iu_h", e.newRate);
    c.optional("context", (e.flags & DeliveredBasalRateChanged::Context) != 0, e.context);
}

void layout(auto& c, Is<TherapyContext> auto& e) {
    using Event = TherapyContext;
    c.field("flags", e.flags);
    c.derived([&e](FieldSink& sink) {
        sink.boolean("sensor_enabled", (e.flags & Event::SensorEnabled) != 0);
        sink.boolean("auto_mode_active", (e.flags & Event::AutoModeActive) != 0);
    });
    const bool tbrActive = (e.flags & Event::TbrActive) != 0;
    c.optional("basal_rate_iu_h", (e.flags & Event::BasalRateActive) != 0, e.basalRate);
    c.optional("stopped_reason", (e.flags & Event::DeliveryStopped) != 0, e.stoppedReason);
    c.optional("tbr_type", tbrActive, e.tbrType);
    c.optional("tbr_adjustment", tbrActive, e.tbrAdjustment);
}

void layout(auto& c, Is<Cl1Transition> auto& e) {
    c.field("transition", e.transition);
}

void layout(auto& c, Is<TbrAdjustmentStarted> auto& e) {
    c.field("flags", e.flags);
    c.field("tbr_type", e.tbrType);
    const bool hasTemplate = (e.flags & TbrAdjustmentStarted::TemplateNumber) != 0;
    c.amounts(sizeof(e.durationMinutes) + bytesIf(hasTemplate, 1), Amount{"adjustment", e.adjustment});
    c.field("duration_min", e.durationMinutes);
    c.optional("template_number", hasTemplate, e.templateNumber);
}

void layout(auto& c, Is<TbrAdjustmentChanged> auto& e) {
    c.field("flags", e.flags);
    c.field("tbr_type", e.tbrType);
    const bool hasTemplate = (e.flags & TbrAdjustmentChanged::TemplateNumber) != 0;
    c.amounts(sizeof(e.durationMinutes) + sizeof(e.elapsedMinutes) + bytesIf(hasTemplate, 1),
              Amount{"adjustment", e.adjustment});
    c.field("duration_min", e.durationMinutes);
    c.field("elapsed_min", e.elapsedMinutes);
    c.optional("template_number", hasTemplate, e.templateNumber);
}

void layout(auto& c, Is<TbrAdjustmentEnded> auto& e) {
    using Event = TbrAdjustmentEnded;
    c.field("flags", e.flags);
    c.field("tbr_type", e.tbrType);
    c.field("effective_duration_min", e.effectiveDurationMinutes);
    c.field("end_reason", e.endReason);
    c.optional("template_number", (e.flags & Event::TemplateNumber) != 0, e.templateNumber);
    c.optional("annunciation_instance_id", (e.flags & Event::AnnunciationInstanceId) != 0,
               e.annunciationInstanceId);
}

void layout(auto& c, Is<TbrTemplateChanged> auto& e) {
    c.field("template_number", e.templateNumber);
    c.field("tbr_type", e.tbrType);
    c.amounts(sizeof(e.durationMinutes), Amount{"adjustment", e.adjustment});
    c.field("duration_min", e.durationMinutes);
}

void layout(auto& c, Is<InsulinDeliveryStopped> auto& e) {
    c.field("reason", e.reason);
}

void layout(auto& c, Is<InsulinDeliveryRestarted> auto& e) {
    c.field("reason", e.reason);
}

} // namespace protocol::history
