// SPDX-License-Identifier: MIT
#include "bridge/publish/date_by_zone.hpp"

#include <map>

#include "bridge/publish/stored_run.hpp"

namespace bridge {

std::size_t dateByZone(Store& store, PumpId pump, const therapy::Zone& zone, const LocalRange& range) {
    std::size_t dated = 0;
    const auto unpublished = store.unpublished(pump);
    for (const SequenceRange& held : store.held(pump)) {
        const StoredRun run(store, pump, held, zone);
        std::map<std::size_t, therapy::ClockOffset> offsets; // by segment
        for (const SequenceRange& changed : unpublished) {
            const SequenceRange within{std::max(held.first, changed.first),
                                       std::min(held.last, changed.last)};
            if (within.first > within.last) continue;
            store.forEachRecord(pump, within, [&](const StoredRecord& stored) {
                const auto record = run.dated(stored);
                if (record.hold != therapy::Hold::NotMeasured || !record.record || !record.localTime) return;
                if (range.first && *record.localTime < *range.first) return;
                if (range.last && *record.localTime > *range.last) return;
                const auto local = run.timeLine().localTime(record.record->header);
                if (!local) return;
                ++dated;
                const auto offset = zone.offsetFor(*record.localTime);
                const auto from = run.timeLine().segments()[local->segment].firstSequenceNumber;
                offsets.try_emplace(local->segment,
                                    therapy::ClockOffset{from, offset, offset, stored.receivedAt,
                                                         therapy::OffsetSource::Zone});
            });
        }
        for (const auto& [segment, offset] : offsets) store.keepClockOffset(pump, offset);
    }
    return dated;
}

} // namespace bridge
