// SPDX-License-Identifier: MIT
#include "bridge/publish/stored_run.hpp"

#include <algorithm>
#include <cstdint>

namespace bridge {
namespace {

therapy::TimeLine timeLineOf(const Store& store, PumpId pump, SequenceRange range) {
    std::vector<therapy::Reference> references;
    for (const StoredRecord& stored : store.references(pump, range)) {
        if (const auto reference = therapy::referenceOf(stored.raw)) references.push_back(*reference);
    }
    return therapy::TimeLine{std::move(references)};
}

/// The measured offset belongs to the newest records; an older range may lie before a change of the clock.
std::optional<std::chrono::seconds> newestOffset(const Store& store, PumpId pump, SequenceRange range) {
    const auto held = store.held(pump);
    const bool newest = !held.empty() && held.back().last == range.last;
    return newest ? store.measuredOffset(pump) : std::nullopt;
}

void joinStoredTrends(therapy::HistoryRun& run, const Store& store, PumpId pump) {
    std::optional<protocol::LocalSeconds> oldest, newest;
    for (const therapy::DatedRecord& record : run.records) {
        if (!record.localSampleTime) continue;
        oldest = std::min(oldest.value_or(*record.localSampleTime), *record.localSampleTime);
        newest = std::max(newest.value_or(*record.localSampleTime), *record.localSampleTime);
    }
    if (!oldest) return;
    therapy::joinTrends(run,
                        store.trends(pump, *oldest - therapy::kSameSample, *newest + therapy::kSameSample));
}

} // namespace

StoredRun::StoredRun(const Store& store, PumpId pump, SequenceRange range, const therapy::Zone& zone)
    : store_(store),
      pump_(pump),
      range_(range),
      timeLine_(timeLineOf(store, pump, range)),
      utc_(timeLine_, zone, newestOffset(store, pump, range)) {}

therapy::DatedRecord StoredRun::dated(const StoredRecord& stored, therapy::Dating dating) const {
    return therapy::dated({stored.sequenceNumber, stored.raw, stored.publishedAt}, timeLine_, utc_, dating);
}

therapy::HistoryRun StoredRun::history(SequenceRange window, therapy::Dating dating) const {
    therapy::HistoryRun run;
    store_.forEachRecord(pump_, window,
                         [&](const StoredRecord& stored) { run.records.push_back(dated(stored, dating)); });
    joinStoredTrends(run, store_, pump_);

    // Nothing older will come when the pump had nothing older, or does not have the number before.
    const auto oldest = store_.oldest(pump_);
    const auto absent = store_.absent(pump_);
    const bool begins =
        (oldest && range_.first <= *oldest) || std::ranges::any_of(absent, [this](SequenceRange gap) {
            return std::uint64_t{gap.last} + 1 == range_.first;
        });
    run.fromBeginning = begins && window.first == range_.first;
    return run;
}

} // namespace bridge
