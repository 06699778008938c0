// SPDX-License-Identifier: MIT
// Carbohydrates that no bolus document tells -> Carb Correction (docs/nightscout/mapping.md 8.2).
#include <nlohmann/json.hpp>

#include "nightscout/documents/bolus.hpp"

namespace nightscout {
namespace {

/// Whether the meal stays without a bolus document; empty while that is open.
std::optional<bool> standsAlone(const RecordLinks& view, std::size_t meal) {
    const auto bolus = view.programmedAfter(meal);
    if (bolus.undecided()) return std::nullopt;
    if (!bolus.found()) return true;
    const auto origin = bolusOrigin(view, bolus.index);
    if (!origin) return std::nullopt;
    if (origin->meal != meal) return true;
    const auto outcome = bolusOutcome(view, bolus.index);
    if (outcome == BolusOutcome::Pending) return std::nullopt;
    return !carriesCarbs(outcome);
}

} // namespace

void putFood(const Context& context, nlohmann::json& fields, std::size_t meal, Amount food) {
    const auto unit = context.view.live().mealUnitAt(context.view.at(meal).sequenceNumber);
    if (unit == therapy::MealUnit::Grams) {
        fields["carbs"] = number(food);
        return;
    }
    const auto& factor = context.settings.gramsPerExchange;
    if (const auto grams = factor ? product(food, *factor) : std::nullopt) {
        fields["carbs"] = number(*grams);
        return;
    }
    auto notes = fields.value("notes", std::string());
    appendNote(notes, text(food) + (food == Amount{Amount::kOne} ? " exchange" : " exchanges"));
    fields["notes"] = notes;
}

void mapMeal(Context& context, std::size_t index) {
    const auto* meal = context.view.get<protocol::history::Meal>(index);
    const auto time = context.view.at(index).time;
    if (meal == nullptr || !time) return;
    const auto food = amountOf(meal->foodGrams);
    if (!food || food->isZero()) return; // 0 g: a bolus from the calculator without carbohydrates
    if (!standsAlone(context.view, index).value_or(false)) return;
    nlohmann::json fields = nlohmann::json::object();
    putFood(context, fields, index, *food);
    fields["eventType"] = fields.contains("carbs") ? "Carb Correction" : "Note";
    addTreatment(context, index, Kind::Carbs, *time, std::move(fields));
}

} // namespace nightscout
