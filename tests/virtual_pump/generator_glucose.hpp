// SPDX-License-Identifier: MIT
// Glucose as a sensor would see it: nights, dawn, meals, and runs that are made low or high on purpose.
#pragma once

#include <vector>

#include "virtual_pump/generator_draft.hpp"

namespace virtual_pump::generator {

struct Span {
    LocalSeconds begin, end;
    [[nodiscard]] bool contains(LocalSeconds time) const { return begin <= time && time < end; }
};
bool containedInAny(const std::vector<Span>& spans, LocalSeconds time);

class Glucose {
public:
    explicit Glucose(Dice& dice) : dice_(dice) {}

    void addMeal(LocalSeconds time, int grams, bool withBolus);
    /// Glucose goes to `target` mg/dL and back within the span.
    void addExcursion(Span span, double target) { excursions_.push_back({span, target}); }

    /// mg/dL, not limited to what a sensor can show. Ask in steps of time: the noise has a memory.
    double next(LocalSeconds time);

private:
    struct Meal {
        LocalSeconds time;
        double rise; ///< mg/dL at its peak
    };
    struct Excursion {
        Span span;
        double target;
    };
    Dice& dice_;
    std::vector<Meal> meals_;
    std::vector<Excursion> excursions_;
    double noise_ = 0;
};

} // namespace virtual_pump::generator
