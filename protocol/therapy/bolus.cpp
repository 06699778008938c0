// SPDX-License-Identifier: MIT
#include "therapy/bolus.hpp"

namespace therapy {
namespace {

namespace history = protocol::history;

/// When a fast bolus without a delivered record is given up: 25 U take 17 min at standard speed.
constexpr std::chrono::minutes kDeliveryGivenUp = std::chrono::hours{2};
constexpr std::chrono::seconds kLongestStartOffset = std::chrono::hours{24};

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

/// By the programmed part 2; where that is missing, by the delivered one.
std::optional<history::BolusActivation> activationOf(const RecordLinks& view, std::size_t programmed) {
    const auto* part2 = view.part2<history::BolusProgrammedPart2>(programmed);
    if (part2 != nullptr && part2->activationType) return part2->activationType;
    const auto delivery = view.deliveredFor(programmed);
    if (!delivery.found()) return std::nullopt;
    const auto* delivered = view.part2<history::BolusDeliveredPart2>(delivery.index);
    return delivered != nullptr ? delivered->activationType : std::nullopt;
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

std::optional<BolusPart> deliveredPart(const RecordLinks& view, std::size_t programmed) {
    const BolusShape intended = shapeOf(*view.get<history::BolusProgrammedPart1>(programmed));
    const auto& part1 = *view.get<history::BolusDeliveredPart1>(view.deliveredFor(programmed).index);
    const bool typed = part1.bolusType != history::BolusType::Undetermined;
    const BolusShape delivered = typed || !part1.extendedAmount.isZero() ? shapeOf(part1) : intended;
    const auto part = partOf(part1, delivered);
    // Nothing delivered: what was intended is what the document is about.
    if (part && part->total().isZero()) return partOf(part1, intended);
    return part;
}

std::chrono::seconds startOffset(const RecordLinks& view, std::size_t delivered) {
    const auto* part2 = view.part2<history::BolusDeliveredPart2>(delivered);
    const std::chrono::seconds offset{part2 != nullptr ? part2->startTimeOffset : 0};
    return offset <= kLongestStartOffset ? offset : std::chrono::seconds{0};
}

BolusOutcome bolusOutcome(const RecordLinks& view, std::size_t programmed) {
    const auto& part1 = *view.get<history::BolusProgrammedPart1>(programmed);
    const bool fast = shapeOf(part1) == BolusShape::Fast;
    const bool shown = !fast && partOf(part1);
    const auto waiting = shown ? BolusOutcome::Running : BolusOutcome::Pending;
    if (const auto delivery = view.deliveredFor(programmed); delivery.found()) {
        if (!view.holds(delivery.index + 1)) return waiting; // part 2 may move the start
        const auto part = deliveredPart(view, programmed);
        if (!part) return shown ? BolusOutcome::NotKnown : BolusOutcome::Unreadable;
        return fast && part->total().isZero() ? BolusOutcome::NothingDelivered : BolusOutcome::Delivered;
    }
    const auto time = view.at(programmed).time;
    const auto limit = fast ? kDeliveryGivenUp : RecordLinks::longestDelivery(part1);
    if (!time || !view.continuesPast(*time + limit)) return waiting;
    return shown ? BolusOutcome::NotKnown : BolusOutcome::Unrecorded;
}

std::optional<BolusOrigin> bolusOrigin(const RecordLinks& view, std::size_t programmed) {
    BolusOrigin origin;
    origin.automatic = activationOf(view, programmed) == history::BolusActivation::Commanded;
    if (origin.automatic) return origin; // never has a meal record
    const auto meal = view.mealBefore(programmed);
    if (meal.undecided()) return std::nullopt;
    if (meal.found()) {
        origin.meal = meal.index;
        const auto food = amountOf(view.get<history::Meal>(meal.index)->foodGrams);
        if (food && !food->isZero()) origin.food = food;
    }
    return origin;
}

} // namespace therapy
