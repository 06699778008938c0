// SPDX-License-Identifier: MIT
// What the site adds up to must be what the pump delivered: boluses, and the areas of Temp Basals cut by
// their successors (docs/nightscout/mapping.md 1.3).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "history_builder.hpp"
#include "virtual_pump/history_source.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;

constexpr int kDays = 5;

therapy::HistoryRun generated() {
    virtual_pump::GeneratorSettings settings;
    settings.seed = 7;
    settings.days = kDays;
    settings.end = protocol::LocalSeconds(std::chrono::sys_days{2026y / 3 / 14}.time_since_epoch() + 9h);
    std::string lines;
    for (const auto& raw : virtual_pump::generateHistory(settings)) {
        const auto record = history::decode(raw);
        // A damaged record has lost its number.
        const bool damaged = record && record->header.sequenceNumber == history::kCorruptionSequenceNumber;
        if (!damaged) lines += protocol::toHex(raw) + "\n";
    }
    return test::runFromHex(lines, 1h);
}

/// Units: micro boluses, boluses, and the pattern while the pump is in manual mode.
double deliveredByRecords(const therapy::HistoryRun& run) {
    double units = 0, rate = 0;
    bool manual = false;
    UtcSeconds since{};
    for (const auto& timed : run.records) {
        if (!timed.record || !timed.time) continue;
        const auto& data = timed.record->data;
        if (const auto* step = std::get_if<history::AutoBasalDelivery>(&data))
            units += step->amount.toDouble();
        if (const auto* bolus = std::get_if<history::BolusDeliveredPart1>(&data)) {
            units += bolus->fastAmount.toDouble() + bolus->extendedAmount.toDouble();
        }
        const auto settle = [&] {
            if (manual)
                units += rate * std::chrono::duration<double, std::ratio<3600>>(*timed.time - since).count();
            since = *timed.time;
        };
        if (const auto* mode = std::get_if<history::Cl1Transition>(&data)) {
            settle();
            manual = mode->transition != history::Cl1TransitionKind::IntoAuto;
        }
        if (const auto* change = std::get_if<history::DeliveredBasalRateChanged>(&data)) {
            settle();
            rate = change->newRate.toDouble();
        }
    }
    return units;
}

double shownBySite(const std::vector<nlohmann::json>& bodies, const std::vector<Document>& documents) {
    struct Rate {
        UtcMilliseconds begin;
        double minutes, unitsPerHour;
    };
    std::vector<Rate> rates;
    double units = 0;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        units += bodies[i].value("insulin", 0.0);
        units += bodies[i].value("relative", 0.0) * bodies[i].value("duration", 0.0) / 60;
        if (documents[i].eventType != "Temp Basal") continue;
        rates.push_back({documents[i].time, bodies[i].at("duration"), bodies[i].at("absolute")});
    }
    std::ranges::sort(rates, {}, &Rate::begin);
    for (std::size_t i = 0; i < rates.size(); ++i) {
        double minutes = rates[i].minutes;
        if (i + 1 < rates.size()) {
            const std::chrono::duration<double, std::ratio<60>> until = rates[i + 1].begin - rates[i].begin;
            minutes = std::min(minutes, until.count());
        }
        units += rates[i].unitsPerHour * minutes / 60;
    }
    return units;
}

TEST(InsulinOfTheSite, IsTheInsulinOfThePump) {
    const auto run = generated();
    const auto documents = map(run, test::settings());
    const double delivered = deliveredByRecords(run);
    EXPECT_GT(delivered, 100);
    EXPECT_NEAR(shownBySite(test::bodies(documents), documents), delivered, 0.05 * kDays);
}

} // namespace
} // namespace nightscout
