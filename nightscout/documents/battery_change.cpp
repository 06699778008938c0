// SPDX-License-Identifier: MIT
// "Insert battery" cleared -> Pump Battery Change (docs/nightscout/mapping.md 8.10).
#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

using protocol::history::AnnunciationCleared;

constexpr std::uint16_t kInsertBattery = 84;
/// One change of the battery may raise and clear the alert more than once.
constexpr std::chrono::hours kOneChange{2};

bool isInsertBattery(const AnnunciationCleared* cleared) {
    return cleared != nullptr && cleared->faultId == kInsertBattery;
}

} // namespace

void mapBatteryChange(Context& context, std::size_t index) {
    const auto time = context.view.at(index).time;
    if (!time || !isInsertBattery(context.view.get<AnnunciationCleared>(index))) return;
    const auto earlier = context.view.searchBack(index, *time - kOneChange, [&](std::size_t i) {
        return isInsertBattery(context.view.get<AnnunciationCleared>(i)) ? RecordLinks::Verdict::Take
                                                                         : RecordLinks::Verdict::Pass;
    });
    if (earlier.state != Partner::State::None) return;
    addTreatment(context, index, Kind::Battery, *time, {{"eventType", "Pump Battery Change"}});
}

} // namespace nightscout
