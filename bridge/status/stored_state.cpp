// SPDX-License-Identifier: MIT
#include "bridge/status/stored_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "bridge/publish/publisher.hpp"
#include "protocol/history/record.hpp"

namespace bridge {

namespace history = protocol::history;
using therapy::DatedRecord;

namespace {

/// Some three hours of records: there is a glucose value among them even when alarms crowd the history.
constexpr std::uint32_t kLookedAt = 150;

/// The direction that the mapping gives a sample; empty when it gives none.
std::string directionOf(const therapy::HistoryRun& stretch, const therapy::DatedRecord& sample,
                        const nightscout::MappingSettings& settings) {
    const auto documents = nightscout::map(stretch, settings, sample.sequenceNumber, sample.sequenceNumber);
    if (documents.empty()) return {};
    const auto body = nlohmann::json::parse(documents.front().body, nullptr, false);
    const auto found = body.find("direction");
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

ServiceState::Record describeRecord(const therapy::DatedRecord& newest) {
    ServiceState::Record record{.sequenceNumber = newest.sequenceNumber, .event = {}, .time = newest.time};
    if (const auto header = history::parseHeader(newest.raw))
        record.event = history::eventName(header->eventType);
    return record;
}

std::optional<ServiceState::Glucose> newestGlucose(const therapy::HistoryRun& stretch,
                                                   const nightscout::MappingSettings& settings) {
    for (const therapy::DatedRecord& record : stretch.records | std::views::reverse) {
        if (!record.record || !record.sampleTime) continue;
        const auto* measurement = std::get_if<history::SgMeasurement>(&record.record->data);
        if (measurement == nullptr) continue;
        ServiceState::Glucose glucose{.time = *record.sampleTime,
                                      .mgDl = measurement->glucoseMgDl(),
                                      .special = {},
                                      .direction = directionOf(stretch, record, settings)};
        if (!glucose.mgDl) glucose.special = name(measurement->special());
        return glucose;
    }
    return std::nullopt;
}

} // namespace

void readStoredState(Store& store, const therapy::Zone& zone, nightscout::MappingSettings settings,
                     ServiceState& state) {
    state.counts.waiting = store.depth();
    state.counts.uploaded = store.uploadedCount();
    const RefusedDocuments refused = store.refusedDocuments();
    state.counts.setAside = refused.setAside;
    state.counts.setAsideReason = refused.setAside > 0 ? refused.reason : "";
    const auto pumps = store.pumps();
    if (pumps.empty()) return;
    const PumpInfo& pump = pumps.front();
    state.pump = {.serial = pump.serial, .model = pump.model, .firmware = pump.firmware};
    state.counts.records = store.recordCount(pump.id);
    const auto held = store.held(pump.id);
    if (held.empty()) return;
    const SequenceRange whole = held.back();
    const SequenceRange window{whole.last - std::min(whole.last - whole.first, kLookedAt), whole.last};
    const auto stretch = datedRun(store, pump.id, whole, window, zone, store.measuredOffset(pump.id));
    if (stretch.records.empty()) return;
    settings.serial = pump.serial;
    settings.features = {nightscout::Feature::Cgm};
    state.lastRecord = describeRecord(stretch.records.back());
    state.glucose = newestGlucose(stretch, settings);
}

} // namespace bridge
