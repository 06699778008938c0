// SPDX-License-Identifier: MIT
#include "nightscout/documents/status_events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "nightscout/documents/live_memory.hpp"
#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;
using protocol::LocalSeconds;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A session start read again may differ by minutes.
constexpr minutes kSameSession{30};
/// The pump's clock may be ahead of ours by as much.
constexpr minutes kClockError{10};
/// The only temporary target that the pump has, mg/dL (docs/nightscout/mapping.md 8.13).
constexpr int kTempTargetMgDl = 150;
/// The remaining time is read in whole minutes, some seconds late.
constexpr minutes kTempTargetTolerance{10};

constexpr std::uint8_t kFullBattery = 100;
constexpr std::uint8_t kUsedBattery = 50;

/// The first `length` characters of "2026-03-14T08:50:12".
std::string localText(LocalSeconds time, std::size_t length) {
    return protocol::toString(time).substr(0, length);
}
constexpr std::size_t kToTheHour = std::string_view("2026-03-14T08").size();
constexpr std::size_t kToTheMinute = std::string_view("2026-03-14T08:50").size();

class Reading {
public:
    Reading(const PumpStatus& status, std::string_view serial, const MappingSettings& settings,
            StatusMemory& memory)
        : status_(status),
          serial_(serial),
          settings_(settings),
          memory_(memory),
          offset_(*status.clockOffset),
          localNow_(status.readAt.time_since_epoch() + offset_) {}

    std::vector<Document> events() {
        noteSession();
        noteBattery();
        if (settings_.tempTarget) noteTempTarget();
        for (Document& released : memory_.events.release(status_.readAt)) {
            documents_.push_back(std::move(released));
        }
        return std::move(documents_);
    }

private:
    Document make(Kind kind, const std::string& key, UtcSeconds time, Json fields) {
        Document document =
            makeTreatment(settings_, kind, identifier(serial_, kind, key), time, std::move(fields));
        document.feature = Feature::PumpEvents;
        return document;
    }

    void noteSession() {
        if (!status_.sessionStart) return;
        const auto start = status_.sessionStart->start.local();
        if (!start || *start > localNow_ + kClockError) return;
        const bool known =
            memory_.sensorStart && std::chrono::abs(*start - *memory_.sensorStart) <= kSameSession;
        if (known) return;
        memory_.sensorStart = start;
        Document document =
            make(Kind::Sensor, localText(*start, kToTheMinute),
                 UtcSeconds{start->time_since_epoch() - offset_}, {{"eventType", "Sensor Start"}});
        if (memory_.events.report(document)) documents_.push_back(std::move(document));
    }

    void noteBattery() {
        if (!status_.batteryPercent) return;
        const auto before = memory_.batteryPercent;
        memory_.batteryPercent = status_.batteryPercent;
        if (!before || *before > kUsedBattery || *status_.batteryPercent != kFullBattery) return;
        memory_.events.hold(make(Kind::Battery, localText(localNow_, kToTheHour), status_.readAt,
                                 {{"eventType", "Pump Battery Change"}}));
    }

    void noteTempTarget() {
        if (!status_.algorithm) return;
        const auto remaining = status_.algorithm->tempTargetRemainingMinutes;
        const bool on = remaining && *remaining > 0;
        const minutes left{on ? *remaining : 0};
        const auto& known = memory_.tempTarget;
        const bool same = on && known &&
                          std::chrono::abs(known->begin + known->duration - (status_.readAt + left)) <=
                              kTempTargetTolerance;
        if (same) return;
        if (known) endTempTarget();
        if (on) beginTempTarget(left);
    }

    void beginTempTarget(minutes left) {
        using Tens = std::chrono::duration<std::int64_t, std::ratio<600>>;
        const auto end = std::chrono::round<Tens>(localNow_ + left);
        memory_.tempTarget = {localText(LocalSeconds{end}, kToTheMinute), status_.readAt, left};
        addTempTarget(left);
    }

    /// Earlier than announced: told again with its real duration.
    void endTempTarget() {
        const auto lasted = std::chrono::ceil<minutes>(status_.readAt - memory_.tempTarget->begin);
        if (lasted < memory_.tempTarget->duration) addTempTarget(std::max(lasted, minutes{1}));
        memory_.tempTarget.reset();
    }

    void addTempTarget(minutes duration) {
        documents_.push_back(make(Kind::TempTarget, memory_.tempTarget->key, memory_.tempTarget->begin,
                                  {{"eventType", "Temporary Target"},
                                   {"targetTop", kTempTargetMgDl},
                                   {"targetBottom", kTempTargetMgDl},
                                   {"duration", duration.count()},
                                   {"units", "mg/dl"},
                                   {"reason", "Temp target"}}));
    }

    const PumpStatus& status_;
    std::string_view serial_;
    const MappingSettings& settings_;
    StatusMemory& memory_;
    seconds offset_;
    LocalSeconds localNow_;
    std::vector<Document> documents_;
};

} // namespace

Json StatusMemory::toJson() const {
    Json saved{{"ledger", events.toJson()}, {"live", nightscout::toJson(live)}};
    if (sensorStart) saved["sensor_start"] = sensorStart->time_since_epoch().count();
    if (batteryPercent) saved["battery_percent"] = *batteryPercent;
    if (tempTarget) {
        saved["temp_target"] = {{"key", tempTarget->key},
                                {"begin", tempTarget->begin.time_since_epoch().count()},
                                {"minutes", tempTarget->duration.count()}};
    }
    return saved;
}

StatusMemory StatusMemory::fromJson(const Json& saved) {
    StatusMemory memory;
    if (!saved.is_object()) return memory;
    try {
        if (saved.contains("ledger")) memory.events = EventDeduplicator::fromJson(saved["ledger"]);
        if (saved.contains("live")) memory.live = liveStateFrom(saved["live"]);
        if (saved.contains("sensor_start")) {
            memory.sensorStart = LocalSeconds(seconds(saved["sensor_start"].get<std::int64_t>()));
        }
        if (saved.contains("battery_percent")) {
            memory.batteryPercent = saved["battery_percent"].get<std::uint8_t>();
        }
        if (saved.contains("temp_target")) {
            const Json& target = saved["temp_target"];
            memory.tempTarget = {target.at("key").get<std::string>(),
                                 UtcSeconds(seconds(target.at("begin").get<std::int64_t>())),
                                 minutes(target.at("minutes").get<std::int64_t>())};
        }
    } catch (const Json::exception&) {
        return memory; // of another version of the bridge
    }
    return memory;
}

std::vector<Document> statusEvents(const PumpStatus& status, std::string_view serial,
                                   const MappingSettings& settings, StatusMemory& memory) {
    if (!status.clockOffset || !settings.features.contains(Feature::PumpEvents)) return {};
    return Reading(status, serial, settings, memory).events();
}

} // namespace nightscout
