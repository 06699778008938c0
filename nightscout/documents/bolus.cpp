// SPDX-License-Identifier: MIT
// Boluses of the user and automatic corrections (docs/nightscout/mapping.md 8.1, 8.3). The primary record is
// the programmed part 1; the document appears once the delivered record tells the insulin.
#include "nightscout/documents/bolus.hpp"

#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

namespace history = protocol::history;

/// Half an insulin step of the pump: less than that is no stop (docs/nightscout/mapping.md 8.1).
constexpr Amount kStopTolerance{1'250'000};
constexpr std::string_view kStartUnknown = "start unknown";

std::string_view eventTypeOf(AutoCorrectionEventType type) {
    switch (type) {
        case AutoCorrectionEventType::CorrectionBolus:
            return "Correction Bolus";
        case AutoCorrectionEventType::ComboBolus:
            return "Combo Bolus";
        case AutoCorrectionEventType::Smb:
            break;
    }
    return "SMB";
}

/// A fast bolus with insulin in it, of whatever origin.
struct FastBolus {
    Amount delivered;
    std::optional<Amount> programmed;
    std::optional<history::BolusActivation> activation;
    bool mealReason = false;
    std::string notes;
};

nlohmann::json automaticFields(const FastBolus& bolus, AutoCorrectionEventType type) {
    nlohmann::json fields{
        {"eventType", eventTypeOf(type)}, {"type", "SMB"}, {"isSMB", true}, {"automatic", true}};
    if (!bolus.notes.empty()) fields["notes"] = bolus.notes;
    return fields;
}

nlohmann::json userFields(const Context& context, const FastBolus& bolus, const BolusOrigin& origin) {
    const bool meal = origin.food || bolus.mealReason;
    nlohmann::json fields{{"eventType", meal ? "Meal Bolus" : "Correction Bolus"}, {"type", "normal"}};
    if (bolus.activation) fields["activation"] = history::name(*bolus.activation);
    if (!bolus.notes.empty()) fields["notes"] = bolus.notes;
    putCarbs(context, fields, origin);
    return fields;
}

void addFastBolus(Context& context, std::size_t index, UtcSeconds time, const FastBolus& bolus,
                  const BolusOrigin& origin) {
    nlohmann::json fields = origin.automatic ? automaticFields(bolus, context.settings.autoCorrection)
                                             : userFields(context, bolus, origin);
    fields["insulin"] = number(bolus.delivered);
    if (bolus.programmed) fields["programmed"] = number(*bolus.programmed);
    setSuperseded(context, addTreatment(context, index, Kind::Bolus, time, std::move(fields)), origin);
}

/// "Bolus of 2.5 U", "Auto correction": the beginning of a note about a bolus that was not one.
std::string described(const std::optional<BolusPart>& programmed, const BolusOrigin& origin) {
    const std::string what = origin.automatic ? "Auto correction" : "Bolus";
    return programmed ? what + " of " + text(programmed->total()) + " U" : what;
}

void addProgrammedFast(Context& context, std::size_t index, UtcSeconds time,
                       const std::optional<BolusPart>& programmed, const BolusPart& delivered,
                       const BolusOrigin& origin) {
    FastBolus bolus{delivered.fast, {}, {}, false, {}};
    if (programmed) {
        bolus.programmed = programmed->total();
        bolus.notes = stoppedNote(delivered.fast, programmed->total());
    }
    if (const auto* part2 = context.view.part2<history::BolusProgrammedPart2>(index)) {
        bolus.activation = part2->activationType;
        bolus.mealReason = (part2->flags & history::BolusProgrammedPart2::ReasonMeal) != 0;
    }
    addFastBolus(context, index, time, bolus, origin);
}

void addDelivered(Context& context, std::size_t index, const std::optional<BolusPart>& programmed,
                  const BolusOrigin& origin) {
    const auto part = *therapy::deliveredPart(context.view, index);
    const UtcSeconds start = *context.view.at(index).time +
                             therapy::startOffset(context.view, context.view.deliveredFor(index).index);
    if (part.shape == BolusShape::Fast) {
        addProgrammedFast(context, index, start, programmed, part, origin);
        return;
    }
    addComboBolus(context, index, start, part, programmed, origin,
                  programmed ? stoppedNote(part.total(), programmed->total()) : std::string());
}

