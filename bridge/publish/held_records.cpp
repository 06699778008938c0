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

} // namespace bridge
