// SPDX-License-Identifier: MIT
#include "bridge/config/configuration.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "bridge/config/configuration_reader.hpp"
#include "bridge/config/document_settings.hpp"
#include "bridge/config/listen_address.hpp"
#include "bridge/config/profile_settings.hpp"
#include "bridge/config/secret_files.hpp"
#include "nightscout/upload/site_url.hpp"
#include "protocol/pump_serial.hpp"
#include "therapy/zone.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;

// Keys that are named more than once: where they are read, and where what they say is judged.
constexpr std::string_view kTimezone = "timezone";
constexpr std::string_view kKeyDatabase = "pump.key_database";
constexpr std::string_view kSerial = "pump.serial";
constexpr std::string_view kUrl = "nightscout.url";
constexpr std::string_view kApiSecretFile = "nightscout.api_secret_file";
constexpr std::string_view kTokenFile = "nightscout.token_file";
constexpr std::string_view kStorePath = "storage.path";
constexpr std::string_view kListen = "status.listen";

constexpr std::array kHostClocks{ConfigurationReader::Choice<bool>{"auto", false},
                                 ConfigurationReader::Choice<bool>{"trusted", true}};

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
        return {std::move(configuration_), std::move(reader_.problems), std::move(reader_.warnings),
                std::move(exposed_)};
    }

private:
    void readKeys() {
        reader_.readText(kTimezone, configuration_.timezone);
        reader_.readPath(kKeyDatabase, configuration_.pump.keyDatabase);
        reader_.readText(kSerial, configuration_.pump.serial);
        reader_.readText("pump.name", configuration_.pump.name);
        reader_.readText("bluetooth.adapter", configuration_.bluetooth.adapter);
        reader_.readText(kUrl, configuration_.nightscout.url);
        reader_.readPath(kApiSecretFile, configuration_.nightscout.apiSecretFile);
        reader_.readPath(kTokenFile, configuration_.nightscout.tokenFile);
        reader_.readText("nightscout.ca_file", configuration_.nightscout.caFile);
        readDocumentSettings(reader_, configuration_.documents);
        configuration_.profile = readProfileSettings(reader_);
        reader_.readPath(kStorePath, configuration_.storage.path);
        reader_.readText(kListen, configuration_.status.listen);
        reader_.readChoice<bool>("time.host_clock", configuration_.time.hostClockTrusted, kHostClocks);
        reader_.readFlag("security.allow_readable_secrets", configuration_.security.allowReadableSecrets);
        reader_.refuseOthers();
    }

    void override(const std::string& name, std::string& target, std::string_view key) {
        if (auto value = environment_(name); value && !value->empty()) {
            target = std::move(*value);
            places_.emplace_back(key, "environment " + name);
        }
    }

    void readEnvironment() {
        override("NS_URL", configuration_.nightscout.url, kUrl);
        override("TIMEZONE_NAME", configuration_.timezone, kTimezone);
        override("PUMP_SERIAL_NUMBER", configuration_.pump.serial, kSerial);
        if (configuration_.timezone.empty()) {
            override("TZ", configuration_.timezone, kTimezone);
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
        override("API_SECRET", configuration_.apiSecret, kApiSecretFile);
        override("NS_SECRET", configuration_.apiSecret, kApiSecretFile);
        readSecret(kApiSecretFile, configuration_.nightscout.apiSecretFile, "api-secret",
                   configuration_.apiSecret, configuration_.apiSecretSource);
        readSecret(kTokenFile, configuration_.nightscout.tokenFile, "token", configuration_.token,
                   configuration_.tokenSource);
    }

    /// The file that the configuration names, else the credential that systemd handed over.
    void readSecret(std::string_view key, const fs::path& named, const char* credential, std::string& secret,
                    fs::path& source) {
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
        } else {
            source = file;
            noteExposed(key, file);
        }
    }

    void noteExposed(std::string_view key, const fs::path& file) {
        if (!isReadableByOthers(file)) return;
        auto& list = configuration_.security.allowReadableSecrets ? reader_.warnings : exposed_;
        list.push_back({place(key), std::string(key),
                        file.string() + ": can be read by other users: chmod 600 " + file.string()});
    }

    void check() {
        if (configuration_.timezone.empty()) {
            reader_.problem(place(kTimezone), kTimezone,
                            "is missing: set the zone of the pump's clock, such as \"Europe/Berlin\"");
        } else if (!therapy::Zone::find(configuration_.timezone)) {
            reader_.problem(place(kTimezone), kTimezone,
                            "there is no zone \"" + configuration_.timezone +
                                "\"; use an IANA name such as \"Europe/Berlin\"");
        }
        if (configuration_.pump.keyDatabase.empty())
            reader_.problem(place(kKeyDatabase), kKeyDatabase, "is empty");
        if (configuration_.storage.path.empty()) reader_.problem(place(kStorePath), kStorePath, "is empty");
        noteExposed(kKeyDatabase, configuration_.pump.keyDatabase);
        checkListen();
        checkSite();
    }

    void checkListen() {
        const std::string& listen = configuration_.status.listen;
        if (listen.empty()) return;
        const auto address = parseListenAddress(listen);
        if (!address || address->port == 0) {
            reader_.problem(
                place(kListen), kListen,
                "must be an IP address and a port, such as \"127.0.0.1:8780\", or empty for none");
        } else if (!address->isLoopback()) {
            reader_.warning(place(kListen), kListen,
                            "shows health data to everybody who can reach " + listen);
        }
    }

    void checkSite() {
        Configuration& present = configuration_;
        if (present.nightscout.url.empty()) return;
        const auto site = nightscout::parseSiteUrl(present.nightscout.url);
        if (!site) {
            reader_.problem(place(kUrl), kUrl, std::string(describe(site.error())));
            return;
        }
        if (present.apiSecret.empty() && site->secret) present.apiSecret = *site->secret;
        if (present.token.empty() && site->token) present.token = *site->token;
        if (present.apiSecret.empty() && present.token.empty()) {
            reader_.warning(place(kUrl), kApiSecretFile,
                            "neither a secret nor a token is set: most sites refuse uploads without one");
        }
    }

    ConfigurationReader reader_;
    const Environment& environment_;
    Configuration configuration_;
    std::vector<ConfigurationProblem> exposed_;
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
