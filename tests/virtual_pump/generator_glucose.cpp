// SPDX-License-Identifier: MIT
#include "virtual_pump/generator_glucose.hpp"

#include <algorithm>
#include <cmath>

namespace virtual_pump::generator {

namespace {

using Minutes = std::chrono::duration<double, std::ratio<60>>;

/// 0 at the meal, 1 at the peak, nearly 0 after four hours.
double mealShape(double minutesSince) {
    constexpr double kPeak = 55;
    if (minutesSince <= 0) return 0;
    const double x = minutesSince / kPeak;
    return std::pow(x, 1.5) * std::exp(1.5 * (1 - x));
}

/// A fasting day without meals: lowest after midnight, the rise at dawn.
double fasting(LocalSeconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const double hour = Minutes(time - day).count() / 60;
    const double dawn = 22 * std::exp(-std::pow((hour - 6.5) / 2.0, 2));
    const double night = -10 * std::exp(-std::pow((hour - 2.5) / 2.5, 2));
    return 112 + dawn + night;
}

/// 0 outside, 1 in the middle third.
double weight(const Span& span, LocalSeconds time) {
    if (!span.contains(time)) return 0;
    const double at = Minutes(time - span.begin).count() / Minutes(span.end - span.begin).count();
    return std::min({1.0, 3 * at, 3 * (1 - at)});
}

} // namespace

bool containedInAny(const std::vector<Span>& spans, LocalSeconds time) {
    return std::any_of(spans.begin(), spans.end(), [time](const Span& span) { return span.contains(time); });
}

void Glucose::addMeal(LocalSeconds time, int grams, bool withBolus) {
    meals_.push_back({time, grams * (withBolus ? 1.1 : 2.6)});
}

double Glucose::next(LocalSeconds time) {
    noise_ = 0.85 * noise_ + 2.5 * dice_.bell();
    double value = fasting(time) + noise_;
    constexpr hours kDigested{6};
    for (const Meal& meal : meals_) {
        if (time - meal.time > kDigested) continue;
        value += meal.rise * mealShape(Minutes(time - meal.time).count());
    }
    for (const Excursion& excursion : excursions_) {
        const double share = weight(excursion.span, time);
        value += share * (excursion.target + noise_ / 8 - value);
    }
    return value;
}

} // namespace virtual_pump::generator
