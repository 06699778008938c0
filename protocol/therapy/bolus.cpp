// SPDX-License-Identifier: MIT
#include "therapy/bolus.hpp"

#include <chrono>

namespace therapy {
namespace {

namespace history = protocol::history;

/// When a fast bolus without a delivered record is given up: 25 U take 17 min at standard speed.
constexpr std::chrono::hours kDeliveryGivenUp{2};

template <typename Part1>
BolusShape shape(const Part1& part) {
    switch (part.bolusType) {
        case history::BolusType::Fast:
            return BolusShape::Fast;
        case history::BolusType::Extended:
            return BolusShape::Square;
        case history::BolusType::Multiwave:
        case history::BolusType::MultiwaveAlias:
            return BolusShape::Dual;
        case history::BolusType::Undetermined:
            break;
    }
    if (part.extendedAmount.isZero()) return BolusShape::Fast;
    return part.fastAmount.isZero() ? BolusShape::Square : BolusShape::Dual;
}

template <typename Part1>
std::optional<BolusPart> readPart(const Part1& part, BolusShape shape) {
    const auto fast = amountOf(part.fastAmount);
    if (!fast) return std::nullopt;
    if (shape == BolusShape::Fast) return BolusPart{shape, *fast, {}, 0};
    const auto extended = amountOf(part.extendedAmount);
    if (!extended) return std::nullopt;
    return BolusPart{shape, *fast, *extended, part.durationMinutes};
}

} // namespace

BolusShape shapeOf(const history::BolusProgrammedPart1& programmed) {
    return shape(programmed);
}
BolusShape shapeOf(const history::BolusDeliveredPart1& delivered) {
    return shape(delivered);
}

std::optional<BolusPart> partOf(const history::BolusProgrammedPart1& programmed) {
    return readPart(programmed, shape(programmed));
}
std::optional<BolusPart> partOf(const history::BolusDeliveredPart1& delivered, BolusShape shape) {
    return readPart(delivered, shape);
}

BolusOutcome bolusOutcome(const RecordLinks& view, std::size_t programmed) {
    const auto& part1 = *view.get<history::BolusProgrammedPart1>(programmed);
    const BolusShape shape = shapeOf(part1);
    if (const auto delivery = view.deliveredFor(programmed); delivery.found()) {
        const auto part = partOf(*view.get<history::BolusDeliveredPart1>(delivery.index), shape);
        if (!part) return BolusOutcome::Unreadable;
        const bool nothing = shape == BolusShape::Fast && part->fast.isZero();
        return nothing ? BolusOutcome::NothingDelivered : BolusOutcome::Delivered;
    }
    if (shape != BolusShape::Fast && partOf(part1)) return BolusOutcome::Running;
    const auto time = view.at(programmed).time;
    const bool givenUp = time && view.continuesPast(*time + kDeliveryGivenUp);
    return givenUp ? BolusOutcome::Unrecorded : BolusOutcome::Pending;
}

std::optional<BolusOrigin> bolusOrigin(const RecordLinks& view, std::size_t programmed) {
    BolusOrigin origin;
    const auto* part2 = view.part2<history::BolusProgrammedPart2>(programmed);
    if (part2 != nullptr && part2->activationType == history::BolusActivation::Commanded) {
        const auto smartGuard = view.smartGuardAt(programmed);
        if (!smartGuard) return std::nullopt;
        origin.automatic = *smartGuard;
    }
    if (origin.automatic) return origin; // never has a meal record
    const auto meal = view.mealBefore(programmed);
    if (meal.undecided()) return std::nullopt;
    if (meal.found()) {
        origin.meal = meal.index;
        const auto grams = amountOf(view.get<history::Meal>(meal.index)->foodGrams);
        if (grams && !grams->isZero()) origin.carbsGrams = grams;
    }
    return origin;
}

} // namespace therapy
