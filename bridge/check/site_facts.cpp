// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/check/site.hpp"
#include "nightscout/documents/treatment.hpp"
#include "nightscout/upload/answer_json.hpp"
#include "nightscout/upload/http_date.hpp"

namespace bridge::check {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using nightscout::Feature;
using nlohmann::json;

/// Entries of a day and a half at one in five minutes.
constexpr int kMostEntries = 500;

/// A value of an object; the default when it is missing or of another type.
template <typename T>
T valueOf(const json& object, const char* key, T otherwise) {
    if (!object.is_object()) return otherwise;
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    if constexpr (std::is_same_v<T, bool>) {
        return found->is_boolean() ? found->get<bool>() : otherwise;
    } else if constexpr (std::is_same_v<T, std::string>) {
        return found->is_string() ? found->get<std::string>() : otherwise;
    } else {
        return found->is_number() ? found->get<T>() : otherwise;
    }
}

class Questions {
public:
    Questions(Get get, nightscout::MappingSettings settings, bool sendsProfile,
              std::function<UtcMilliseconds()> clock)
        : get_(std::move(get)),
          settings_(std::move(settings)),
          sendsProfile_(sendsProfile),
          clock_(std::move(clock)) {}

    asio::awaitable<SiteFacts> ask() {
        try {
            co_await askStatus();
            // A token may lack api:status:read alone: verifyauth, which needs no right, decides.
            if ((facts_.status == 200 || facts_.status == 401) && facts_.problem.empty()) {
                co_await askWhoWeAre();
                if (facts_.credentialsAccepted && facts_.status == 401) {
                    facts_.mayReadStatus = false;
                    facts_.status = 200;
                }
                if (facts_.credentialsAccepted) co_await askWhatIsThere();
            }
        } catch (const nightscout::TransportError& error) {
            using Kind = nightscout::TransportError::Kind;
            facts_.problem = error.what();
            facts_.unreachable = error.kind() == Kind::Unreachable || error.kind() == Kind::Timeout;
        }
        co_return std::move(facts_);
    }

private:
    /// The answer as JSON; discarded when it is none, or not a success.
    asio::awaitable<json> fetch(std::string path) {
        const auto response = co_await get_(std::move(path));
        if (response.status != 200) co_return json(json::value_t::discarded);
        co_return nightscout::parseAnswer(response.body);
    }

    asio::awaitable<void> askStatus() {
        const auto before = clock_();
        const auto response = co_await get_("/api/v1/status.json");
        const auto middle = before + (clock_() - before) / 2;
        facts_.status = response.status;
        if (response.status != 200) co_return;
        const auto body = nightscout::parseAnswer(response.body);
        if (valueOf<std::string>(body, "status", "") != "ok") {
            facts_.problem = "it answers, but not as Nightscout does";
            co_return;
        }
        facts_.version = valueOf<std::string>(body, "version", "");
        facts_.apiEnabled = valueOf(body, "apiEnabled", true);
        facts_.careportalEnabled = valueOf(body, "careportalEnabled", true);
        if (body.contains("settings")) readSettings(body["settings"]);
        const auto epoch = valueOf<double>(body, "serverTimeEpoch", 0);
        if (epoch > 0) {
            facts_.clockSkew =
                std::chrono::milliseconds{static_cast<std::int64_t>(epoch)} - middle.time_since_epoch();
        } else if (response.date) {
            if (const auto date = nightscout::parseHttpDate(*response.date))
                facts_.clockSkew = *date - middle;
        }
    }

    void readSettings(const json& settings) {
        facts_.units = valueOf<std::string>(settings, "units", "");
        const auto enabled = settings.is_object() ? settings.find("enable") : settings.end();
        if (enabled == settings.end() || !enabled->is_array()) return;
        facts_.plugins.emplace();
        for (const auto& plugin : *enabled)
            if (plugin.is_string()) facts_.plugins->insert(plugin.get<std::string>());
    }

    asio::awaitable<void> askWhoWeAre() {
        const auto body = co_await fetch("/api/v1/verifyauth");
        const json message = body.is_object() && body.contains("message") ? body["message"] : json{};
        if (message.is_string()) {
            co_await askAnOldServer(message == "OK");
            co_return;
        }
        // Where the default roles are denied, a good token gets FOUND without OK
        // (docs/nightscout/api.md 3.6).
        facts_.credentialsAccepted = valueOf<std::string>(message, "message", "") == "OK" ||
                                     valueOf<std::string>(message, "rolefound", "") == "FOUND";
        facts_.isAdmin = valueOf(message, "isAdmin", false);
        if (facts_.credentialsAccepted && !facts_.isAdmin) co_await askPermissions();
    }

