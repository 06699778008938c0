// SPDX-License-Identifier: MIT
#include "bridge/status/stored_state.hpp"

#include <algorithm>
#include <optional>

#include "bridge/publish/held_records.hpp"
#include "bridge/publish/stored_run.hpp"
#include "bridge/store/disk_space.hpp"
#include "protocol/history/record.hpp"
#include "therapy/glucose_trend.hpp"

namespace bridge {

namespace history = protocol::history;

namespace {

/// Some three hours of records: there is a glucose value among them even when alarms crowd the history.
constexpr std::uint32_t kLookedAt = 150;

/// As the site shows it; empty where there is no value, or no trend yet.
std::string directionOf(const therapy::RecordLinks& links, std::size_t index, std::optional<int> milligrams,
                        nightscout::DirectionStyle style) {
    if (!milligrams || !links.at(index).sampleTime) return {};
    const auto trend = therapy::glucoseTrendAt(links, index, *milligrams);
    if (trend.state == therapy::GlucoseTrend::State::Undecided) return {};
    return std::string(nightscout::directionOf(trend, style));
}

ServiceState::Record describeRecord(const therapy::DatedRecord& newest) {
    ServiceState::Record record{.sequenceNumber = newest.sequenceNumber, .event = {}, .time = newest.time};
    if (const auto header = history::parseHeader(newest.raw))
        record.event = history::eventName(header->eventType);
    return record;
}

/// Of a pump that has lost its clock, the time at which the record came is the nearest that there is.
std::optional<ServiceState::Time> shownTime(const Store& store, PumpId pump,
                                            const therapy::DatedRecord& record) {
    if (record.hold != therapy::Hold::LostClock) return record.sampleTime;
    return store.records(pump, {record.sequenceNumber, record.sequenceNumber}).front().receivedAt;
}

std::optional<ServiceState::Glucose> newestGlucose(const Store& store, PumpId pump,
                                                   const therapy::HistoryRun& run,
                                                   nightscout::DirectionStyle style) {
    const therapy::RecordLinks links(run);
    for (std::size_t i = run.records.size(); i-- > 0;) {
        const therapy::DatedRecord& record = run.records[i];
        const auto* measurement = links.get<history::SgMeasurement>(i);
        const auto time = measurement == nullptr ? std::nullopt : shownTime(store, pump, record);
        if (!time) continue;
        const auto milligrams = measurement->glucoseMgDl();
        ServiceState::Glucose glucose{.time = *time,
                                      .mgDl = milligrams,
                                      .special = {},
                                      .direction = directionOf(links, i, milligrams, style)};
        if (!glucose.mgDl) glucose.special = name(measurement->special());
        return glucose;
    }
    return std::nullopt;
}

} // namespace

void readStoredState(Store& store, const therapy::Zone& zone, const nightscout::MappingSettings& settings,
                     ServiceState& state) {
    state.counts.waiting = store.depth();
    state.counts.uploaded = store.uploadedCount();
    const RefusedDocuments refused = store.refusedDocuments();
    state.counts.setAside = refused.setAside;
    state.counts.setAsideReason = refused.setAside > 0 ? refused.reason : "";
    state.bytesFree = bytesFreeAt(store.file().parent_path());
    state.writeFailure = store.writeFailure();
    const auto pumps = store.pumps();
    if (pumps.empty()) return;
    const PumpInfo& pump = pumps.front();
    state.pump = {.serial = pump.serial, .model = pump.model, .firmware = pump.firmware};
    state.counts.records = store.recordCount(pump.id);
    state.counts.wrongOnSite = store.wrongTimes(pump.id);
    const auto held = store.held(pump.id);
    if (held.empty()) return;
    const SequenceRange whole = held.back();
    const SequenceRange window{whole.last - std::min(whole.last - whole.first, kLookedAt), whole.last};
    const auto run = StoredRun(store, pump.id, whole, zone).history(window, therapy::Dating::Shown);
    const bool trusted = !state.clock || state.clock->trusted();
    state.held = heldRecords(store, pump.id, zone, trusted ? std::optional(state.now) : std::nullopt);
    if (run.records.empty()) return;
    state.lastRecord = describeRecord(run.records.back());
    state.glucose = newestGlucose(store, pump.id, run, settings.directions);
}

} // namespace bridge
