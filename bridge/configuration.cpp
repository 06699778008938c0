// SPDX-License-Identifier: MIT
#include "bridge/configuration.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "bridge/secret_files.hpp"
#include "bridge/zone.hpp"
#include "nightscout/client.hpp"

namespace bridge {
namespace {

namespace fs = std::filesystem;

// Every key that design.md 7 has, as "section.key"; those of the top level without a section.
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
constexpr std::array<std::string_view, 5> kSections{"pump", "bluetooth", "nightscout", "storage", "status"};

// Known to users of tconnectsync; they have no meaning for this pump and are no reason to stop.
constexpr std::array<std::string_view, 3> kForeignFeatures{"IOB", "BOLUS_BG", "PUMP_EVENTS_BASAL_SUSPENSION"};
constexpr std::string_view kFeatureNames =
    "BASAL, BOLUS, PUMP_EVENTS, PROFILES, CGM, CGM_ALERTS, DEVICE_STATUS";

// tconnectsync's "any pump of the account".
constexpr std::string_view kAnySerial = "11111111";

/// Insertions, removals and replacements that lead from one text to the other.
std::size_t editDistance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// The known key that was probably meant: alike as a whole, or in its last part.
std::string suggestion(std::string_view key) {
    const auto lastPart = [](std::string_view text) { return text.substr(text.rfind('.') + 1); };
    std::string_view best;
    std::size_t least = 4; // further away is another word
    for (const std::string_view known : kKeys) {
        const std::size_t distance =
            std::min(editDistance(key, known), editDistance(lastPart(key), lastPart(known)) + 1);
        if (distance < least) {
            least = distance;
            best = known;
        }
    }
    return best.empty() ? "" : "; did you mean " + std::string(best) + "?";
}

class Loader {
public:
    Loader(const fs::path& file, const Environment& environment) : file_(file), environment_(environment) {}

    LoadedConfiguration load() {
        const bool parsed = parse();
        readEnvironment();
        readSecrets();
        if (parsed) check();
        return std::move(loaded_);
    }

private:
    Configuration& configuration() { return loaded_.configuration; }

    [[nodiscard]] std::string placeOf(const toml::node* node) const {
        return node == nullptr ? file_.filename().string()
                               : file_.filename().string() + ":" + std::to_string(node->source().begin.line);
    }
    void problem(std::string place, std::string_view key, std::string text) {
        loaded_.problems.push_back({std::move(place), std::string(key), std::move(text)});
    }
    void warning(std::string place, std::string_view key, std::string text) {
        loaded_.warnings.push_back({std::move(place), std::string(key), std::move(text)});
    }

    bool parse() {
        std::string text;
        if (const auto error = readWhole(file_, text)) {
            problem(file_.string(), "",
                    *error + "; copy the example configuration there, or name the file with --config");
            return false;
        }
        try {
            table_ = toml::parse(text, file_.string());
        } catch (const toml::parse_error& error) {
            problem(file_.filename().string() + ":" + std::to_string(error.source().begin.line), "",
                    std::string(error.description()));
            return false;
        }
        rejectUnknown(table_, "");
        readKeys();
        return true;
    }

    void rejectUnknown(const toml::table& table, const std::string& section) {
        for (const auto& [key, node] : table) {
            const std::string name = section + std::string(key.str());
            if (section.empty() && std::ranges::find(kSections, name) != kSections.end()) {
                if (const auto* inner = node.as_table()) {
                    rejectUnknown(*inner, name + ".");
                } else {
                    problem(placeOf(&node), name, "is a section: write [" + name + "]");
                }
            } else if (std::ranges::find(kKeys, name) == kKeys.end()) {
                problem(placeOf(&node), name, "unknown key" + suggestion(name));
            }
        }
    }

    [[nodiscard]] const toml::node* find(std::string_view key) const {
        const auto found = table_.at_path(key);
        return found.node();
    }

    void readText(std::string_view key, std::string& target) {
        const toml::node* node = find(key);
        if (node == nullptr) return;
        if (const auto* text = node->as_string()) {
            target = text->get();
        } else {
            problem(placeOf(node), key, "must be text in quotes");
        }
    }
    void readPath(std::string_view key, fs::path& target) {
        std::string text = target.string();
        readText(key, text);
        target = text;
    }

    void readKeys() {
        readText("timezone", configuration().timezone);
        readPath("pump.key_database", configuration().pump.keyDatabase);
        readText("pump.serial", configuration().pump.serial);
        readText("pump.name", configuration().pump.name);
        readText("bluetooth.adapter", configuration().bluetooth.adapter);
        readText("nightscout.url", configuration().nightscout.url);
        readPath("nightscout.api_secret_file", configuration().nightscout.apiSecretFile);
        readPath("nightscout.token_file", configuration().nightscout.tokenFile);
        readText("nightscout.ca_file", configuration().nightscout.caFile);
        readFeatures();
        readPath("storage.path", configuration().storage.path);
        readText("status.listen", configuration().status.listen);
    }

