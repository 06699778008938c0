// SPDX-License-Identifier: MIT
#include "bridge/config/profile_settings.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace bridge {
namespace {

using nightscout::ProfileBlock;
using nightscout::ProfileMode;
using nightscout::ProfileSettings;
template <typename T>
using Choice = ConfigurationReader::Choice<T>;

constexpr std::array kModes{Choice<ProfileMode>{"add", ProfileMode::Add},
                            Choice<ProfileMode>{"replace", ProfileMode::Replace},
                            Choice<ProfileMode>{"never", ProfileMode::Never}};
constexpr std::array kUnits{Choice<std::string_view>{"mg/dl", "mg/dl"},
                            Choice<std::string_view>{"mmol", "mmol"}};

/// "06:30"
std::optional<std::chrono::minutes> timeOfDay(const std::string& text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
        return std::nullopt;
    }
    const int hours = (text[0] - '0') * 10 + text[1] - '0';
    const int minutes = (text[3] - '0') * 10 + text[4] - '0';
    if (hours > 23 || minutes > 59) return std::nullopt;
    return std::chrono::minutes(hours * 60 + minutes);
}

enum class Needed : bool { No, Yes };

void readSchedule(ConfigurationReader& reader, std::string_view key, double greatest, Needed needed,
                  std::vector<ProfileBlock>& blocks) {
    const std::size_t problems = reader.problems.size();
    reader.readTable(key, [&](const std::string& name, double value) -> std::string {
        const auto from = timeOfDay(name);
        if (!from) return "must be a time of day, such as \"06:30\"";
        if (!(value >= 0 && value <= greatest)) {
            return "must be from 0 to " + std::to_string(static_cast<int>(greatest));
        }
        blocks.push_back({*from, value});
        return {};
    });
    std::ranges::sort(blocks, {}, &ProfileBlock::from);
    const bool wholeDay = !blocks.empty() && blocks.front().from == std::chrono::minutes{0};
    if (needed == Needed::Yes && !wholeDay && reader.problems.size() == problems) {
        reader.problem(reader.placeOf(reader.has(key) ? key : "profile"), key,
                       "must begin at \"00:00\", such as { \"00:00\" = 1.0, \"06:00\" = 1.2 }");
    }
}

} // namespace

std::optional<ProfileSettings> readProfileSettings(ConfigurationReader& reader) {
    const bool present = reader.has("profile");
    // Beyond what any pump can be set to.
    constexpr double kMostUnitsPerHour = 35;
    constexpr double kMostGrams = 300;
    constexpr double kMostGlucose = 1000;
    ProfileSettings profile;
    reader.readChoice<ProfileMode>("profile.mode", profile.mode, kModes);
    constexpr std::string_view kName = "profile.name";
    reader.readText(kName, profile.name);
    if (profile.name.empty() || profile.name.find_first_of(".$<>") != std::string::npos) {
        reader.problem(reader.placeOf(kName), kName, "must not be empty nor hold . $ < >");
    }
    std::string_view units = profile.units;
    reader.readChoice<std::string_view>("profile.units", units, kUnits);
    profile.units = std::string(units);
    reader.readNumber("profile.dia", profile.dia, 1, 24);
    reader.readNumber("profile.carbs_hr", profile.carbsPerHour, 1, 200);
    reader.readNumber("profile.delay", profile.delay, 0, 240);
    const Needed needed = present && profile.mode != ProfileMode::Never ? Needed::Yes : Needed::No;
    readSchedule(reader, "profile.basal", kMostUnitsPerHour, needed, profile.basal);
    readSchedule(reader, "profile.carbratio", kMostGrams, needed, profile.carbRatio);
    readSchedule(reader, "profile.sens", kMostGlucose, needed, profile.sensitivity);
    readSchedule(reader, "profile.target_low", kMostGlucose, needed, profile.targetLow);
    readSchedule(reader, "profile.target_high", kMostGlucose, needed, profile.targetHigh);
    if (!present) return std::nullopt;
    return profile;
}

} // namespace bridge
