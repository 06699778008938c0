// SPDX-License-Identifier: MIT
#include "nightscout/documents/profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "nightscout/documents/treatment.hpp"

namespace nightscout {
namespace {

using Json = nlohmann::json;
using Step = ProfilePlan::Step;

/// The site takes a basal rate of zero for a missing one.
constexpr double kLeastBasal = 0.000001;

/// "3", "3.5": these values are to be texts.
std::string numberText(double value) {
    const double whole = std::floor(value);
    return whole == value ? std::to_string(static_cast<long>(whole)) : Json(value).dump();
}

Json blocks(const std::vector<ProfileBlock>& given, double least) {
    Json list = Json::array();
    for (const ProfileBlock& block : given) {
        std::array<char, 16> time{};
        const auto minutes = static_cast<int>(block.from.count());
        std::snprintf(time.data(), time.size(), "%02d:%02d", minutes / 60 % 24, minutes % 60);
        list.push_back({{"time", time.data()},
                        {"timeAsSeconds", minutes * 60},
                        {"value", std::max(block.value, least)}});
    }
    return list;
}

Json storeEntry(const ProfileSettings& settings, const std::string& zone) {
    return {{"dia", numberText(settings.dia)},
            {"carbs_hr", numberText(settings.carbsPerHour)},
            {"delay", numberText(settings.delay)},
            {"timezone", zone},
            {"units", settings.units},
            {"startDate", "1970-01-01T00:00:00.000Z"},
            {"basal", blocks(settings.basal, kLeastBasal)},
            {"carbratio", blocks(settings.carbRatio, 0)},
            {"sens", blocks(settings.sensitivity, 0)},
            {"target_low", blocks(settings.targetLow, 0)},
            {"target_high", blocks(settings.targetHigh, 0)}};
}

/// Profiles of other origin survive.
Json carriedOver(const Json& present) {
    const auto store = present.is_object() ? present.find("store") : present.end();
    return store != present.end() && store->is_object() ? *store : Json::object();
}

} // namespace

bool sameProfile(Json wanted, Json present) {
    if (!wanted.is_object() || !present.is_object()) return false;
    for (const char* key : {"_id", "created_at", "startDate", "mills", "enteredBy"}) {
        wanted.erase(key);
        present.erase(key);
    }
    return wanted == present;
}

ProfilePlan planProfile(const ProfileSettings& settings, const std::string& zone, const Json& present,
                        const std::string& uploaded, UtcSeconds now) {
    Json store = carriedOver(present);
    store[settings.name] = storeEntry(settings, zone);
    const Json wanted{{"defaultProfile", settings.name},
                      {"startDate", toIso(now)},
                      {"units", settings.units},
                      {"enteredBy", "minimed-780g"},
                      {"store", std::move(store)}};
    if (settings.mode == ProfileMode::Never) return {};
    if (sameProfile(wanted, present)) return {Step::Nothing, bodyOf(wanted), {}};
    const Json ours = Json::parse(uploaded, nullptr, false);
    if (ours.is_object() && present.is_object() && !sameProfile(ours, present)) {
        return {Step::LeaveToSomeone, {}, {}};
    }
    const auto id = settings.mode == ProfileMode::Replace ? readServerId(present) : std::nullopt;
    return {id ? Step::Replace : Step::Add, bodyOf(wanted), id.value_or("")};
}

} // namespace nightscout
