// SPDX-License-Identifier: MIT
#include "every_document.hpp"

#include "eventful_history.hpp"
#include "history_builder.hpp"
#include "nightscout/documents/device_status.hpp"
#include "nightscout/documents/status_events.hpp"
#include "pump_statuses.hpp"

namespace nightscout::test {
namespace {

/// Days before the other history: no two values at one second.
therapy::HistoryRun everyEventEarlier() {
    therapy::HistoryRun run = everyEvent();
    for (therapy::DatedRecord& record : run.records) {
        if (record.time) *record.time -= std::chrono::days{10};
        if (record.sampleTime) *record.sampleTime -= std::chrono::days{10};
    }
    return run;
}

} // namespace

MappingSettings everything() {
    MappingSettings all = settings();
    all.features.insert(Feature::CgmAlerts);
    all.limitNotes = true;
    all.clockNotes = true;
    all.tempTarget = true;
    return all;
}

std::vector<Document> statusTreatments(const MappingSettings& settings) {
    StatusMemory memory;
    therapy::PumpStatus status = fullStatus();
    status.batteryPercent = 25;
    status.algorithm->tempTargetRemainingMinutes = 90;
    auto documents = statusEvents(status, settings, memory);
    status.batteryPercent = 100;
    for (int minutes = 0; minutes <= 20; minutes += 20) {
        status.readAt += 20min;
        status.algorithm->tempTargetRemainingMinutes = static_cast<std::uint16_t>(70 - minutes);
        const auto more = statusEvents(status, settings, memory);
        documents.insert(documents.end(), more.begin(), more.end());
    }
    return documents;
}

std::vector<Document> everyDocument(const MappingSettings& settings) {
    auto documents = map(eventfulHistory(4, 48h), settings);
    const auto append = [&](std::vector<Document> more) {
        documents.insert(documents.end(), more.begin(), more.end());
    };
    append(map(everyEventEarlier(), settings));
    append(statusTreatments(settings));
    append({deviceStatus(fullStatus(), settings)});
    return documents;
}

} // namespace nightscout::test