    void readFeatures() {
        constexpr std::string_view key = "nightscout.features";
        const toml::node* node = find(key);
        if (node == nullptr) return;
        const toml::array* list = node->as_array();
        if (list == nullptr) {
            problem(placeOf(node), key, "must be a list, such as [\"BOLUS\", \"CGM\"]");
            return;
        }
        nightscout::FeatureSet features;
        for (const toml::node& element : *list) {
            const auto* name = element.as_string();
            if (name == nullptr) {
                problem(placeOf(&element), key, "must hold names in quotes");
            } else if (const auto feature = nightscout::featureByName(name->get())) {
                features.insert(*feature);
            } else if (std::ranges::find(kForeignFeatures, name->get()) != kForeignFeatures.end()) {
                warning(placeOf(&element), key,
                        name->get() + " has no meaning for this pump and is left out");
            } else {
                problem(placeOf(&element), key,
                        "unknown feature " + name->get() + "; known are " + std::string(kFeatureNames));
            }
        }
        configuration().nightscout.features = features;
    }

    void override(const std::string& name, std::string& target, std::string_view key) {
        if (auto value = environment_(name); value && !value->empty()) {
            target = std::move(*value);
            places_.emplace_back(key, "environment " + name);
        }
    }

    void readEnvironment() {
        override("NS_URL", configuration().nightscout.url, "nightscout.url");
        override("TIMEZONE_NAME", configuration().timezone, "timezone");
        override("PUMP_SERIAL_NUMBER", configuration().pump.serial, "pump.serial");
        if (configuration().timezone.empty()) {
            override("TZ", configuration().timezone, "timezone");
            // POSIX allows a colon before a zone name.
            if (configuration().timezone.starts_with(':')) configuration().timezone.erase(0, 1);
        }
        if (configuration().pump.serial == kAnySerial) configuration().pump.serial.clear();
    }

    /// Where the value of `key` came from.
    [[nodiscard]] std::string place(std::string_view key) const {
        const auto found = std::ranges::find(places_, key, &std::pair<std::string, std::string>::first);
        return found == places_.end() ? placeOf(find(key)) : found->second;
    }

    void readSecrets() {
        override("API_SECRET", configuration().apiSecret, "nightscout.api_secret_file");
        override("NS_SECRET", configuration().apiSecret, "nightscout.api_secret_file");
        readSecret("nightscout.api_secret_file", configuration().nightscout.apiSecretFile, "api-secret",
                   configuration().apiSecret);
        readSecret("nightscout.token_file", configuration().nightscout.tokenFile, "token",
                   configuration().token);
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
            problem(place(key), key, *error);
        } else if (isReadableByOthers(file)) {
            warning(place(key), key, file.string() + ": can be read by other users; chmod 600 it");
        }
    }

    void check() {
        if (configuration().timezone.empty()) {
            problem(place("timezone"), "timezone",
                    "is missing: set the zone of the pump's clock, such as \"Europe/Berlin\"");
        } else if (!Zone::find(configuration().timezone)) {
            problem(place("timezone"), "timezone",
                    "there is no zone \"" + configuration().timezone +
                        "\"; use an IANA name such as \"Europe/Berlin\"");
        }
        if (configuration().pump.keyDatabase.empty())
            problem(place("pump.key_database"), "pump.key_database", "is empty");
        if (configuration().storage.path.empty()) problem(place("storage.path"), "storage.path", "is empty");
        if (isReadableByOthers(configuration().pump.keyDatabase)) {
            warning(place("pump.key_database"), "pump.key_database",
                    configuration().pump.keyDatabase.string() + ": can be read by other users; chmod 600 it");
        }
        checkSite();
    }

    void checkSite() {
        Configuration& present = configuration();
        if (present.nightscout.url.empty()) return;
        std::string reason;
        const auto site = nightscout::parseSiteUrl(present.nightscout.url, reason);
        if (!site) {
            problem(place("nightscout.url"), "nightscout.url", reason);
            return;
        }
        if (present.apiSecret.empty() && site->secret) present.apiSecret = *site->secret;
        if (present.token.empty() && site->token) present.token = *site->token;
        if (present.apiSecret.empty() && present.token.empty()) {
            warning(place("nightscout.url"), "nightscout.api_secret_file",
                    "neither a secret nor a token is set: most sites refuse uploads without one");
        }
    }

    fs::path file_;
    const Environment& environment_;
    toml::table table_;
    LoadedConfiguration loaded_;
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
