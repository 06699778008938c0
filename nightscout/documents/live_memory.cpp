// SPDX-License-Identifier: MIT
#include "nightscout/documents/live_memory.hpp"

#include <nlohmann/json.hpp>

namespace nightscout {
namespace {

using Json = nlohmann::json;
using therapy::LiveAnnunciation;
using therapy::LiveReading;
using therapy::UtcSeconds;

template <typename Value>
std::uint32_t numberOf(Value value) {
    return static_cast<std::uint32_t>(value);
}
std::uint32_t numberOf(LiveAnnunciation value) {
    return std::uint32_t{value.type} << 16U | value.instanceId;
}

template <typename Value>
void read(std::uint32_t number, Value& value) {
    value = static_cast<Value>(number);
}
void read(std::uint32_t number, LiveAnnunciation& value) {
    value = {static_cast<std::uint16_t>(number >> 16U), static_cast<std::uint16_t>(number & 0xffffU)};
}

/// [[value, newest record, from, until], ...]
template <typename Value>
Json toJson(const std::vector<LiveReading<Value>>& readings) {
    Json saved = Json::array();
    for (const auto& reading : readings) {
        saved.push_back({numberOf(reading.value), reading.newest, reading.from.time_since_epoch().count(),
                         reading.until.time_since_epoch().count()});
    }
    return saved;
}

template <typename Value>
void read(const Json& saved, const char* key, std::vector<LiveReading<Value>>& readings) {
    const auto instant = [](const Json& seconds) {
        return UtcSeconds(std::chrono::seconds(seconds.get<std::int64_t>()));
    };
    for (const Json& one : saved.at(key)) {
        auto& reading = readings.emplace_back();
        read(one.at(0).get<std::uint32_t>(), reading.value);
        reading.newest = one.at(1).get<std::uint32_t>();
        reading.from = instant(one.at(2));
        reading.until = instant(one.at(3));
    }
}

} // namespace

Json toJson(const therapy::LiveState& state) {
    return {{"delivery", toJson(state.delivery)},
            {"mode", toJson(state.mode)},
            {"annunciation", toJson(state.annunciation)},
            {"meal_unit", toJson(state.mealUnit)}};
}

therapy::LiveState liveStateFrom(const Json& saved) {
    therapy::LiveState state;
    read(saved, "delivery", state.delivery);
    read(saved, "mode", state.mode);
    read(saved, "annunciation", state.annunciation);
    read(saved, "meal_unit", state.mealUnit);
    return state;
}

} // namespace nightscout