/// When the last record of a delivered bolus was logged.
UtcSeconds completeAt(const RecordLinks& view, std::size_t programmed) {
    return view.at(view.deliveredFor(programmed).index).time.value_or(UtcSeconds::max());
}

/// What was announced while it ran is taken back: nothing says that it was delivered.
void addNotKnown(Context& context, std::size_t index, UtcSeconds time, const BolusPart& programmed,
                 const BolusOrigin& origin) {
    addComboBolus(context, index, time, {programmed.shape, {}, {}, 0}, programmed, origin,
                  "No delivery record of " + text(programmed.total()) + " U, not counted");
    addWarning(context, index, MappingWarningKind::DeliveryNotKnown);
}

} // namespace

void mapProgrammedBolus(Context& context, std::size_t index) {
    const auto* part1 = context.view.get<history::BolusProgrammedPart1>(index);
    const auto time = context.view.at(index).time;
    if (part1 == nullptr || !time) return;
    const BolusOutcome outcome = bolusOutcome(context.view, index);
    if (outcome == BolusOutcome::Pending) return;
    const auto origin = bolusOrigin(context.view, index);
    if (!origin) return;
    const auto programmed = partOf(*part1);

    switch (outcome) {
        case BolusOutcome::Pending:
            break;
        case BolusOutcome::Running:
            addComboBolus(context, index, *time, *programmed, programmed, *origin, {});
            break;
        case BolusOutcome::Delivered:
            if (isSettled(context, completeAt(context.view, index))) break;
            addDelivered(context, index, programmed, *origin);
            break;
        case BolusOutcome::NothingDelivered:
            // With carbohydrates the Carb Correction says it.
            if (origin->food) break;
            addNote(context, index, *time, described(programmed, *origin) + " stopped before delivery");
            break;
        case BolusOutcome::Unreadable:
            addNote(context, index, *time, described(programmed, *origin) + " delivered, amount unreadable");
            break;
        case BolusOutcome::NotKnown:
            addNotKnown(context, index, *time, *programmed, *origin);
            break;
        case BolusOutcome::Unrecorded:
            addNote(context, index, *time,
                    described(programmed, *origin) + " programmed, no delivery record");
            break;
    }
}

/// Only for a delivery whose programmed record is missing for good: otherwise that one is the primary record.
void mapDeliveredBolus(Context& context, std::size_t index) {
    const auto* part1 = context.view.get<history::BolusDeliveredPart1>(index);
    auto time = context.view.at(index).time;
    if (part1 == nullptr || !time || !context.view.holds(index + 1)) return;
    if (context.view.programmedFor(index).state != Partner::State::None) return;

    BolusOrigin origin;
    std::optional<history::BolusActivation> activation;
    if (const auto* part2 = context.view.part2<history::BolusDeliveredPart2>(index)) {
        activation = part2->activationType;
    }
    *time -= therapy::startOffset(context.view, index);
    origin.automatic = activation == history::BolusActivation::Commanded;
    const auto part = partOf(*part1, shapeOf(*part1));
    if (!part) {
        addNote(context, index, *time,
                described({}, origin) + " delivered, amount unreadable; start unknown");
    } else if (part->shape != BolusShape::Fast) {
        addComboBolus(context, index, *time, *part, {}, origin, std::string(kStartUnknown));
    } else if (part->fast.isZero()) {
        addNote(context, index, *time, described({}, origin) + " stopped before delivery; start unknown");
    } else {
        addFastBolus(context, index, *time, {part->fast, {}, activation, false, std::string(kStartUnknown)},
                     origin);
    }
}

std::string stoppedNote(Amount delivered, Amount programmed) {
    if (delivered + kStopTolerance >= programmed) return {};
    return "Stopped: " + text(delivered) + " of " + text(programmed) + " U delivered";
}

void appendNote(std::string& notes, std::string_view more) {
    if (!notes.empty() && !more.empty()) notes += "; ";
    notes += more;
}

} // namespace nightscout
