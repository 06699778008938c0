// SPDX-License-Identifier: MIT
// What all documents have in common, whatever told them. Facts: docs/nightscout/mapping.md 2 and 6.2.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/therapy_words.hpp"

namespace nightscout {

/// "minimed-780g://780G"
std::string deviceOf(const MappingSettings& settings);

/// 4 (an integer) or 11.2 (the double nearest to the decimal, which prints as the decimal).
nlohmann::json number(Amount amount);

/// mmol/L of `milligrams` mg/dL, by the server's own factor, to one decimal.
double millimoles(Amount milligrams);

/// The JSON text of a document; what is not UTF-8 is replaced.
std::string bodyOf(const nlohmann::json& document);

/// A treatment. `fields` has eventType and what is its own; identity, time, author and device are added.
/// `sequenceNumber` and `feature` of the result are the caller's to set.
Document makeTreatment(const MappingSettings& settings, Kind kind, std::string identifier,
                       UtcMilliseconds created, nlohmann::json fields);

} // namespace nightscout
