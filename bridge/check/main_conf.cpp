// SPDX-License-Identifier: MIT
#include "bridge/check/main_conf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace bridge::check {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

constexpr std::array<BluezSetting, 5> kGeneral{{
    {"General", "ControllerMode", "le", "le", Grade::Warning,
     "the pump is Low Energy only, and expects advertising flags that say so"},
    {"General", "Privacy", "device", "limited-device", Grade::Failed,
     "the pump comes back only to a private address that it can resolve"},
    {"General", "JustWorksRepairing", "confirm", "always", Grade::Warning,
     "pairing the same pump again is put to pump-bridge instead of refused"},
    {"General", "DiscoverableTimeout", "0", "0", Grade::Warning,
     "pairing may take longer than bluetoothd's three minutes"},
    {"General", "PairableTimeout", "0", "0", Grade::Warning,
     "pairing may take longer than a timeout; pump-bridge ends it itself"},
}};

} // namespace

MainConf::MainConf(std::string_view text) {
    std::string group;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        if (line.front() == '[' && line.back() == ']') {
            group = line.substr(1, line.size() - 2);
        } else if (const auto equals = line.find('='); equals != std::string_view::npos) {
            values_[{group, std::string(trimmed(line.substr(0, equals)))}] = trimmed(line.substr(equals + 1));
        }
    }
}

std::optional<std::string> MainConf::get(const std::string& group, const std::string& key) const {
    const auto found = values_.find({group, key});
    return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> MainConf::number(const std::string& group, const std::string& key) const {
    const auto text = get(group, key);
    if (!text) return std::nullopt;
    const bool hex = text->starts_with("0x") || text->starts_with("0X");
    const char* first = text->data() + (hex ? 2 : 0);
    const char* last = text->data() + text->size();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(first, last, value, hex ? 16 : 10);
    if (error != std::errc{} || end != last) return std::nullopt;
    return value;
}

std::span<const BluezSetting> bluezSettings() {
    return kGeneral;
}

Findings checkSettings(const MainConf& conf) {
    Findings findings;
    for (const BluezSetting& setting : kGeneral) {
        const auto value = conf.get(std::string(setting.group), std::string(setting.key));
        if (value == setting.value || value == setting.also) continue;
        std::string text =
            fmt::format("{} is {} instead of {}: {}", setting.key, value ? "\"" + *value + "\"" : "not set",
                        setting.value, setting.reason);
        if (value && value->find('#') != std::string::npos)
            text += " (a comment must stand on a line of its own)";
        std::string remedy = kSettingsRemedy;
        if (setting.key == "Privacy")
            remedy +=
                "; a pump that is paired already must be paired anew (remove this computer in its menu)";
        findings.push_back({.check = "bluez.settings",
                            .grade = setting.without,
                            .text = std::move(text),
                            .remedy = std::move(remedy)});
    }
    if (findings.empty()) findings.push_back(ok("bluez.settings", "main.conf has the settings a pump needs"));
    return findings;
}

} // namespace bridge::check
