// SPDX-License-Identifier: MIT
#include "bridge/config/configuration.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "bridge/config/configuration_reader.hpp"
#include "bridge/config/document_settings.hpp"
#include "bridge/config/profile_settings.hpp"
#include "bridge/config/secret_files.hpp"
#include "bridge/status/status_server.hpp"
#include "nightscout/upload/client.hpp"
#include "protocol/pump_serial.hpp"
#include "therapy/zone.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;

// Every key that docs/architecture.md 7 has, as "section.key"; those of the top level without a section.
// Those of document_settings.cpp and profile_settings.cpp come on top.
constexpr std::array<std::string_view, 12> kKeys{"timezone",
                                                 "pump.key_database",
                                                 "pump.serial",
                                                 "pump.name",
                                                 "bluetooth.adapter",
                                                 "nightscout.url",
                                                 "nightscout.ca_file",
                                                 "nightscout.api_secret_file",
                                                 "nightscout.token_file",
                                                 "nightscout.features",
                                                 "storage.path",
                                                 "status.listen"};

// Known to users of tconnectsync; they have no meaning for this pump and are no reason to stop.
constexpr std::array<std::string_view, 3> kForeignFeatures{"IOB", "BOLUS_BG", "PUMP_EVENTS_BASAL_SUSPENSION"};
constexpr std::string_view kFeatureNames =
    "BASAL, BOLUS, PUMP_EVENTS, PROFILES, CGM, CGM_ALERTS, DEVICE_STATUS";

// tconnectsync's "any pump of the account".
constexpr std::string_view kAnySerial = "11111111";

class Loader {
public:
    Loader(const fs::path& file, const Environment& environment) : reader_(file), environment_(environment) {}

    LoadedConfiguration load() {
        const bool parsed = reader_.parse();
        if (parsed) readKeys();
        readEnvironment();
        readSecrets();
        if (parsed) check();
        return {std::move(configuration_), std::move(reader_.problems), std::move(reader_.warnings)};
    }

private:
    void readKeys() {
        std::vector<std::string_view> keys(kKeys.begin(), kKeys.end());
        keys.insert(keys.end(), documentKeys().begin(), documentKeys().end());
        keys.insert(keys.end(), profileKeys().begin(), profileKeys().end());
        reader_.rejectUnknown(keys);
        reader_.readText("timezone", configuration_.timezone);
        reader_.readPath("pump.key_database", configuration_.pump.keyDatabase);
        reader_.readText("pump.serial", configuration_.pump.serial);
        reader_.readText("pump.name", configuration_.pump.name);
        reader_.readText("bluetooth.adapter", configuration_.bluetooth.adapter);
        reader_.readText("nightscout.url", configuration_.nightscout.url);
        reader_.readPath("nightscout.api_secret_file", configuration_.nightscout.apiSecretFile);
        reader_.readPath("nightscout.token_file", configuration_.nightscout.tokenFile);
        reader_.readText("nightscout.ca_file", configuration_.nightscout.caFile);
        readFeatures();
        readDocumentSettings(reader_, configuration_.documents);
        configuration_.profile = readProfileSettings(reader_);
        reader_.readPath("storage.path", configuration_.storage.path);
        reader_.readText("status.listen", configuration_.status.listen);
    }

    void readFeatures() {
        constexpr std::string_view key = "nightscout.features";
        nightscout::FeatureSet features;
        const auto visit = [&](const std::string& place, const ConfigurationReader::Element& element) {
            const auto* name = std::get_if<std::string>(&element);
            if (name == nullptr) {
                reader_.problem(place, key, "must hold names in quotes");
            } else if (const auto feature = nightscout::featureByName(*name)) {
                features.insert(*feature);
            } else if (isForeignFeature(*name)) {
                reader_.warning(place, key, *name + " has no meaning for this pump and is left out");
            } else {
                reader_.problem(place, key,
                                "unknown feature " + *name + "; known are " + std::string(kFeatureNames));
            }
        };
        if (reader_.readList(key, "[\"BOLUS\", \"CGM\"]", visit))
            configuration_.nightscout.features = features;
    }

    void override(const std::string& name, std::string& target, std::string_view key) {
        if (auto value = environment_(name); value && !value->empty()) {
            target = std::move(*value);
            places_.emplace_back(key, "environment " + name);
        }
    }

    void readEnvironment() {
        override("NS_URL", configuration_.nightscout.url, "nightscout.url");
        override("TIMEZONE_NAME", configuration_.timezone, "timezone");
        override("PUMP_SERIAL_NUMBER", configuration_.pump.serial, "pump.serial");
        if (configuration_.timezone.empty()) {
            override("TZ", configuration_.timezone, "timezone");
            // POSIX allows a colon before a zone name.
            if (configuration_.timezone.starts_with(':')) configuration_.timezone.erase(0, 1);
        }
        if (configuration_.pump.serial == kAnySerial) configuration_.pump.serial.clear();
        normaliseSerial();
    }

