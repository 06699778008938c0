// SPDX-License-Identifier: MIT
// bluetoothd's main.conf, as far as a pump depends on it. Facts: docs/protocol/link.md 2.2 and 3.4, and
// systemd/bluez-settings, which makes these settings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/check/finding.hpp"

namespace bridge::check {

class MainConf {
public:
    /// As GLib's key files: comments only on lines of their own, all after '=' is the value, the last of
    /// several values counts.
    explicit MainConf(std::string_view text);

    [[nodiscard]] std::optional<std::string> get(const std::string& group, const std::string& key) const;
    /// Decimal, or hexadecimal after "0x"; empty for what is neither.
    [[nodiscard]] std::optional<std::uint32_t> number(const std::string& group, const std::string& key) const;

private:
    std::map<std::pair<std::string, std::string>, std::string> values_;
};

/// One that bluetoothd needs, as the list in systemd/bluez-settings has it.
struct BluezSetting {
    std::string_view group;
    std::string_view key;
    std::string_view value;
    std::string_view also; ///< does as well
    Grade without;
    std::string_view reason;
};
/// Of group General. Intervals (group LE) are looked at where they are in effect.
std::span<const BluezSetting> bluezSettings();

Findings checkSettings(const MainConf& conf);

/// A command that makes these settings and has bluetoothd read them.
inline constexpr const char* kSettingsRemedy =
    "sudo " PUMP_BRIDGE_LIBRARY_DIRECTORY "/bluez-settings --apply && sudo systemctl restart bluetooth";

/// The pump ignores what advertises more seldom than every 150 ms (docs/protocol/link.md 3.4). Units of 0.625
/// ms.
inline constexpr std::uint32_t kSlowestInterval = 240;

} // namespace bridge::check
