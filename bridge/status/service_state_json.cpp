// SPDX-License-Identifier: MIT
#include "bridge/status/service_state_json.hpp"

#include <nlohmann/json.hpp>

#include "bridge/status/service_state_text.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/glucose.hpp"
#include "protocol/codec/utc_time.hpp"

namespace bridge {

using nlohmann::ordered_json;

namespace {

ordered_json timeJson(const std::optional<ServiceState::Time>& time) {
    if (!time) return nullptr;
    return protocol::toIso(std::chrono::floor<std::chrono::seconds>(*time));
}

ordered_json textOrNull(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json amount(const protocol::MedFloat& value) {
    return value.isNumber() ? ordered_json(value.toDouble()) : ordered_json(nullptr);
}

ordered_json linkJson(const ServiceState& state) {
    ordered_json transitions = ordered_json::array();
    for (const auto& transition : state.link.transitions)
        transitions.push_back({{"stage", name(transition.stage)}, {"at", timeJson(transition.at)}});
    return {{"stage", name(state.link.stage)},
            {"description", describe(state.link.stage)},
            {"since", timeJson(state.link.since)},
            {"transitions", std::move(transitions)}};
}

ordered_json problemsJson(const ServiceState& state) {
    ordered_json problems = ordered_json::array();
    for (const Problem& problem : state.problems) {
        problems.push_back({{"name", name(problem)},
                            {"severity", name(problem.severity)},
                            {"since", timeJson(problem.since)},
                            {"sentence", sentence(problem)},
                            {"remedy", textOrNull(remedy(problem))}});
    }
    return problems;
}

ordered_json pumpJson(const ServiceState& state) {
    if (!state.pump) return nullptr;
    return {{"serial", shortSerial(state.pump->serial)},
            {"model", textOrNull(state.pump->model)},
            {"firmware", textOrNull(state.pump->firmware)}};
}

ordered_json pumpStatusJson(const ServiceState& state) {
    if (!state.pumpStatus) return nullptr;
    const auto& read = *state.pumpStatus;
    ordered_json json{{"read_at", timeJson(read.readAt)}};
    if (read.batteryPercent) json["battery_percent"] = *read.batteryPercent;
    if (read.transmitterBatteryPercent) json["transmitter_battery_percent"] = *read.transmitterBatteryPercent;
    if (read.status) {
        json["reservoir_iu"] =
            read.status->reservoirAttached() ? amount(read.status->reservoirRemaining) : nullptr;
        json["therapy_control_state"] = name(read.status->therapyControlState);
        json["operational_state"] = name(read.status->operationalState);
        json["sensor_message"] = name(read.status->sensorMessage);
    }
    if (read.insulinOnBoard) json["insulin_on_board_iu"] = amount(read.insulinOnBoard->amount);
    if (const auto on = therapy::smartGuardOn(read)) json["smart_guard"] = *on;
    if (read.basal) json["configured_basal_iu_per_h"] = amount(read.basal->configuredRate);
    return json;
}

ordered_json glucoseJson(const ServiceState& state) {
    if (!state.glucose) return nullptr;
    const auto& glucose = *state.glucose;
    ordered_json json{{"time", timeJson(glucose.time)}, {"mg_dl", nullptr}, {"mmol_l", nullptr}};
    if (glucose.mgDl) {
        json["mg_dl"] = *glucose.mgDl;
        json["mmol_l"] = protocol::millimolesTenths(*glucose.mgDl) / 10.0;
    }
    json["special"] = textOrNull(glucose.special);
    json["direction"] = textOrNull(glucose.direction);
    return json;
}

ordered_json clockJson(const ServiceState& state) {
    if (!state.clock) return nullptr;
    const auto& clock = *state.clock;
    return {{"trusted", clock.trusted()},
            {"trusted_by", clock.trustedBy ? ordered_json(name(*clock.trustedBy)) : ordered_json(nullptr)}};
}

} // namespace

ordered_json toJson(const ServiceState& state) {
    ordered_json json{{"version", state.version},
                      {"time", timeJson(state.now)},
                      {"running_since", timeJson(state.startedAt)},
                      {"link", linkJson(state)},
                      {"problems", problemsJson(state)},
                      {"pump", pumpJson(state)},
                      {"pump_status", pumpStatusJson(state)},
                      {"glucose", glucoseJson(state)},
                      {"last_record", nullptr},
                      {"records", state.counts.records},
                      {"documents",
                       {{"waiting", state.counts.waiting},
                        {"uploaded", state.counts.uploaded},
                        {"set_aside", state.counts.setAside},
                        {"set_aside_reason", state.counts.setAsideReason},
                        {"wrong_on_site", state.counts.wrongOnSite}}},
                      {"upload",
                       {{"configured", state.upload.configured},
                        {"health", name(state.upload.health)},
                        {"last", timeJson(state.upload.last)},
                        {"last_error", textOrNull(state.upload.lastError)}}}};
    json["clock"] = clockJson(state);
    json["held"] = ordered_json::array();
    for (const HeldRecords& held : state.held)
        json["held"].push_back({{"reason", name(held.reason)}, {"records", held.count}});
    if (state.lastRecord) {
        json["last_record"] = {{"sequence_number", state.lastRecord->sequenceNumber},
                               {"event_name", state.lastRecord->event},
                               {"time", timeJson(state.lastRecord->time)}};
    }
    return json;
}

} // namespace bridge
