// SPDX-License-Identifier: MIT
// What the documents of boluses have in common (docs/nightscout/mapping.md 8.1 to 8.4).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {

/// Whether carbohydrates can be told in the document of the bolus.
constexpr bool carriesCarbs(BolusOutcome outcome) {
    return outcome == BolusOutcome::Running || outcome == BolusOutcome::Delivered ||
           outcome == BolusOutcome::NotKnown;
}

/// "Stopped: 4.75 of 11.2 U delivered"; empty when all of it was.
std::string stoppedNote(Amount delivered, Amount programmed);
/// Notes are separated by "; ".
void appendNote(std::string& notes, std::string_view more);

/// A square or dual bolus, open or final. `programmed` is empty when no record tells it; `notes` may be
/// empty.
void addComboBolus(Context& context, std::size_t index, UtcSeconds time, const BolusPart& shown,
                   const std::optional<BolusPart>& programmed, const BolusOrigin& origin,
                   const std::string& notes);
/// Puts what a meal of `food` has into a document's fields: `carbs`, or a note of exchanges
/// (docs/nightscout/mapping.md 8.1). `meal`: index of its record.
void putFood(const Context& context, nlohmann::json& fields, std::size_t meal, Amount food);
/// The same for the meal of a bolus, if there is one.
void putCarbs(const Context& context, nlohmann::json& fields, const BolusOrigin& origin);
/// A document with the carbohydrates of a meal takes the place of a Carb Correction.
void setSuperseded(const Context& context, Document& document, const BolusOrigin& origin);

} // namespace nightscout
