// SPDX-License-Identifier: MIT
#include "therapy/glucose_trend.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

namespace therapy {
namespace {

namespace history = protocol::history;
using std::chrono::seconds;

constexpr int kHighest = 400; ///< mg/dL

/// How old a sample may be, and should best be, to tell the rate of change (docs/nightscout/mapping.md 9.2).
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

GlucoseTrend trendOf(std::int64_t steepness, bool falling) {
    return {GlucoseTrend::State::Known, falling, steepness};
}

} // namespace

std::optional<int> measuredGlucose(const history::SgMeasurement& measurement) {
    const auto value = measurement.glucoseMgDl();
    return value && *value <= kHighest ? value : std::nullopt;
}

bool isAboveRange(const history::SgMeasurement& measurement) {
    const auto value = measurement.glucoseMgDl();
    return measurement.special() == history::SgSpecial::Above400 || (value && *value > kHighest);
}

GlucoseTrend glucoseTrendAt(const RecordLinks& links, std::size_t index, int milligrams) {
    const DatedRecord& record = links.at(index);
    if (record.trend) return trendOf(std::abs(std::int64_t{*record.trend}) / 1000, *record.trend < 0);
    const UtcSeconds sampled = *record.sampleTime;
    const UtcSeconds logged = record.time.value_or(sampled);
    std::optional<Change> overQuarterHour, overFiveMinutes;
    const auto consider = [](std::optional<Change>& best, const Span& span, const Change& change) {
        if (!span.contains(change.time)) return;
        if (!best || span.distance(change.time) < span.distance(best->time)) best = change;
    };
    // A value that was back-filled later than the context reaches makes do with what is there.
    const UtcSeconds since = std::max(sampled - kQuarterHour.most, logged - kContext);
    const auto search = links.searchBack(index, since, [&](std::size_t earlier) {
        const auto* measurement = links.get<history::SgMeasurement>(earlier);
        const auto value = measurement == nullptr ? std::nullopt : measuredGlucose(*measurement);
        const auto time = links.at(earlier).sampleTime;
        if (value && time) {
            const Change change{milligrams - *value, sampled - *time};
            consider(overQuarterHour, kQuarterHour, change);
            consider(overFiveMinutes, kFiveMinutes, change);
        }
        return RecordLinks::Verdict::Pass;
    });
    if (search.undecided()) return {GlucoseTrend::State::Undecided};
    const auto& best = overQuarterHour ? overQuarterHour : overFiveMinutes;
    if (!best) return {GlucoseTrend::State::None};
    const auto perMinute = std::chrono::abs(seconds{best->milligrams} * 60) / best->time;
    return trendOf(perMinute, best->milligrams < 0);
}

} // namespace therapy
