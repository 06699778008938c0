// SPDX-License-Identifier: MIT
// Square and dual boluses -> Combo Bolus (docs/nightscout/mapping.md 8.4): an open document while the pump
// delivers, the same one with the delivered amounts at the end.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "nightscout/documents/bolus.hpp"

namespace nightscout {
namespace {

/// Strings, as the site's own careportal writes them; whole percent that sum to 100.
void putSplit(nlohmann::json& fields, const BolusPart& part) {
    int now = part.shape == BolusShape::Square ? 0 : 100;
    if (!part.total().isZero()) now = percent(part.fast, part.total());
    fields["splitNow"] = std::to_string(now);
    fields["splitExt"] = std::to_string(100 - now);
}

std::string squareNote(const BolusPart& part, std::string_view more) {
    std::string notes =
        "Square bolus " + text(part.total()) + " U over " + std::to_string(part.durationMinutes) + " min";
    appendNote(notes, more);
    return notes;
}

} // namespace

void putCarbs(const Context& context, nlohmann::json& fields, const BolusOrigin& origin) {
    if (origin.food) putFood(context, fields, *origin.meal, *origin.food);
}

void setSuperseded(const Context& context, Document& document, const BolusOrigin& origin) {
    if (origin.food) document.supersedes = identifierOf(context, *origin.meal, Kind::Carbs);
}

void addComboBolus(Context& context, std::size_t index, UtcSeconds time, const BolusPart& shown,
                   const std::optional<BolusPart>& programmed, const BolusOrigin& origin,
                   const std::string& notes) {
    nlohmann::json fields{{"eventType", "Combo Bolus"},
                          {"enteredinsulin", text(shown.total())},
                          {"duration", shown.durationMinutes},
                          {"type", shown.shape == BolusShape::Square ? "square" : "dual"}};
    if (!shown.fast.isZero()) fields["insulin"] = number(shown.fast);
    if (!shown.extended.isZero()) {
        // Stopped within its first minute it has lasted one: without a duration nothing would be drawn.
        const auto minutes = std::max<std::uint16_t>(shown.durationMinutes, 1);
        fields["duration"] = minutes;
        fields["relative"] = number(perHour(shown.extended, minutes));
    }
    if (programmed) fields["programmed"] = number(programmed->total());
    if (!notes.empty()) fields["notes"] = notes;
    putSplit(fields, shown);
    putCarbs(context, fields, origin);
    const bool drawn = fields.contains("carbs");
    setSuperseded(context, addTreatment(context, index, Kind::Bolus, time, std::move(fields)), origin);

    // Nothing but a basal area is drawn for insulin without a first part and without carbohydrates.
    if (shown.shape == BolusShape::Square && !drawn) {
        addNote(context, index, time, squareNote(programmed.value_or(shown), notes));
    }
}

} // namespace nightscout
