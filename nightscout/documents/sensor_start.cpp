// SPDX-License-Identifier: MIT
// The sensor's code for "starting" -> Sensor Start (docs/nightscout/mapping.md 8.9, source 2).
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;

/// Shorter breaks in the code are breaks in the radio link.
constexpr std::chrono::minutes kSameStart{30};

bool isStarting(const history::SgMeasurement* measurement) {
    return measurement != nullptr && measurement->special() == history::SgSpecial::SensorStarting;
}

} // namespace

void mapSensorStart(Context& context, std::size_t index) {
    const DatedRecord& record = context.view.at(index);
    if (!context.settings.sensorStart || !record.time || !record.sampleTime) return;
    if (!isStarting(context.view.get<history::SgMeasurement>(index))) return;
    const auto earlier = context.view.searchBack(index, *record.time - kSameStart, [&](std::size_t i) {
        return isStarting(context.view.get<history::SgMeasurement>(i)) ? RecordLinks::Verdict::Take
                                                                       : RecordLinks::Verdict::Pass;
    });
    if (earlier.state != Partner::State::None) return;
    addTreatment(context, index, Kind::Sensor, *record.sampleTime, {{"eventType", "Sensor Start"}});
}

} // namespace nightscout
