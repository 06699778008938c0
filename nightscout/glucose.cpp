// SPDX-License-Identifier: MIT
// Sensor glucose -> entries (nightscout-mapping.md 9).
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "nightscout/mappers.hpp"
#include "nightscout/treatment.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using std::chrono::seconds;

/// Nightscout takes values below 39 for error codes, and its low alarm ignores 39 itself.
constexpr int kLeastGlucose = 40;
/// "Reading low" of older pumps; the 780G sends 0x030d (by analogy, nightscout-mapping.md 9.3).
constexpr std::uint16_t kReadingLow = 0x0309;

struct Reading {
    int milligrams;
    bool sentinel; ///< stands for "below 50" or "above 400"
};

std::optional<Reading> readingOf(const history::SgMeasurement& measurement, const MappingSettings& settings) {
    if (const auto value = measurement.glucoseMgDl()) return Reading{std::max(*value, kLeastGlucose), false};
    if (measurement.special() == history::SgSpecial::Above400) return Reading{settings.highSentinel, true};
    if (measurement.special() == history::SgSpecial::Below50 || measurement.sgRaw == kReadingLow) {
        return Reading{settings.lowSentinel, true};
    }
    return std::nullopt;
}

/// How old a sample may be, and should best be, to tell the rate of change (nightscout-mapping.md 9.2).
struct Span {
    seconds least, ideal, most;
    [[nodiscard]] bool contains(seconds age) const { return age >= least && age <= most; }
    [[nodiscard]] seconds distance(seconds age) const { return std::chrono::abs(age - ideal); }
};
constexpr Span kQuarterHour{seconds{540}, seconds{900}, seconds{1260}};
constexpr Span kFiveMinutes{seconds{210}, seconds{300}, seconds{540}};

struct Change {
    int milligrams = 0;
    seconds time{0};
};

/// The names for falling, level and rising glucose, by how many mg/dL per minute it moves: below 1, 2, 3, and
/// more.
struct Arrows {
    std::array<std::string_view, 4> falling, rising;
};
constexpr Arrows kRateArrows{{"Flat", "FortyFiveDown", "SingleDown", "DoubleDown"},
                             {"Flat", "FortyFiveUp", "SingleUp", "DoubleUp"}};
constexpr Arrows kPumpArrows{{"Flat", "SingleDown", "DoubleDown", "TripleDown"},
                             {"Flat", "SingleUp", "DoubleUp", "TripleUp"}};

/// `perMinute`: whole mg/dL, towards zero.
std::string_view arrow(std::int64_t perMinute, bool falling, DirectionStyle style) {
    const auto step = static_cast<std::size_t>(std::min<std::int64_t>(perMinute, 3));
    const Arrows& arrows = style == DirectionStyle::Rate ? kRateArrows : kPumpArrows;
    return falling ? arrows.falling[step] : arrows.rising[step];
}
std::string_view arrow(const Change& change, DirectionStyle style) {
    const auto perMinute = std::chrono::abs(seconds{change.milligrams} * 60) / change.time;
    return arrow(perMinute, change.milligrams < 0, style);
}
std::string_view arrow(std::int32_t trend, DirectionStyle style) {
    return arrow(std::abs(std::int64_t{trend}) / 1000, trend < 0, style);
}

/// The pump's own trend, else by the samples that were logged before the one at `index`, of which one tells
/// best how glucose moves.
/// Samples that come in later do not count: a direction is decided once. Empty while older records are
/// missing.
std::optional<std::string_view> direction(const Context& context, std::size_t index, int milligrams) {
    if (const auto trend = context.view.at(index).trend) return arrow(*trend, context.settings.directions);
    const UtcSeconds sampled = *context.view.at(index).sampleTime;
    const UtcSeconds logged = context.view.at(index).time.value_or(sampled);
    std::optional<Change> overQuarterHour, overFiveMinutes;
    const auto consider = [](std::optional<Change>& best, const Span& span, const Change& change) {
        if (!span.contains(change.time)) return;
        if (!best || span.distance(change.time) < span.distance(best->time)) best = change;
    };
    // A value that was back-filled later than the context reaches makes do with what is there.
    const UtcSeconds since = std::max(sampled - kQuarterHour.most, logged - kContext);
    const auto search = context.view.searchBack(index, since, [&](std::size_t earlier) {
        const auto* measurement = context.view.get<history::SgMeasurement>(earlier);
        const auto value = measurement == nullptr ? std::nullopt : measurement->glucoseMgDl();
        const auto time = context.view.at(earlier).sampleTime;
        if (value && time) {
            const Change change{milligrams - *value, sampled - *time};
            consider(overQuarterHour, kQuarterHour, change);
            consider(overFiveMinutes, kFiveMinutes, change);
        }
        return StretchView::Verdict::Pass;
    });
    if (search.undecided()) return std::nullopt;
    const auto& best = overQuarterHour ? overQuarterHour : overFiveMinutes;
    return best ? arrow(*best, context.settings.directions) : "NOT COMPUTABLE";
}

} // namespace

void mapGlucose(Context& context, std::size_t index) {
    const auto* measurement = context.view.get<history::SgMeasurement>(index);
    const TimedRecord& record = context.view.at(index);
    if (measurement == nullptr || !record.sampleTime) return;
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
