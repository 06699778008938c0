// SPDX-License-Identifier: MIT
// What boluses become, without the fields that every treatment has.
#pragma once

#include "history_builder.hpp"

namespace nightscout::test {

using Bodies = std::vector<nlohmann::json>;

inline nlohmann::json correction(double delivered, double programmed) {
    return {{"eventType", "Correction Bolus"},
            {"insulin", delivered},
            {"programmed", programmed},
            {"type", "normal"},
            {"activation", "recommended"}};
}

inline nlohmann::json meal(double delivered, double programmed, int carbs) {
    nlohmann::json body = correction(delivered, programmed);
    body["eventType"] = "Meal Bolus";
    body["carbs"] = carbs;
    return body;
}

inline nlohmann::json with(nlohmann::json body, const char* key, nlohmann::json value) {
    body[key] = std::move(value);
    return body;
}

inline nlohmann::json note(const char* text) {
    return {{"eventType", "Note"}, {"notes", text}};
}
inline nlohmann::json carbs(int grams) {
    return {{"eventType", "Carb Correction"}, {"carbs", grams}};
}

} // namespace nightscout::test
