// SPDX-License-Identifier: MIT
// Reservoir and infusion set changed -> Insulin Change, Site Change (docs/nightscout/mapping.md 8.10).
#include "nightscout/documents/set_change.hpp"

#include <nlohmann/json.hpp>

#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

using std::chrono::hours;

/// The longest time without a reservoir that still makes one change.
constexpr hours kLongestChange{8};
static_assert(kLongestChange <= kContext);

bool isShown(SiteChangeRule rule, const Suspension& suspension, UtcSeconds out) {
    switch (rule) {
        case SiteChangeRule::WithReservoir:
            return true;
        case SiteChangeRule::Primed:
            return suspension.primed && *suspension.primed >= out - kLongestChange;
        case SiteChangeRule::Off:
            break;
    }
    return false;
}

} // namespace

Partner reservoirOut(const RecordLinks& view, const Suspension& suspension, UtcSeconds until) {
    if (!suspension.beginKnown && !view.reachesBack(until - kLongestChange)) return {};
    for (const Stop& stop : suspension.stops) {
        const bool recent = stop.time >= until - kLongestChange;
        if (recent && stop.reason == protocol::history::StoppedReason::NotSeated) {
            return {Partner::State::Found, stop.index};
        }
    }
    return {Partner::State::None};
}

void mapSetChange(Context& context, std::size_t index) {
    const auto* suspension = context.basal.suspensionAt(index);
    const auto time = context.view.at(index).time;
    if (suspension == nullptr || !suspension->end || !time) return;
    if (suspension->end->time > *time + kLongestChange) return;
    const auto out = reservoirOut(context.view, *suspension, *time);
    if (!out.found() || out.index != index) return;
    const auto add = [&](Kind kind, std::string_view eventType) {
        addTreatment(context, index, kind, suspension->end->time, {{"eventType", eventType}});
    };
    if (context.settings.insulinChange) add(Kind::Insulin, "Insulin Change");
    if (isShown(context.settings.siteChange, *suspension, *time)) add(Kind::Site, "Site Change");
}

} // namespace nightscout
