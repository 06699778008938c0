// SPDX-License-Identifier: MIT
#include "bridge/publish/stored_run.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridge {
namespace {

/// What a pump's clock is moved by at most, for all we know: around the world and back.
constexpr std::chrono::hours kFarthestMove{28};

/// How long a pump keeps its records at most, several times over.
constexpr std::chrono::days kLongestBefore{400};

/// A pump's clock may be fast, and ours slow, by so much together.
constexpr std::chrono::minutes kFarthestAhead{2};

constexpr std::string_view kSiteEmpty = "empty";
constexpr std::string_view kSiteHadOurs = "had-ours";

std::string siteBeforeSetting(PumpId pump) {
    return "site-before-" + std::to_string(pump);
}

/// A gap closes when all that is missing comes, as after a report that was broken off; what the pump does not
/// have any more keeps it open for good.
therapy::OpenEnds openEnds(const Store& store, PumpId pump, SequenceRange range) {
    const auto held = store.held(pump);
    const auto own = std::ranges::find(held, range.last, &SequenceRange::last);
    if (own == held.end()) return {};
    const bool isNewest = own + 1 == held.end(), isOldest = own == held.begin();
    if (isNewest && isOldest) return {.later = true};
    const auto absent = store.absent(pump);
    const auto mayClose = [&absent](const SequenceRange& before, const SequenceRange& after) {
        return std::ranges::none_of(absent, [&](const SequenceRange& gone) {
            return gone.first > before.last && gone.last < after.first;
        });
    };
    return {.later = isNewest || mayClose(*own, *(own + 1)),
            .earlier = !isOldest && mayClose(*(own - 1), *own)};
}

} // namespace

std::vector<therapy::ClockOffset> clockOffsetsIn(const Store& store, PumpId pump, SequenceRange range) {
    std::vector<therapy::ClockOffset> offsets = store.clockOffsets(pump);
    // A correction holds from the reference that comes next.
    std::erase_if(offsets, [range](const therapy::ClockOffset& offset) {
        return offset.from < range.first || offset.from > std::uint64_t{range.last} + 1;
    });
    return offsets;
}

void keepSiteBefore(Store& store, PumpId pump, SiteBefore before) {
    store.setSetting(siteBeforeSetting(pump), before == SiteBefore::Empty ? kSiteEmpty : kSiteHadOurs);
}

SiteBefore siteBefore(const Store& store, PumpId pump) {
    const auto kept = store.setting(siteBeforeSetting(pump));
    if (!kept) return SiteBefore::NotAsked;
    return *kept == kSiteEmpty ? SiteBefore::Empty : SiteBefore::HadOurs;
}

void StoredRun::joinTrends(therapy::HistoryRun& run) const {
    std::optional<protocol::LocalSeconds> oldest, newest;
    for (const therapy::DatedRecord& record : run.records) {
        if (!record.localSampleTime) continue;
        oldest = std::min(oldest.value_or(*record.localSampleTime), *record.localSampleTime);
        newest = std::max(newest.value_or(*record.localSampleTime), *record.localSampleTime);
    }
    if (!oldest) return;
    therapy::joinTrends(run, *timeLine_,
                        store_.trends(pump_, *oldest - kFarthestMove, *newest + kFarthestMove));
}

StoredRun::StoredRun(const Store& store, PumpId pump, SequenceRange range, const therapy::Zone& zone,
                     std::optional<std::chrono::sys_seconds> now)
    : store_(store),
      pump_(pump),
      range_(range),
      timeLine_(store.timeLine(pump, range)),
      utc_(*timeLine_, zone, clockOffsetsIn(store, pump, range), openEnds(store, pump, range)),
      now_(now) {}

therapy::DatedRecord StoredRun::dated(const StoredRecord& stored, therapy::Dating dating) const {
    auto record =
        therapy::dated({stored.sequenceNumber, stored.raw, stored.publishedAt}, *timeLine_, utc_, dating);
    if (record.time && !record.published && !isPlausible(*record.time, stored)) {
        record.hold = therapy::Hold::Implausible;
        record.time.reset();
        record.sampleTime.reset();
    }
    return record;
}

/// A record that waited for long is old by now, and was not when it was received.
bool StoredRun::isPlausible(std::chrono::sys_seconds time, const StoredRecord& stored) const {
    if (!now_) return true;
    return time >= std::min(stored.receivedAt, *now_) - kLongestBefore && time <= *now_ + kFarthestAhead;
}

std::optional<std::chrono::sys_seconds> StoredRun::aheadUntil(const StoredRecord& stored) const {
    if (!now_ || stored.publishedAt) return std::nullopt;
    const auto record = therapy::dated({stored.sequenceNumber, stored.raw, {}}, *timeLine_, utc_);
    if (!record.time || *record.time <= *now_ + kFarthestAhead) return std::nullopt;
    return *record.time - kFarthestAhead;
}

std::optional<therapy::DatedRecord> StoredRun::record(std::uint32_t number) const {
    const auto records = store_.records(pump_, {number, number});
    return records.empty() ? std::nullopt : std::optional(dated(records.front()));
}

therapy::HistoryRun StoredRun::history(SequenceRange window, therapy::Dating dating) const {
    therapy::HistoryRun run;
    store_.forEachRecord(pump_, window,
                         [&](const StoredRecord& stored) { run.records.push_back(dated(stored, dating)); });
    joinTrends(run);
    run.fromBeginning = isFromBeginning(window);
    return run;
}

/// Whether nothing that was before the window can ever be known, to this bridge or to another: numbers begin
/// at 0 (docs/protocol/history.md 4.1); the pump itself has lost the record before; or the window begins with
/// all that the pump still had, and the site had nothing.
bool StoredRun::isFromBeginning(SequenceRange window) const {
    if (window.first == 0) return true;
    if (window.first != range_.first) return false;
    const bool isOldest = store_.held(pump_).front().first == range_.first;
    const auto oldest = store_.oldest(pump_);
    const auto absent = store_.absent(pump_);
    // Of the oldest run, too, while what the pump has from before the loss has not been fetched.
    const auto lostBefore = [&](const SequenceRange& lost) {
        return lost.first < range_.first && range_.first - 1 <= lost.last &&
               (!isOldest || (oldest && *oldest < lost.first));
    };
    if (std::ranges::any_of(absent, lostBefore)) return true;
    return isOldest && oldest && range_.first <= *oldest && siteBefore(store_, pump_) == SiteBefore::Empty;
}

} // namespace bridge
