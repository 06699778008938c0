// SPDX-License-Identifier: MIT
// The site's profile from the configuration, and what has to be done about the one that is there. Facts:
// docs/nightscout/mapping.md 11, docs/nightscout/api.md 8 and 10.5.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "nightscout/documents/document.hpp"

namespace nightscout {

/// What to do where the site's profile is another: a new one beside it, in its place, or nothing.
enum class ProfileMode : std::uint8_t { Add, Replace, Never };

/// From a time of day on.
struct ProfileBlock {
    std::chrono::minutes from{}; ///< of the day, the first at 0
    double value = 0;
    friend bool operator==(const ProfileBlock&, const ProfileBlock&) = default;
};

struct ProfileSettings {
    ProfileMode mode = ProfileMode::Add;
    std::string name = "MiniMed 780G";     ///< in the site's list of profiles
    std::string units = "mg/dl";           ///< "mg/dl" or "mmol", of sensitivities and targets; as the site's
    double dia = 3;                        ///< duration of insulin action, h
    double carbsPerHour = 20;              ///< absorption, g/h
    double delay = 20;                     ///< of absorption, min
    std::vector<ProfileBlock> basal;       ///< U/h
    std::vector<ProfileBlock> carbRatio;   ///< g/U
    std::vector<ProfileBlock> sensitivity; ///< units per U
    std::vector<ProfileBlock> targetLow;   ///< units
    std::vector<ProfileBlock> targetHigh;  ///< units
};

/// Same profile, but for what changes with each upload (docs/nightscout/mapping.md 11).
bool sameProfile(nlohmann::json wanted, nlohmann::json present);

struct ProfilePlan {
    enum class Step : std::uint8_t {
        Nothing, ///< the same, or mode never
        Add,
        Replace,        ///< the document with this `_id`
        LeaveToSomeone, ///< somebody changed the profile since we sent it
    } step{};
    std::string body;     ///< what the site should hold; empty with mode never
    std::string serverId; ///< for Replace
};

/// `present`: the site's current profile, or null. `uploaded`: the body that we sent last, empty if none.
ProfilePlan planProfile(const ProfileSettings& settings, const std::string& zone,
                        const nlohmann::json& present, const std::string& uploaded, UtcSeconds now);

} // namespace nightscout
