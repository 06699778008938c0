// SPDX-License-Identifier: MIT
#include "bridge/status/service_state_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "nightscout/documents/device_status.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/codec/glucose.hpp"

namespace bridge {

namespace {

constexpr std::size_t kSerialShown = 3;
constexpr std::size_t kSerialLength = 10; // NG1234567H

bool isSerial(std::string_view text) {
    return text.size() == kSerialLength && text.starts_with("NG") &&
           std::all_of(text.begin() + 2, text.end() - 1,
                       [](unsigned char c) { return std::isdigit(c) != 0; }) &&
           std::isalpha(static_cast<unsigned char>(text.back())) != 0;
}

std::string deliveryText(therapy::Delivery delivery) {
    switch (delivery) {
        case therapy::Delivery::On:
            return "on";
        case therapy::Delivery::Suspended:
            return "suspended";
        case therapy::Delivery::SetChange:
            return "stopped for a set change";
        case therapy::Delivery::Paused:
            return "paused";
        case therapy::Delivery::Undetermined:
            break;
    }
    return "undetermined";
}

} // namespace

std::string shortSerial(std::string_view serial) {
    return "..." + std::string(serial.substr(serial.size() - std::min(serial.size(), kSerialShown)));
}

std::string withShortSerials(std::string text) {
    for (std::size_t at = text.find("NG"); at != std::string::npos; at = text.find("NG", at + 1)) {
        const auto candidate = std::string_view(text).substr(at, kSerialLength);
        if (isSerial(candidate)) text.replace(at, kSerialLength, shortSerial(candidate));
    }
    return text;
}

std::string ageText(std::chrono::seconds age) {
    using namespace std::chrono;
    if (age < 0s) age = 0s;
    if (age < 60s) return fmt::format("{} s", age.count());
    if (age < 1h) return fmt::format("{} min", floor<minutes>(age).count());
    if (age >= 48h) return fmt::format("{} d", floor<days>(age).count());
    const auto whole = floor<hours>(age);
    return fmt::format("{} h {} min", whole.count(), floor<minutes>(age - whole).count());
}

std::string clockText(const ServiceState& state, ServiceState::Time time) {
    const auto local = [&state](ServiceState::Time utc) {
        return protocol::LocalSeconds{(utc + state.utcOffset).time_since_epoch()};
    };
    const std::string text = protocol::toString(local(time)); // 2026-03-14T09:26:53
    const bool today = text.substr(0, 10) == protocol::toString(local(state.now)).substr(0, 10);
    return (today ? "" : text.substr(0, 10) + " ") + text.substr(11, 5);
}

std::string_view arrowOf(std::string_view direction) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kArrows{{
        {"TripleUp", "⤊"},
        {"DoubleUp", "⇈"},
        {"SingleUp", "↑"},
        {"FortyFiveUp", "↗"},
        {"Flat", "→"},
        {"FortyFiveDown", "↘"},
        {"SingleDown", "↓"},
        {"DoubleDown", "⇊"},
        {"TripleDown", "⤋"},
    }};
    const auto* found = std::ranges::find(kArrows, direction, &decltype(kArrows)::value_type::first);
    return found == kArrows.end() ? std::string_view{} : found->second;
}

std::string_view name(nightscout::UploadState::Health health) {
    using Health = nightscout::UploadState::Health;
    switch (health) {
        case Health::Good:
            return "good";
        case Health::Unreachable:
            return "unreachable";
        case Health::Failing:
            return "failing";
        case Health::Refused:
            return "refused";
        case Health::Unknown:
            break;
    }
    return "unknown";
}

