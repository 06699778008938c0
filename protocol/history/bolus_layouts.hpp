// SPDX-License-Identifier: MIT
// Boluses: docs/protocol/history.md 6 and 12.7.
#pragma once

#include "protocol/codec/layout.hpp"
#include "protocol/history/events.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

void layout(auto& c, Is<Meal> auto& e) {
    c.medfloat16("food_g", e.foodGrams);
}

void layout(auto& c, Is<BolusCalculatedPart1> auto& e) {
    c.amounts(0, Amount{"recommended_fast_meal_iu", e.recommendedFastMeal},
              Amount{"recommended_fast_correction_iu", e.recommendedFastCorrection},
              Amount{"recommended_extended_meal_iu", e.recommendedExtendedMeal},
              Amount{"recommended_extended_correction_iu", e.recommendedExtendedCorrection});
}

void layout(auto& c, Is<BolusCalculatedPart2> auto& e) {
    c.amounts(0, Amount{"confirmed_fast_meal_iu", e.confirmedFastMeal},
              Amount{"confirmed_fast_correction_iu", e.confirmedFastCorrection},
              Amount{"confirmed_extended_meal_iu", e.confirmedExtendedMeal},
              Amount{"confirmed_extended_correction_iu", e.confirmedExtendedCorrection});
}

void layout(auto& c, Is<BolusProgrammedPart1> auto& e) {
    c.field("bolus_id", e.bolusId);
    c.field("bolus_type", e.bolusType);
    c.medfloat32("programmed_fast_iu", e.fastAmount);
    c.medfloat32("programmed_extended_iu", e.extendedAmount);
    c.field("duration_min", e.durationMinutes);
}

void layout(auto& c, Is<BolusProgrammedPart2> auto& e) {
    using Event = BolusProgrammedPart2;
    c.field("flags", e.flags);
    c.optional("delay_time_min", (e.flags & Event::DelayTime) != 0, e.delayTimeMinutes);
    c.optional("template_number", (e.flags & Event::TemplateNumber) != 0, e.templateNumber);
    c.optional("activation_type", (e.flags & Event::ActivationType) != 0, e.activationType);
    c.derived([&e](FieldSink& sink) {
        sink.boolean("reason_correction", (e.flags & Event::ReasonCorrection) != 0);
        sink.boolean("reason_meal", (e.flags & Event::ReasonMeal) != 0);
    });
}

void layout(auto& c, Is<BolusDeliveredPart1> auto& e) {
    c.field("bolus_id", e.bolusId);
    c.field("bolus_type", e.bolusType);
    c.medfloat32("delivered_fast_iu", e.fastAmount);
    c.medfloat32("delivered_extended_iu", e.extendedAmount);
    c.field("duration_min", e.durationMinutes);
}

void layout(auto& c, Is<BolusDeliveredPart2> auto& e) {
    using Event = BolusDeliveredPart2;
    c.field("flags", e.flags);
    c.field("start_time_offset_s", e.startTimeOffset);
    c.optional("activation_type", (e.flags & Event::ActivationType) != 0, e.activationType);
    c.optional("end_reason", (e.flags & Event::EndReason) != 0, e.endReason);
    c.optional("annunciation_instance_id", (e.flags & Event::AnnunciationInstanceId) != 0,
               e.annunciationInstanceId);
}

void layout(auto& c, Is<MaxBolusAmountChanged> auto& e) {
    c.medfloat32("old_iu", e.oldAmount);
    c.medfloat32("new_iu", e.newAmount);
}

void layout(auto& c, Is<BolusTemplateChangedPart1> auto& e) {
    c.field("template_number", e.templateNumber);
    c.field("bolus_type", e.bolusType);
    c.amounts(sizeof(e.durationMinutes), Amount{"fast_iu", e.fastAmount},
              Amount{"extended_iu", e.extendedAmount});
    c.field("duration_min", e.durationMinutes);
}

void layout(auto& c, Is<BolusTemplateChangedPart2> auto& e) {
    using Event = BolusTemplateChangedPart2;
    c.field("flags", e.flags);
    c.optional("delay_time_min", (e.flags & Event::DelayTime) != 0, e.delayTimeMinutes);
    c.derived([&e](FieldSink& sink) {
        sink.boolean("reason_correction", (e.flags & Event::ReasonCorrection) != 0);
        sink.boolean("reason_meal", (e.flags & Event::ReasonMeal) != 0);
    });
}

} // namespace protocol::history
