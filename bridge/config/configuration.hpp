// SPDX-License-Identifier: MIT
// The configuration file, environment overrides, and every problem with them at once. docs/architecture.md 7.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config/environment.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/profile.hpp"

namespace bridge {

struct Configuration {
    std::string timezone; ///< IANA name of the zone of the pump's clock

    struct Pump {
        std::filesystem::path keyDatabase = "/etc/pump-bridge/sake.keydb";
        std::string serial; ///< empty: the first pump that pairs
        std::string name;   ///< advertised as "Mobile <name>"; empty: six random digits, kept
    } pump;

    struct Bluetooth {
        std::string adapter; ///< "hci0"; empty: the first powered LE adapter
    } bluetooth;

    struct Nightscout {
        std::string url; ///< empty: nothing is uploaded
        std::filesystem::path apiSecretFile;
        std::filesystem::path tokenFile;
        std::string caFile;
    } nightscout;

    nightscout::MappingSettings documents; ///< which, and how they are made

    std::optional<nightscout::ProfileSettings> profile; ///< empty: the site's profile is left alone

    struct Storage {
        std::filesystem::path path = "/var/lib/pump-bridge/history.db";
    } storage;

    struct Status {
        std::string listen = "127.0.0.1:8780"; ///< empty: off
    } status;

    struct Time {
        bool hostClockTrusted = false; ///< the owner vouches for this computer's clock
    } time;

    struct Security {
        /// `run` starts although other users of this computer can read the key database or a secret file.
        bool allowReadableSecrets = false;
    } security;

    /// From NS_SECRET or the secret file; never printed.
    std::string apiSecret;
    std::string token;
    /// The files that they were read from; empty: they came from elsewhere.
    std::filesystem::path apiSecretSource;
    std::filesystem::path tokenSource;
};

struct ConfigurationProblem {
    std::string place; ///< "pump-bridge.toml:7" or "environment NS_URL"
    std::string key;   ///< "nightscout.features"
    std::string text;  ///< what is wrong and what to do
};

struct LoadedConfiguration {
    Configuration configuration;
    std::vector<ConfigurationProblem> problems; ///< empty: use it
    std::vector<ConfigurationProblem> warnings;
    /// Key and secret files that other users can read: `run` refuses them, and all else only warns.
    std::vector<ConfigurationProblem> exposed;
};
LoadedConfiguration loadConfiguration(const std::filesystem::path& file, const Environment& environment);
/// One problem a line: "pump-bridge.toml:7: nightscout.features: ...".
std::string toString(const std::vector<ConfigurationProblem>& problems);

} // namespace bridge
