// SPDX-License-Identifier: MIT
// Finger sticks and calibrations -> BG Check (docs/nightscout/mapping.md 8.11). A finger stick that
// calibrates the sensor is two records of the pump and one document.
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"
#include "protocol/codec/glucose.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;

constexpr std::string_view kAccepted = "Calibration accepted";
constexpr std::string_view kRejected = "Calibration rejected";

/// mg/dL; empty for special values and for 0, which the server takes for missing.
std::optional<Amount> glucoseOf(const protocol::MedFloat& kilogramsPerLitre) {
    const auto glucose = amountOf(protocol::milligramsPerDecilitre(kilogramsPerLitre));
    return glucose && !glucose->isZero() ? glucose : std::nullopt;
}

void addBgCheck(Context& context, std::size_t index, Amount glucose, std::string_view notes) {
    nlohmann::json fields{{"eventType", "BG Check"}, {"glucoseType", "Finger"}};
    // The site prints the number as it is.
    if (context.settings.units == GlucoseUnits::MillimolesPerLitre) {
        fields["glucose"] = millimoles(glucose);
        fields["units"] = "mmol";
    } else {
        fields["glucose"] = number(glucose);
        fields["units"] = "mg/dl";
    }
    if (!notes.empty()) fields["notes"] = notes;
    addTreatment(context, index, Kind::Bg, *context.view.at(index).sampleTime, std::move(fields));
}

/// A calibration record that no finger stick record came before.
bool standsAlone(const Context& context, std::size_t index) {
    return context.view.at(index).sampleTime &&
           context.view.readingBefore(index).state == Partner::State::None;
}

} // namespace

void mapBgReading(Context& context, std::size_t index) {
    const auto* reading = context.view.get<history::BgReading>(index);
    if (reading == nullptr || !context.view.at(index).sampleTime) return;
    const auto glucose = glucoseOf(reading->bg);
    if (!glucose) return;
    std::string_view notes;
    if (const auto calibration = context.view.calibrationAfter(index); calibration.found()) {
        const bool accepted = context.view.get<history::CalibrationComplete>(calibration.index) != nullptr;
        notes = accepted ? kAccepted : kRejected;
    }
    addBgCheck(context, index, *glucose, notes);
}

void mapCalibrationComplete(Context& context, std::size_t index) {
    const auto* calibration = context.view.get<history::CalibrationComplete>(index);
    if (calibration == nullptr || !standsAlone(context, index)) return;
    if (const auto glucose = glucoseOf(calibration->bg)) addBgCheck(context, index, *glucose, kAccepted);
}

void mapCalibrationRejected(Context& context, std::size_t index) {
    const auto* calibration = context.view.get<history::CalibrationRejected>(index);
    if (calibration == nullptr || !standsAlone(context, index)) return;
    std::string notes(kRejected);
    if (const auto glucose = glucoseOf(calibration->bg)) notes += ": " + text(*glucose) + " mg/dL";
    addNote(context, index, *context.view.at(index).sampleTime, notes);
}

} // namespace nightscout
