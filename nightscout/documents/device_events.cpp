// SPDX-License-Identifier: MIT
// What is done to the devices -> Insulin Change, Site Change, Pump Battery Change, Sensor Start
// (docs/nightscout/mapping.md 8.9 source 2, and 8.10).
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using history::AnnunciationCleared;
using therapy::kLongestSetChange;

bool isShown(SiteChangeRule rule, const Suspension& suspension, UtcSeconds out) {
    switch (rule) {
        case SiteChangeRule::WithReservoir:
            return true;
        case SiteChangeRule::Primed:
            return suspension.primed && *suspension.primed >= out - kLongestSetChange;
        case SiteChangeRule::Off:
            break;
    }
    return false;
}

constexpr std::uint16_t kInsertBattery = 84;
/// One change of the battery may raise and clear the alert more than once.
constexpr std::chrono::hours kOneBatteryChange{2};

bool isInsertBattery(const AnnunciationCleared* cleared) {
    return cleared != nullptr && cleared->faultId == kInsertBattery;
}

/// Shorter breaks in the sensor's code for "starting" are breaks in the radio link.
constexpr std::chrono::minutes kSameStart{30};

bool isStarting(const history::SgMeasurement* measurement) {
    return measurement != nullptr && measurement->special() == history::SgSpecial::SensorStarting;
}

} // namespace

void mapSetChange(Context& context, std::size_t index) {
    const auto* suspension = context.basal.suspensionAt(index);
    const auto time = context.view.at(index).time;
    if (suspension == nullptr || !suspension->end || !time) return;
    if (suspension->end->time > *time + kLongestSetChange) return;
    const auto out = therapy::reservoirOut(context.view, *suspension, *time);
    if (!out.found() || out.index != index) return;
    const auto add = [&](Kind kind, std::string_view eventType) {
        addTreatment(context, index, kind, suspension->end->time, {{"eventType", eventType}});
    };
    if (context.settings.insulinChange) add(Kind::Insulin, "Insulin Change");
    if (isShown(context.settings.siteChange, *suspension, *time)) add(Kind::Site, "Site Change");
}

void mapBatteryChange(Context& context, std::size_t index) {
    const auto time = context.view.at(index).time;
    if (!time || !isInsertBattery(context.view.get<AnnunciationCleared>(index))) return;
    const auto earlier = context.view.searchBack(index, *time - kOneBatteryChange, [&](std::size_t i) {
        return isInsertBattery(context.view.get<AnnunciationCleared>(i)) ? RecordLinks::Verdict::Take
                                                                         : RecordLinks::Verdict::Pass;
    });
    if (earlier.state != Partner::State::None) return;
    addTreatment(context, index, Kind::Battery, *time, {{"eventType", "Pump Battery Change"}});
}

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
