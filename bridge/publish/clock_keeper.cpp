// SPDX-License-Identifier: MIT
#include "bridge/publish/clock_keeper.hpp"

#include <spdlog/logger.h>

#include <algorithm>

namespace bridge {

using namespace std::chrono_literals;
using therapy::ClockOffset;
using therapy::ClockReading;
using therapy::OffsetSource;
using therapy::ReadingJudgement;
using Verdict = ReadingJudgement::Verdict;

namespace {

constexpr auto kWorthALine = 2min;
constexpr auto kWorthAWarning = 5min;

std::optional<StoredRun> newestRun(const Store& store, PumpId pump, const therapy::Zone& zone) {
    const auto held = store.held(pump);
    if (held.empty()) return std::nullopt;
    return std::optional<StoredRun>(std::in_place, store, pump, held.back(), zone);
}

/// The last one kept of the newest segment.
std::optional<ClockOffset> newestOffset(const Store& store, PumpId pump, const StoredRun& run) {
    const auto offsets = store.clockOffsets(pump);
    const std::uint32_t begin = run.timeLine().segments().back().firstSequenceNumber;
    if (offsets.empty() || offsets.back().from < begin) return std::nullopt;
    return offsets.back();
}

/// What the pump's clock showed when somebody set it, as far as its records tell.
std::optional<protocol::LocalSeconds> lastSet(const StoredRun& run) {
    using protocol::history::RecordingReason;
    const auto& segment = run.timeLine().segments().back();
    const auto begin = std::ranges::find(run.timeLine().references(), segment.firstSequenceNumber,
                                         &therapy::Reference::sequenceNumber);
    if (begin == run.timeLine().references().end()) return std::nullopt;
    if (begin->reason != RecordingReason::SetDateTime && !segment.clockChange) return std::nullopt;
    return begin->time;
}

/// How far a clock is from where people set it: the zone's time, or elsewhere a half hour.
std::chrono::seconds errorOf(std::chrono::seconds offset, std::chrono::seconds zone) {
    using HalfHours = std::chrono::duration<std::int64_t, std::ratio<1800>>;
    const auto error = offset - zone;
    return std::chrono::abs(error) < 15min ? error : offset - std::chrono::round<HalfHours>(offset);
}

} // namespace

ClockKeeper::ClockKeeper(Store& store, const therapy::Zone& zone, HostClock& host, spdlog::logger& log)
    : store_(store), zone_(zone), host_(host), log_(log) {}

void ClockKeeper::read(const PumpInfo& pump, const ClockReading& reading) {
    const auto held = store_.held(pump.id);
    pending_[pump.id] = {reading, held.empty() ? std::nullopt : std::optional(held.back().last)};
}

bool ClockKeeper::settle(const PumpInfo& pump) {
    const auto pending = pending_.extract(pump.id);
    const auto run = newestRun(store_, pump.id, zone_);
    if (pending.empty() || !run || run->timeLine().segments().empty()) return false;
    const auto& [reading, newest] = pending.mapped();
    if (!newest || run->timeLine().segments().back().firstSequenceNumber > *newest) {
        log_.debug("session: the pump's clock was set while it was read");
        return false;
    }
    host_.pumpShows(reading, lastSet(*run));
    settledAt_[pump.id] = host_.changes();
    if (!host_.trusted()) return false;
    if (!host_.vouched()) return takeZone(pump, *run, reading);
    return judge(pump, *run, reading);
}

bool ClockKeeper::takeZone(const PumpInfo& pump, const StoredRun& run, ClockReading reading) {
    if (newestOffset(store_, pump.id, run) || !host_.agrees(reading)) return false;
    reading.local = protocol::LocalSeconds{reading.utc.time_since_epoch() + zone_.offsetAt(reading.utc)};
    reading.vouched = false;
    auto judgement =
        therapy::judgeReading(run.timeLine(), clockOffsetsIn(store_, pump.id, run.range()), reading);
    if (!judgement.keep) return false;
    if (judgement.verdict == Verdict::Measured) judgement.keep->source = OffsetSource::Zone;
    store_.keepClockOffset(pump.id, *judgement.keep);
    return true;
}

bool ClockKeeper::judge(const PumpInfo& pump, const StoredRun& run, const ClockReading& reading) {
    const auto known = clockOffsetsIn(store_, pump.id, run.range());
    const auto& timeLine = run.timeLine();
    const std::uint32_t reference = timeLine.references().back().sequenceNumber;
    // An offset of the zone was never measured: nothing follows from being far from it.
    const auto last = newestOffset(store_, pump.id, run);
    const bool first = last && last->source == OffsetSource::Zone;
    auto judgement = therapy::judgeReading(timeLine, known, reading, first);
    if (judgement.verdict == Verdict::SetExpected) {
        auto& since = setExpectedAfter_.try_emplace(pump.id, reference).first->second;
        // The set that was expected has come, and this is another one.
        if (timeLine.segments().back().firstSequenceNumber > since) since = reference;
        // A reference that came meanwhile would have said so: then it is our clock that was moved.
        if (reference > since) judgement = therapy::judgeReading(timeLine, known, reading, true);
    }
    if (judgement.verdict != Verdict::SetExpected) setExpectedAfter_.erase(pump.id);
    if (judgement.keep) store_.keepClockOffset(pump.id, *judgement.keep);
    report(judgement, reading);
    return judgement.keep.has_value();
}

void ClockKeeper::report(const ReadingJudgement& judgement, const ClockReading& reading) {
    if (judgement.verdict == Verdict::Lost) {
        log_.warn(
            "session: the pump has lost its clock: it shows {}; set it in the pump's menu. Records since "
            "then are held until it is set",
            protocol::toString(reading.local));
        return;
    }
    if (judgement.verdict == Verdict::SetExpected) {
        log_.info("session: the pump's clock was set; waiting for the record that says by how much");
        return;
    }
    if (!judgement.keep) return;
    const auto zone = zone_.offsetAt(reading.utc);
    const auto error = errorOf(judgement.keep->measured, zone);
    const auto away = std::chrono::abs(error);
    if (judgement.verdict == Verdict::Kept && away < kWorthAWarning) return;
    if (away >= kWorthALine) {
        log_.log(away >= kWorthAWarning ? spdlog::level::warn : spdlog::level::info,
                 "session: the pump's clock is {} s {}; set it in the pump's menu", away.count(),
                 error > 0s ? "fast" : "slow");
    }
    if (std::chrono::abs(judgement.keep->measured - zone) >= 15min && !std::exchange(zoneNoted_, true)) {
        log_.warn("session: the pump's clock is not on local time of {}; data are dated right all the same",
                  zone_.name());
    }
}

bool ClockKeeper::wantsReading(const PumpInfo& pump) const {
    const auto run = newestRun(store_, pump.id, zone_);
    if (!run || run->timeLine().segments().empty()) return false;
    const auto settled = settledAt_.find(pump.id);
    if (settled == settledAt_.end() || settled->second != host_.changes()) return true;
    if (!host_.trusted() || newestOffset(store_, pump.id, *run)) return false;
    // It was read, and is to be read again when the next reference has come.
    const auto expected = setExpectedAfter_.find(pump.id);
    return expected == setExpectedAfter_.end() ||
           run->timeLine().references().back().sequenceNumber > expected->second;
}

} // namespace bridge
