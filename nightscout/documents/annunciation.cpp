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
/// Announcements within it come together: one push is what a phone makes of them.
constexpr std::chrono::seconds kTogether{60};
/// An older announcement is not pushed by the site any more.
constexpr std::chrono::minutes kPushed{10};
/// What is told a second time has an identity of its own.
constexpr std::string_view kStillActive = "|active";
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

bool reports(const RecordLinks& view, std::size_t index, ReportedBy fact) {
    switch (fact) {
        case ReportedBy::Stop:
            return view.get<history::InsulinDeliveryStopped>(index) != nullptr;
        case ReportedBy::Restart:
            return view.get<history::InsulinDeliveryRestarted>(index) != nullptr;
        case ReportedBy::TransitionIn:
        case ReportedBy::TransitionOut: {
            const auto* transition = view.get<history::Cl1Transition>(index);
            const bool in = fact == ReportedBy::TransitionIn;
            return transition != nullptr &&
                   (transition->transition == history::Cl1TransitionKind::IntoAuto) == in;
        }
        case ReportedBy::Nothing:
            break;
    }
    return false;
}

/// Whether a record of the same fact is near; empty while it may still come.
std::optional<bool> isReportedElsewhere(const RecordLinks& view, std::size_t index, UtcSeconds time,
                                        ReportedBy fact) {
    if (fact == ReportedBy::Nothing) return false;
    const auto judge = [&](std::size_t i) { return reports(view, i, fact) ? Verdict::Take : Verdict::Pass; };
    const auto before = view.searchBack(index, time - kSameFact, judge);
    const auto after = view.searchForward(index, time + kSameFact, judge);
    if (before.found() || after.found()) return true;
    if (before.undecided() || after.undecided()) return std::nullopt;
    return false;
}

/// The fault of the annunciation at `index`, when it is announced.
std::optional<std::uint16_t> announcedFault(const Context& context, std::size_t index) {
    const auto* event = context.view.get<Annunciation>(index);
    if (event == nullptr || event->annunciationType >> 12U != kVendorType) return std::nullopt;
    const auto kind = faultClass(event->faultId());
    if (!kind || !isAnnounced(context.settings.announce, *kind, event->faultId())) return std::nullopt;
    return event->faultId();
}

/// Of announcements that come together the site pushes the newest: the one at `index` steps back behind a
/// more urgent one that came just before it. The instant of that one, if there is one; empty while it cannot
/// be told.
std::optional<std::optional<UtcSeconds>> moreUrgentBefore(const Context& context, std::size_t index,
                                                          UtcSeconds time, std::uint16_t fault) {
    std::optional<UtcSeconds> found;
    const auto search = context.view.searchBack(index, time - kTogether, [&](std::size_t i) {
        const auto other = announcedFault(context, i);
        if (other && urgency(*other) > urgency(fault) && context.view.at(i).time)
            found = context.view.at(i).time;
        return Verdict::Pass;
    });
    if (search.undecided()) return std::nullopt;
    return found;
}

/// When the pump still showed the alarm at `index` although nobody can have been told of it: it was not seen
/// when it began, and its announcement was too old to be pushed, or one that is less urgent hid it.
std::optional<UtcSeconds> stillActive(const Context& context, std::size_t index, UtcSeconds time,
                                      const Annunciation& event) {
    const therapy::LiveAnnunciation shown{event.annunciationType, event.instanceId};
    const auto& readings = context.view.live().annunciation;
    const auto seen = std::ranges::find_if(
        readings, [&](const auto& reading) { return reading.value == shown && reading.until >= time; });
    if (seen == readings.end()) return std::nullopt;
    if (seen->from >= time + kPushed) return seen->from;
    if (seen->from < time + kTogether) return std::nullopt;
    for (std::size_t i = index + 1; context.view.holds(i); ++i) {
        const auto other = announcedFault(context, i);
        const auto logged = context.view.at(i).time;
        const bool hides =
            other && logged && *logged <= seen->from && urgency(*other) < urgency(event.faultId());
        if (hides) return seen->from;
    }
    return std::nullopt;
}

void addAnnunciation(Context& context, std::size_t index, UtcSeconds time, const Annunciation& event,
                     FaultClass kind) {
    const auto id = event.faultId();
    const std::string prefix =
        kind == FaultClass::Alarm ? "Pump alarm " + std::to_string(id) + ": " : "Pump: ";
    const std::string notes = prefix + faultText(id, event.aux.view(), context.settings.units);
    nlohmann::json fields{{"notes", notes}, {"fault", id}};
    if (!isAnnounced(context.settings.announce, kind, id)) {
        fields["eventType"] = "Note";
        addTreatment(context, index, Kind::Alarm, time, std::move(fields));
        return;
    }
    fields["eventType"] = "Announcement";
    fields["isAnnouncement"] = true;
    const auto urgent = moreUrgentBefore(context, index, time, id);
    if (!urgent) return;
    const UtcSeconds created = *urgent ? **urgent - std::chrono::seconds{1} : time;
    addTreatment(context, index, Kind::Alarm, created, fields);
    if (const auto seen = stillActive(context, index, time, event)) {
        fields["notes"] = notes + " (still active)";
        addTreatment(context, index, Kind::Alarm, *seen, std::move(fields), kStillActive);
    }
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
    if (isReportedElsewhere(context.view, index, *time, reportedBy(event->faultId())).value_or(true)) return;
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
