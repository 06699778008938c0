// SPDX-License-Identifier: MIT
#include "every_document.hpp"

#include <nlohmann/json.hpp>

#include "eventful_history.hpp"
#include "history_builder.hpp"
#include "nightscout/documents/device_status.hpp"
#include "nightscout/documents/profile.hpp"
#include "nightscout/documents/status_events.hpp"
#include "pump_statuses.hpp"

namespace nightscout::test {
namespace {

Document profileDocument() {
    ProfileSettings profile;
    profile.basal = {{0min, 0.85}, {6h, 1}};
    profile.carbRatio = {{0min, 9}};
    profile.sensitivity = {{0min, 45}};
    profile.targetLow = {{0min, 100}};
    profile.targetHigh = {{0min, 120}};
    Document document;
    document.identifier = "profile";
    document.collection = Collection::Profile;
    document.kind = Kind::Profile;
    document.feature = Feature::Profiles;
    document.eventType = "profile";
    document.time = kReadAt;
    document.body = planProfile(profile, "Europe/Berlin", {}, "", kReadAt).body;
    return document;
}

/// Days before the other history: no two values at one second.
therapy::HistoryRun everyEventEarlier() {
    therapy::HistoryRun stretch = everyEvent();
    for (therapy::DatedRecord& record : stretch.records) {
        if (record.time) *record.time -= std::chrono::days{10};
        if (record.sampleTime) *record.sampleTime -= std::chrono::days{10};
    }
    return stretch;
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
    append({deviceStatus(fullStatus(), settings), profileDocument()});
    return documents;
}

} // namespace nightscout::test