    /// It tells only whether we may do everything, and does not punish questions: what a token may do shows
    /// whether it was taken.
    asio::awaitable<void> askAnOldServer(bool mayDoEverything) {
        facts_.isAdmin = mayDoEverything;
        if (!mayDoEverything) co_await askPermissions();
        facts_.credentialsAccepted =
            mayDoEverything || std::ranges::any_of(facts_.permissions, [](const auto& permission) {
                return permission.second && permission.first.ends_with(":create");
            });
    }

    asio::awaitable<void> askPermissions() {
        for (const std::string& permission : neededPermissions(settings_.features, sendsProfile_)) {
            const auto response = co_await get_("/api/v2/authorization/debug/check/" + permission);
            if (response.status == 404) co_return; // an old server does not tell
            facts_.permissions[permission] = response.status == 200;
        }
    }

    [[nodiscard]] bool mayRead(const std::string& collection) const {
        const auto found = facts_.permissions.find("api:" + collection + ":read");
        return found == facts_.permissions.end() || found->second;
    }

    asio::awaitable<void> askWhatIsThere() {
        const auto since = std::chrono::floor<std::chrono::milliseconds>(clock_()) - 24h;
        const auto entries = co_await fetch(
            fmt::format("/api/v1/entries.json?find%5Btype%5D=sgv&find%5Bdate%5D%5B%24gte%5D={}&count={}",
                        since.time_since_epoch().count(), kMostEntries));
        const std::string own = nightscout::deviceOf(settings_);
        for (const auto& entry : entries.is_array() ? entries : json::array()) {
            const auto device = valueOf<std::string>(entry, "device", "without a name");
            ++facts_.glucoseByDevice[device];
            if (device == own && !facts_.lastGlucose) // they come newest first
                facts_.lastGlucose = valueOf<std::string>(entry, "dateString", "");
        }
        const auto treatments = co_await fetch(
            "/api/v1/treatments.json?find%5BenteredBy%5D=%2F%5Eopenaps%3A..minimed-780g%2F"
            "&find%5Bcreated_at%5D%5B%24gte%5D=" +
            nightscout::toIso(since - 9 * 24h) + "&count=1");
        if (treatments.is_array() && !treatments.empty())
            facts_.lastTreatment = valueOf<std::string>(treatments.front(), "created_at", "");
        // Last: a token without that right pays with a delay.
        if (sendsProfile_ || mayRead("profile")) {
            const auto response = co_await get_("/api/v1/profile/current");
            const auto profile = nightscout::parseAnswer(response.body);
            if (response.status == 200 && !profile.is_discarded()) facts_.hasProfile = profile.is_object();
        }
    }

    Get get_;
    nightscout::MappingSettings settings_;
    bool sendsProfile_;
    std::function<UtcMilliseconds()> clock_;
    SiteFacts facts_;
};

} // namespace

std::vector<std::string> neededPermissions(nightscout::FeatureSet features, bool sendsProfile) {
    std::vector<std::string> needed{"api:status:read"};
    if (features.contains(Feature::Cgm))
        needed.insert(needed.end(),
                      {"api:entries:read", "api:entries:create", "api:entries:update", "api:entries:delete"});
    const bool treatments = features.contains(Feature::Basal) || features.contains(Feature::Bolus) ||
                            features.contains(Feature::PumpEvents) || features.contains(Feature::CgmAlerts);
    if (treatments)
        needed.insert(needed.end(), {"api:treatments:read", "api:treatments:create", "api:treatments:update",
                                     "api:treatments:delete"});
    if (features.contains(Feature::DeviceStatus))
        needed.insert(needed.end(), {"api:devicestatus:read", "api:devicestatus:create"});
    if (sendsProfile)
        needed.insert(needed.end(), {"api:profile:read", "api:profile:create", "api:profile:update"});
    return needed;
}

asio::awaitable<SiteFacts> readSiteFacts(Get get, nightscout::MappingSettings settings, bool sendsProfile,
                                         std::function<UtcMilliseconds()> clock) {
    Questions questions{std::move(get), std::move(settings), sendsProfile, std::move(clock)};
    co_return co_await questions.ask();
}

} // namespace bridge::check