std::vector<LabelledValue> pumpValues(const therapy::PumpStatus& status) {
    std::vector<LabelledValue> values;
    const auto add = [&values](const char* label, std::string value) {
        values.push_back({label, std::move(value)});
    };
    if (status.insulinOnBoard) add("insulin on board", status.insulinOnBoard->amount.text() + " U");
    if (status.status) {
        const bool known = status.status->reservoirAttached() && status.status->reservoirRemaining.isNumber();
        add("reservoir", known ? status.status->reservoirRemaining.text() + " U" : "none");
        add("delivery", deliveryText(*therapy::deliveryOf(status)));
    }
    const auto mode = nightscout::modeText(status);
    if (!mode.empty()) add("mode", std::string(mode));
    // In SmartGuard the pattern's rate says 0, whatever is delivered.
    if (status.basal && !therapy::smartGuardOn(status).value_or(false))
        add("basal", status.basal->configuredRate.text() + " U/h");
    if (auto sensor = nightscout::sensorText(status); !sensor.empty()) add("sensor", std::move(sensor));
    if (status.batteryPercent) add("battery", fmt::format("{} %", *status.batteryPercent));
    if (status.transmitterBatteryPercent)
        add("transmitter battery", fmt::format("{} %", *status.transmitterBatteryPercent));
    return values;
}

std::string toText(const ServiceState& state) {
    std::string text;
    const auto line = [&text](std::string_view label, const std::string& value) {
        text += fmt::format("{:<20}{}\n", label, value);
    };
    const auto ago = [&state](ServiceState::Time time) {
        return fmt::format("{}, {} ago", clockText(state, time), ageText(state.now - time));
    };

    line("link", std::string(describe(state.link.stage)) +
                     (state.link.since ? ", since " + ago(*state.link.since) : ""));
    for (const Problem& problem : state.problems) {
        line(std::string(name(problem.severity)), sentence(problem));
        if (const auto what = remedy(problem); !what.empty()) line("  what to do", what);
    }
    if (state.pump) {
        line("pump",
             fmt::format("{} firmware {} serial {}", state.pump->model.empty() ? "?" : state.pump->model,
                         state.pump->firmware.empty() ? "?" : state.pump->firmware,
                         shortSerial(state.pump->serial)));
    }
    if (state.glucose) {
        const auto& glucose = *state.glucose;
        const int tenths = glucose.mgDl ? protocol::millimolesTenths(*glucose.mgDl) : 0;
        line("glucose",
             fmt::format("{}{}, {}",
                         glucose.mgDl
                             ? fmt::format("{} mg/dL ({}.{} mmol/L)", *glucose.mgDl, tenths / 10, tenths % 10)
                             : "no value (" + glucose.special + ")",
                         glucose.direction.empty() ? "" : " " + glucose.direction, ago(glucose.time)));
    }
    if (state.pumpStatus) {
        for (const auto& [label, value] : pumpValues(*state.pumpStatus)) line(label, value);
        line("pump read", ago(state.pumpStatus->readAt));
    }
    if (state.lastRecord) {
        line("last record", fmt::format("{} {}{}", state.lastRecord->sequenceNumber, state.lastRecord->event,
                                        state.lastRecord->time ? ", " + ago(*state.lastRecord->time) : ""));
    }
    line("records stored", fmt::format("{}", state.counts.records));
    for (const HeldRecords& held : state.held)
        line("records held", fmt::format("{}: {}", held.count, describe(held)));
    if (state.clock && !state.clock->trusted()) line("clock", "this computer's clock is not trusted yet");
    line("documents", fmt::format("{} waiting, {} uploaded{}", state.counts.waiting, state.counts.uploaded,
                                  state.counts.setAside == 0
                                      ? ""
                                      : fmt::format(", {} refused by the site", state.counts.setAside)));
    if (!state.counts.setAsideReason.empty()) line("refused because", state.counts.setAsideReason);
    if (!state.upload.configured) {
        line("upload", "off: no nightscout.url is configured");
    } else if (state.startedAt) {
        line("upload", std::string(name(state.upload.health)) +
                           (state.upload.last ? ", last " + ago(*state.upload.last) : ""));
        if (!state.upload.lastError.empty()) line("upload error", state.upload.lastError);
    }
    if (state.startedAt)
        line("running", fmt::format("version {}, since {}", state.version, ago(*state.startedAt)));
    return text;
}

} // namespace bridge
