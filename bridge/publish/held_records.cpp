// SPDX-License-Identifier: MIT
#include "bridge/publish/held_records.hpp"

#include <algorithm>
#include <map>

#include "bridge/publish/stored_run.hpp"

namespace bridge {

using therapy::Hold;

bool isHeld(const therapy::DatedRecord& record) {
    return record.hold && *record.hold != Hold::NoReference;
}

std::vector<HeldRecords> heldRecords(const Store& store, PumpId pump, const therapy::Zone& zone,
                                     std::optional<std::chrono::sys_seconds> now) {
    const auto reasonOf = [now](Hold reason) {
        return reason == Hold::NotMeasured && !now ? Hold::HostClock : reason;
    };
    std::map<std::pair<Hold, bool>, HeldRecords> found; // the old apart from what lies ahead
    const auto unpublished = store.unpublished(pump);
    for (const SequenceRange& range : store.held(pump)) {
        std::optional<StoredRun> run;
        for (const SequenceRange& changed : unpublished) {
            const SequenceRange within{std::max(range.first, changed.first),
                                       std::min(range.last, changed.last)};
            if (within.first > within.last) continue;
            if (!run) run.emplace(store, pump, range, zone, now);
            store.forEachRecord(pump, within, [&](const StoredRecord& stored) {
                const auto record = run->dated(stored);
                if (!isHeld(record)) return;
                const auto ahead = run->aheadUntil(stored);
                HeldRecords& held = found[{reasonOf(*record.hold), ahead.has_value()}];
                held.reason = reasonOf(*record.hold);
                if (ahead) held.until = std::min(held.until.value_or(*ahead), *ahead);
                ++held.count;
                held.since = std::min(held.since.value_or(stored.receivedAt), stored.receivedAt);
            });
        }
    }
    std::vector<HeldRecords> held;
    held.reserve(found.size());
    for (const auto& each : found) held.push_back(each.second);
    return held;
}

std::string_view describe(Hold reason) {
    switch (reason) {
        case Hold::NoReference:
            return "nothing says when they were";
        case Hold::LostClock:
            return "the pump has lost its clock: set date and time in the pump's menu";
        case Hold::NotMeasured:
            return "the pump's clock has not been read since it was last set";
        case Hold::HostClock:
            return "this computer's clock cannot be trusted yet: connect it to the internet (sudo "
                   "timedatectl "
                   "set-ntp true), or vouch for it: [time] host_clock = \"trusted\"";
        case Hold::Implausible:
            return "they came more than 400 days after their time: set the pump's clock";
    }
    return {};
}

std::string_view describe(const HeldRecords& held) {
    if (held.reason == Hold::Implausible && held.until)
        return "their time lies ahead of this computer's clock, and they are sent when it has come: compare "
               "the pump's clock and this computer's with another one";
    return describe(held.reason);
}

std::string_view name(Hold reason) {
    switch (reason) {
        case Hold::NoReference:
            return "no-reference";
        case Hold::LostClock:
            return "lost-clock";
        case Hold::NotMeasured:
            return "not-measured";
        case Hold::HostClock:
            return "host-clock";
        case Hold::Implausible:
            return "implausible";
    }
    return {};
}

} // namespace bridge
