// SPDX-License-Identifier: MIT
// Glucose: docs/protocol/history.md 9.
#pragma once

#include "protocol/codec/glucose.hpp"
#include "protocol/codec/layout.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

void layout(auto& c, Is<SgMeasurement> auto& e) {
    c.field("time_offset_min", e.timeOffsetMinutes);
    c.field("sg_raw", e.sgRaw);
    c.derived([&e](FieldSink& sink) {
        if (const auto glucose = e.glucoseMgDl()) {
            sink.integer("sg_mg_dl", *glucose);
            sink.null("sg_special");
        } else {
            sink.null("sg_mg_dl");
            sink.text("sg_special", name(e.special()));
        }
    });
    c.field("isig", e.isig);
    c.field("v_counter", e.vCounter);
}

void layout(auto& c, Is<CgmAnalyticsDataBackfill> auto& e) {
    c.field("time_offset_min", e.timeOffsetMinutes);
    c.medfloat16("psgv_mg_dl", e.predictedSg);
    c.field("cal_factor", e.calFactor);
}

template <typename Event>
concept Fingerstick =
    Is<Event, BgReading> || Is<Event, CalibrationComplete> || Is<Event, CalibrationRejected>;

void layout(auto& c, Fingerstick auto& e) {
    c.field("time_offset_min", e.timeOffsetMinutes);
    c.medfloat16("bg_kg_per_l", e.bg);
    c.derived([&e](FieldSink& sink) { sink.text("bg_mg_dl", milligramsPerDecilitre(e.bg).text()); });
}

} // namespace protocol::history