    void normaliseSerial() {
        auto& serial = configuration_.pump.serial;
        if (serial.empty()) return;
        if (auto known = protocol::parsePumpSerial(serial))
            serial = std::move(*known);
        else
            reader_.problem(place("pump.serial"), "pump.serial",
                            "must be a pump's serial number as on its back, such as NG1234567H");
    }

    /// Where the value of `key` came from.
    [[nodiscard]] std::string place(std::string_view key) const {
        const auto found = std::ranges::find(places_, key, &std::pair<std::string, std::string>::first);
        return found == places_.end() ? reader_.placeOf(key) : found->second;
    }

    void readSecrets() {
        override("API_SECRET", configuration_.apiSecret, "nightscout.api_secret_file");
        override("NS_SECRET", configuration_.apiSecret, "nightscout.api_secret_file");
        readSecret("nightscout.api_secret_file", configuration_.nightscout.apiSecretFile, "api-secret",
                   configuration_.apiSecret);
        readSecret("nightscout.token_file", configuration_.nightscout.tokenFile, "token",
                   configuration_.token);
    }

    /// The file that the configuration names, else the credential that systemd handed over.
    void readSecret(std::string_view key, const fs::path& named, const char* credential,
                    std::string& secret) {
        if (!secret.empty()) return;
        fs::path file = named;
        if (file.empty()) {
            const auto directory = environment_("CREDENTIALS_DIRECTORY");
            if (!directory || directory->empty()) return;
            file = fs::path(*directory) / credential;
            if (std::error_code ignored; !fs::exists(file, ignored)) return;
        }
        if (const auto error = readSecretFile(file, secret)) {
            reader_.problem(place(key), key, *error);
        } else if (isReadableByOthers(file)) {
            reader_.warning(place(key), key, file.string() + ": can be read by other users; chmod 600 it");
        }
    }

    void check() {
        if (configuration_.timezone.empty()) {
            reader_.problem(place("timezone"), "timezone",
                            "is missing: set the zone of the pump's clock, such as \"Europe/Berlin\"");
        } else if (!therapy::Zone::find(configuration_.timezone)) {
            reader_.problem(place("timezone"), "timezone",
                            "there is no zone \"" + configuration_.timezone +
                                "\"; use an IANA name such as \"Europe/Berlin\"");
        }
        if (configuration_.pump.keyDatabase.empty())
            reader_.problem(place("pump.key_database"), "pump.key_database", "is empty");
        if (configuration_.storage.path.empty())
            reader_.problem(place("storage.path"), "storage.path", "is empty");
        if (isReadableByOthers(configuration_.pump.keyDatabase)) {
            reader_.warning(
                place("pump.key_database"), "pump.key_database",
                configuration_.pump.keyDatabase.string() + ": can be read by other users; chmod 600 it");
        }
        checkListen();
        checkSite();
    }

    void checkListen() {
        const std::string& listen = configuration_.status.listen;
        if (listen.empty()) return;
        const auto address = parseListenAddress(listen);
        if (!address || address->port == 0) {
            reader_.problem(
                place("status.listen"), "status.listen",
                "must be an IP address and a port, such as \"127.0.0.1:8780\", or empty for none");
        } else if (!address->isLoopback()) {
            reader_.warning(place("status.listen"), "status.listen",
                            "shows health data to everybody who can reach " + listen);
        }
    }

    void checkSite() {
        Configuration& present = configuration_;
        if (present.nightscout.url.empty()) return;
        std::string reason;
        const auto site = nightscout::parseSiteUrl(present.nightscout.url, reason);
        if (!site) {
            reader_.problem(place("nightscout.url"), "nightscout.url", reason);
            return;
        }
        if (present.apiSecret.empty() && site->secret) present.apiSecret = *site->secret;
        if (present.token.empty() && site->token) present.token = *site->token;
        if (present.apiSecret.empty() && present.token.empty()) {
            reader_.warning(place("nightscout.url"), "nightscout.api_secret_file",
                            "neither a secret nor a token is set: most sites refuse uploads without one");
        }
    }

    ConfigurationReader reader_;
    const Environment& environment_;
    Configuration configuration_;
    std::vector<std::pair<std::string, std::string>> places_; ///< of values that did not come from the file
};

} // namespace

Environment processEnvironment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    };
}

bool isForeignFeature(std::string_view name) {
    return std::ranges::find(kForeignFeatures, name) != kForeignFeatures.end();
}

nightscout::MappingSettings mappingSettings(const Configuration& configuration) {
    nightscout::MappingSettings settings = configuration.documents;
    settings.features = configuration.nightscout.features;
    return settings;
}

LoadedConfiguration loadConfiguration(const fs::path& file, const Environment& environment) {
    return Loader(file, environment).load();
}

std::string toString(const std::vector<ConfigurationProblem>& problems) {
    std::string text;
    for (const ConfigurationProblem& problem : problems) {
        text += problem.place + ": ";
        if (!problem.key.empty()) text += problem.key + ": ";
        text += problem.text + "\n";
    }
    return text;
}

} // namespace bridge
