// SPDX-License-Identifier: MIT
#include "bridge/session/follow_plan.hpp"

#include <algorithm>

namespace bridge {

using protocol::idd::Change;
using protocol::idd::StatusChanged;
using Item = FollowPlan::Item;

namespace {

using Interval = std::chrono::milliseconds FollowSettings::*;

/// A change of one of `bits` asks for `item`, but not within `least` of the read before.
struct Rule {
    Item item;
    std::uint64_t bits;
    Interval least; ///< nullptr: at once
};

template <typename... Changes>
constexpr std::uint64_t bits(Changes... changes) {
    return ((std::uint64_t{1} << static_cast<unsigned>(changes)) | ...);
}

// docs/protocol/services.md 6, "react by", and 9.
constexpr std::array kRules{
    Rule{Item::Measurement, bits(Change::NewCgmMeasurement), nullptr},
    Rule{Item::NewRecords,
         bits(Change::HistoryEvent, Change::Annunciation, Change::NewCgmMeasurement, Change::CgmCalibration,
              Change::CgmCalibrationContext),
         nullptr},
    Rule{Item::Status,
         bits(Change::TherapyControlState, Change::OperationalState, Change::SensorConnectivity), nullptr},
    Rule{Item::Status, bits(Change::SensorMessage), &FollowSettings::often},
    Rule{Item::Status, bits(Change::Reservoir, Change::NewCgmMeasurement), &FollowSettings::seldom},
    Rule{Item::Annunciation, bits(Change::Annunciation), nullptr},
    Rule{Item::Algorithm, bits(Change::TherapyControlState, Change::TherapyAlgorithmState), nullptr},
    Rule{Item::Algorithm, bits(Change::SensorMessage, Change::SensorConnectivity), &FollowSettings::often},
    Rule{Item::InsulinOnBoard, bits(Change::InsulinOnBoard), &FollowSettings::often},
    Rule{Item::Boluses, bits(Change::ActiveBolus), &FollowSettings::often},
    Rule{Item::Basal, bits(Change::ActiveBasalRate), &FollowSettings::often},
    Rule{Item::Session, bits(Change::SensorMessage, Change::SensorConnectivity, Change::SensorChanged),
         &FollowSettings::often},
};

struct Routine {
    Item item;
    Interval every;
};
constexpr std::array kRoutines{
    Routine{Item::Session, &FollowSettings::routine},
    Routine{Item::Batteries, &FollowSettings::routine},
    Routine{Item::Clock, &FollowSettings::routine},
    Routine{Item::AllRecords, &FollowSettings::poll},
};

constexpr std::array kAtPoll{Item::Changes,      Item::Measurement, Item::AllRecords,    Item::Status,
                             Item::Annunciation, Item::Algorithm,   Item::InsulinOnBoard};

// Total daily insulin, time in range and what has no known meaning stay latched: nothing here follows them.
// The vendor's older app resets the same bits (docs/protocol/services.md 6).
constexpr std::uint64_t kFollowed = 0x0fff'00efU;
constexpr std::uint64_t kMarks = bits(Change::Extended, Change::Extended1);

} // namespace

FollowPlan::FollowPlan(FollowSettings settings, Time now) : settings_(settings) {
    for (Turn& each : turns_) each.due = now;
    turn(Item::NewRecords).due = Time::max(); // among all records
}

void FollowPlan::want(Item item, Time at) {
    turn(item).due = std::min(turn(item).due, at);
}

void FollowPlan::note(StatusChanged changes, Time now) {
    for (const Rule& rule : kRules) {
        if ((changes.flags & rule.bits) == 0) continue;
        const auto& last = turn(rule.item).last;
        want(rule.item, rule.least != nullptr && last ? std::max(now, *last + settings_.*rule.least) : now);
    }
    // The pump speaks: no need to ask yet, unless that has begun.
    if (turn(Item::AllRecords).due > now) turn(Item::AllRecords).due = now + settings_.poll;
}

void FollowPlan::wake(Time now) {
    if (!isDue(Item::AllRecords, now)) return;
    for (const Item item : kAtPoll) want(item, now);
}

StatusChanged FollowPlan::toReset(StatusChanged received) {
    if ((received.flags & kFollowed) == 0) return received;
    return {received.flags & (kFollowed | kMarks)};
}

bool FollowPlan::isDue(Item item, Time now) const {
    return turns_.at(static_cast<std::size_t>(item)).due <= now;
}

void FollowPlan::done(Item item, Time now) {
    turn(item) = {Time::max(), now};
    for (const Routine& routine : kRoutines)
        if (routine.item == item) turn(item).due = now + settings_.*routine.every;
}

FollowPlan::Time FollowPlan::next() const {
    return std::ranges::min(turns_, {}, &Turn::due).due;
}

} // namespace bridge
