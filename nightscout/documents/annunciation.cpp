// SPDX-License-Identifier: MIT
// Alarms, alerts and messages -> Announcement or Note (docs/nightscout/mapping.md 8.12, 15). One document for
// each instance; that it was cleared changes nothing.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "nightscout/documents/fault.hpp"
#include "nightscout/documents/mappers.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using Annunciation = history::AnnunciationConsolidated;
using Verdict = RecordLinks::Verdict;

/// A record that repeats an instance was never seen; instance ids wrap.
constexpr std::chrono::hours kRepeated{2};
constexpr std::chrono::minutes kSameFact{5};
/// The upper nibble of the vendor's types; other types are the specification's, with other numbers.
constexpr unsigned kVendorType = 0xf;

bool isAnnounced(const AnnounceList& list, FaultClass kind, std::uint16_t faultId) {
    return std::ranges::find(list.classes, kind) != list.classes.end() ||
           std::ranges::find(list.faults, faultId) != list.faults.end();
}

Partner firstOfInstance(const RecordLinks& view, std::size_t index, UtcSeconds time,
                        const Annunciation& event) {
    return view.searchBack(index, time - kRepeated, [&](std::size_t i) {
        const auto* other = view.get<Annunciation>(i);
        const bool same = other != nullptr && other->instanceId == event.instanceId &&
                          other->annunciationType == event.annunciationType;
        return same ? Verdict::Take : Verdict::Pass;
    });
}

bool tells(const RecordLinks& view, std::size_t index, ToldBy fact) {
    switch (fact) {
        case ToldBy::Stop:
            return view.get<history::InsulinDeliveryStopped>(index) != nullptr;
        case ToldBy::Restart:
            return view.get<history::InsulinDeliveryRestarted>(index) != nullptr;
        case ToldBy::TransitionIn:
        case ToldBy::TransitionOut: {
            const auto* transition = view.get<history::Cl1Transition>(index);
            const bool in = fact == ToldBy::TransitionIn;
            return transition != nullptr &&
                   (transition->transition == history::Cl1TransitionKind::IntoAuto) == in;
        }
        case ToldBy::Nothing:
            break;
    }
    return false;
}

/// Whether a record of the same fact is near; empty while it may still come.
std::optional<bool> isToldElsewhere(const RecordLinks& view, std::size_t index, UtcSeconds time,
                                    ToldBy fact) {
    if (fact == ToldBy::Nothing) return false;
    const auto judge = [&](std::size_t i) { return tells(view, i, fact) ? Verdict::Take : Verdict::Pass; };
    const auto before = view.searchBack(index, time - kSameFact, judge);
    const auto after = view.searchForward(index, time + kSameFact, judge);
    if (before.found() || after.found()) return true;
    if (before.undecided() || after.undecided()) return std::nullopt;
    return false;
}

void addAnnunciation(Context& context, std::size_t index, UtcSeconds time, const Annunciation& event,
                     FaultClass kind) {
    const auto id = event.faultId();
    const std::string prefix =
        kind == FaultClass::Alarm ? "Pump alarm " + std::to_string(id) + ": " : "Pump: ";
    nlohmann::json fields{{"notes", prefix + faultText(id, event.aux.view(), context.settings.units)},
                          {"fault", id}};
    const bool announced = isAnnounced(context.settings.announce, kind, id);
    fields["eventType"] = announced ? "Announcement" : "Note";
    if (announced) fields["isAnnouncement"] = true;
    addTreatment(context, index, Kind::Alarm, time, std::move(fields));
}

void mapAnnunciation(Context& context, std::size_t index, bool ofSensor) {
    const auto* event = context.view.get<Annunciation>(index);
    const auto time = context.view.at(index).time;
    if (event == nullptr || !time || event->annunciationType >> 12U != kVendorType) return;
    const auto kind = faultClass(event->faultId());
    if (!kind || (*kind == FaultClass::Glucose || *kind == FaultClass::Sensor) != ofSensor) return;
    if (*kind == FaultClass::Reminder && !isAnnounced(context.settings.announce, *kind, event->faultId()))
        return;
    if (firstOfInstance(context.view, index, *time, *event).state != Partner::State::None) return;
    if (isToldElsewhere(context.view, index, *time, toldBy(event->faultId())).value_or(true)) return;
    addAnnunciation(context, index, *time, *event, *kind);
}

} // namespace

void mapPumpAnnunciation(Context& context, std::size_t index) {
    mapAnnunciation(context, index, false);
}

void mapSensorAnnunciation(Context& context, std::size_t index) {
    mapAnnunciation(context, index, true);
}

} // namespace nightscout
