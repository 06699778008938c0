// SPDX-License-Identifier: MIT
// Sensor glucose -> entries (docs/nightscout/mapping.md 9).
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"
#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using std::chrono::seconds;

/// Nightscout takes values below 39 for error codes, and its low alarm ignores 39 itself.
constexpr int kLeastGlucose = 40;
/// "Reading low" of older pumps; the 780G sends 0x030d (by analogy, docs/nightscout/mapping.md 9.3).
constexpr std::uint16_t kReadingLow = 0x0309;

struct Reading {
    int milligrams;
    bool sentinel; ///< stands for "below 50" or "above 400"
};

std::optional<Reading> readingOf(const history::SgMeasurement& measurement, const MappingSettings& settings) {
    if (const auto value = therapy::measuredGlucose(measurement)) {
        return Reading{std::max(*value, kLeastGlucose), false};
    }
    if (therapy::isAboveRange(measurement)) return Reading{settings.highSentinel, true};
    if (measurement.special() == history::SgSpecial::Below50 || measurement.sgRaw == kReadingLow) {
        return Reading{settings.lowSentinel, true};
    }
    return std::nullopt;
}

/// The names for falling, level and rising glucose, by how many mg/dL per minute it moves: below 1, 2, 3, and
/// more.
struct Arrows {
    std::array<std::string_view, 4> falling, rising;
};
constexpr Arrows kRateArrows{{"Flat", "FortyFiveDown", "SingleDown", "DoubleDown"},
                             {"Flat", "FortyFiveUp", "SingleUp", "DoubleUp"}};
constexpr Arrows kPumpArrows{{"Flat", "SingleDown", "DoubleDown", "TripleDown"},
                             {"Flat", "SingleUp", "DoubleUp", "TripleUp"}};

/// Empty while older records are missing.
std::optional<std::string_view> direction(const Context& context, std::size_t index, int milligrams) {
    const auto trend = therapy::glucoseTrendAt(context.view, index, milligrams);
    if (trend.state == GlucoseTrend::State::Undecided) return std::nullopt;
    return directionOf(trend, context.settings.directions);
}

} // namespace

std::string_view directionOf(const GlucoseTrend& trend, DirectionStyle style) {
    if (trend.state != GlucoseTrend::State::Known) return "NOT COMPUTABLE";
    const auto step = static_cast<std::size_t>(std::min<std::int64_t>(trend.steepness, 3));
    const Arrows& arrows = style == DirectionStyle::Rate ? kRateArrows : kPumpArrows;
    return trend.falling ? arrows.falling[step] : arrows.rising[step];
}

void mapGlucose(Context& context, std::size_t index) {
    const auto* measurement = context.view.get<history::SgMeasurement>(index);
    const DatedRecord& record = context.view.at(index);
    if (measurement == nullptr || !record.sampleTime ||
        isSettled(context, record.time.value_or(*record.sampleTime)))
        return;
    const auto reading = readingOf(*measurement, context.settings);
    if (!reading) return;
    const auto trend = reading->sentinel ? std::optional<std::string_view>("RATE OUT OF RANGE")
                                         : direction(context, index, *measurement->glucoseMgDl());
    if (!trend) return;

    Document document;
    document.identifier = identifierOf(context, index, Kind::Sgv);
    document.collection = Collection::Entries;
    document.kind = Kind::Sgv;
    document.eventType = "sgv";
    document.time = *record.sampleTime;
    document.sequenceNumber = record.sequenceNumber;
    const nlohmann::json body{
        {"type", "sgv"},
        {"sgv", reading->milligrams},
        {"direction", *trend},
        {"date", document.time.time_since_epoch().count()},
        {"dateString", toIso(document.time)},
        {"device", deviceOf(context.settings)},
        {"identifier", document.identifier},
        {"pumpId", record.sequenceNumber},
    };
    addDocument(context, std::move(document), body);
}

} // namespace nightscout
