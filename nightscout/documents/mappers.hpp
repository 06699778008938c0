// SPDX-License-Identifier: MIT
// The mappers behind map(): one per event, each in the file of its subject, listed in mapping.cpp. A mapper
// looks at the record at `index` and appends the documents whose primary record it is.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "nightscout/documents/document.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/treatment.hpp"

namespace nightscout {

struct Context {
    const RecordLinks& view;
    const BasalTimeline& basal;
    std::string_view serial; ///< of the pump
    const MappingSettings& settings;
    Feature feature{}; ///< that the present mapper's documents belong to
    /// What is complete since before this was mapped already, and is left out.
    std::optional<UtcSeconds> settled{};
    std::vector<Document>& documents;
    std::vector<MappingWarning>& warnings;
};

/// `complete`: the time of the last record that has a say in a document.
[[nodiscard]] inline bool isSettled(const Context& context, UtcSeconds complete) {
    return context.settled && complete < *context.settled;
}

using Mapper = void (*)(Context& context, std::size_t index);

void mapGlucose(Context& context, std::size_t index);             // glucose.cpp
void mapBgReading(Context& context, std::size_t index);           // finger_stick.cpp
void mapCalibrationComplete(Context& context, std::size_t index); // finger_stick.cpp
void mapCalibrationRejected(Context& context, std::size_t index); // finger_stick.cpp
void mapMeal(Context& context, std::size_t index);                // carbs.cpp
void mapProgrammedBolus(Context& context, std::size_t index);     // bolus.cpp
void mapDeliveredBolus(Context& context, std::size_t index);      // bolus.cpp
void mapAutoBasal(Context& context, std::size_t index);           // basal.cpp
void mapGapAfterStep(Context& context, std::size_t index);        // basal.cpp
void mapBasalChange(Context& context, std::size_t index);         // basal.cpp
void mapStopped(Context& context, std::size_t index);             // suspend.cpp
void mapRestarted(Context& context, std::size_t index);           // suspend.cpp
void mapSetChange(Context& context, std::size_t index);           // device_events.cpp
void mapBatteryChange(Context& context, std::size_t index);       // device_events.cpp
void mapTransition(Context& context, std::size_t index);          // smart_guard.cpp
void mapModeOfContext(Context& context, std::size_t index);       // smart_guard.cpp
void mapSensorStart(Context& context, std::size_t index);         // device_events.cpp
void mapPumpAnnunciation(Context& context, std::size_t index);    // annunciation.cpp
void mapSensorAnnunciation(Context& context, std::size_t index);  // annunciation.cpp
void mapMaxBolusChanged(Context& context, std::size_t index);     // pump_settings.cpp
void mapReferenceTime(Context& context, std::size_t index);       // pump_settings.cpp

/// "Suspended before low", "Suspended by user, for reservoir change": why delivery is stopped from `change`
/// to its end (docs/nightscout/mapping.md 8.6). In suspend.cpp.
std::string suspendedReason(const Context& context, const BasalChange& change);

/// The identity of a document of this kind whose primary record is at `index`. `key` as in addTreatment().
std::string identifierOf(const Context& context, std::size_t index, Kind kind, std::string_view key = {});

/// Appends a treatment of the record at `index`. `fields` has eventType and what is its own; the fields of
/// every treatment (docs/nightscout/mapping.md 6.2) are added. `time` in whole seconds: the milliseconds of
/// created_at come from the sequence number.
/// `key` tells a second document of the same record and kind from the first.
Document& addTreatment(Context& context, std::size_t index, Kind kind, UtcSeconds time, nlohmann::json fields,
                       std::string_view key = {});
Document& addNote(Context& context, std::size_t index, UtcSeconds time, std::string_view notes);
void addWarning(Context& context, std::size_t index, MappingWarningKind kind);
Document& addDocument(Context& context, Document document, const nlohmann::json& body);

} // namespace nightscout
