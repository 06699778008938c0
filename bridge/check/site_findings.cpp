// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "bridge/check/site.hpp"
#include "nightscout/documents/treatment.hpp"

namespace bridge::check {
namespace {

using namespace std::chrono_literals;

constexpr auto kSkewSeen = 60s; ///< below, nobody notices
constexpr auto kSkewHarmful = 10min;

Finding checkAnswer(const SiteFacts& site, const SiteSubject& subject) {
    constexpr const char* kCheck = "nightscout";
    const std::string place = subject.url + ": ";
    if (site.unreachable)
        return unreachable(kCheck, place + site.problem,
                           "is the address right, and the site up? Documents wait meanwhile");
    if (!site.problem.empty())
        return failed(kCheck, place + site.problem,
                      "correct nightscout.url, or the site's certificate (nightscout.ca_file)");
    if (!site.mayReadStatus) return ok(kCheck, place + "answers, and does not show us its version");
    if (site.status == 200)
        return ok(kCheck,
                  place + "Nightscout " + (site.version.empty() ? "of unknown version" : site.version));
    const std::string answer = place + fmt::format("answers with status {}", site.status);
    if (site.status == 401)
        return failed(kCheck, answer + ": the secret or token is not accepted",
                      "correct the file that nightscout.api_secret_file or token_file names");
    if (site.status == 404)
        return failed(kCheck, answer + ": there is no Nightscout here", "correct nightscout.url");
    if (site.status == 403)
        return failed(kCheck, answer + ": a proxy, a firewall or the hosting service refuses us",
                      "ask the hosting service");
    return unreachable(kCheck, answer, "wait, and look at the site's own log");
}

Findings checkFeatures(const SiteFacts& site, const nightscout::MappingSettings& settings) {
    Findings findings;
    if (!site.apiEnabled)
        findings.push_back(failed("nightscout.api", "the site's API is off", "set API_SECRET on the site"));
    if (!site.careportalEnabled)
        findings.push_back(failed("nightscout.api", "the site takes no treatments: its careportal is off",
                                  "add careportal to ENABLE on the site"));
    if (findings.empty()) findings.push_back(ok("nightscout.api", "the API and the careportal are on"));
    const bool siteMmol = site.units.starts_with("mmol");
    const bool ourMmol = settings.units == nightscout::GlucoseUnits::MillimolesPerLitre;
    if (!site.units.empty() && siteMmol != ourMmol)
        findings.push_back(warning("nightscout.units",
                                   fmt::format("the site shows {}, the notes of this bridge are in {}",
                                               site.units, ourMmol ? "mmol/L" : "mg/dL"),
                                   fmt::format("set documents.units = \"{}\"", siteMmol ? "mmol" : "mg/dl")));
    else if (!site.units.empty())
        findings.push_back(ok("nightscout.units", site.units));
    return findings;
}

Finding checkClockSkew(const SiteFacts& site) {
    constexpr const char* kCheck = "nightscout.clock";
    if (!site.clockSkew) return ok(kCheck, "the site does not tell its time");
    const auto seconds = std::chrono::round<std::chrono::seconds>(*site.clockSkew);
    const auto text = fmt::format("the site's clock is {} s {} this computer's",
                                  std::chrono::abs(seconds).count(), seconds < 0s ? "behind" : "ahead of");
    if (std::chrono::abs(seconds) <= kSkewSeen) return ok(kCheck, text);
    const std::string remedy = "set this computer's clock (sudo timedatectl set-ntp true), or the site's";
    return std::chrono::abs(seconds) > kSkewHarmful ? failed(kCheck, text, remedy)
                                                    : warning(kCheck, text, remedy);
}

/// The least that passes (docs/nightscout/api.md 3.5).
std::string leastRole(const nightscout::MappingSettings& settings, bool sendsProfile) {
    std::string role;
    std::string collection;
    for (const std::string& permission : neededPermissions(settings.features, sendsProfile)) {
        const auto colon = permission.rfind(':');
        if (permission.substr(0, colon) == collection) {
            role += "," + permission.substr(colon + 1);
        } else {
            role += (role.empty() ? "" : " ") + permission;
            collection = permission.substr(0, colon);
        }
    }
    return role;
}

Finding checkCredentials(const SiteFacts& site, const SiteSubject& subject,
                         const nightscout::MappingSettings& settings) {
    constexpr const char* kCheck = "nightscout.rights";
    if (!site.credentialsAccepted) {
        if (!subject.hasCredentials)
            return failed(kCheck, "no secret or token is configured, and the site wants one",
                          "set nightscout.api_secret_file or nightscout.token_file");
        return failed(kCheck, "the site does not accept the secret or token",
                      "correct the file that nightscout.api_secret_file or token_file names");
    }
    if (site.isAdmin) return ok(kCheck, "the secret may do everything");
    if (site.permissions.empty()) return ok(kCheck, "accepted; the site does not tell what it permits");
    std::string missing;
    for (const auto& [permission, granted] : site.permissions)
        if (!granted) missing += (missing.empty() ? "" : ", ") + permission;
    if (missing.empty()) return ok(kCheck, "the token may do all that is needed");
    return failed(kCheck, "the token lacks " + missing,
                  "give its role on the site's admin page: " + leastRole(settings, subject.sendsProfile));
}

/// The pills show what we send only where their plugins are on (docs/nightscout/api.md 11).
Findings checkPlugins(const SiteFacts& site, const SiteSubject& subject) {
    Findings findings;
    if (site.hasProfile == false && !subject.sendsProfile)
        findings.push_back(
            warning("nightscout.profile",
                    "the site has no profile: its page shows the profile editor instead of the "
                    "curve",
                    "make one there, or write a [profile] into the configuration"));
    if (!site.plugins) return findings;
    std::string missing;
    for (const char* plugin : {"pump", "iob", "basal", "cage", "iage", "sage", "bage"})
        if (!site.plugins->contains(plugin)) missing += (missing.empty() ? "" : " ") + std::string(plugin);
    if (!missing.empty())
        findings.push_back(ok("nightscout.plugins",
                              "what these would show is hidden; to see it add to ENABLE on "
                              "the site: " +
                                  missing));
    if (site.plugins->contains("bwp"))
        findings.push_back(warning("nightscout.bwp",
                                   "the plugin bwp is on: it may silence alarms by the pump's active insulin",
                                   "take bwp out of ENABLE on the site"));
    return findings;
}

Findings checkDocuments(const SiteFacts& site, const nightscout::MappingSettings& settings) {
    Findings findings;
    const std::string own = nightscout::deviceOf(settings);
    if (settings.features.contains(nightscout::Feature::Cgm)) {
        for (const auto& [device, count] : site.glucoseByDevice) {
            if (device == own) continue;
            findings.push_back(warning(
                "nightscout.glucose",
                fmt::format("{} has sent {} glucose values in the last 24 h too: points will be double",
                            device, count),
                "end the other uploader, or leave CGM out of nightscout.features"));
        }
    }
    const auto when = [](const std::optional<std::string>& time) {
        return !time ? "none" : time->empty() ? "one without a time" : *time;
    };
    findings.push_back(ok("nightscout.uploaded", "newest of this bridge: glucose " + when(site.lastGlucose) +
                                                     " (24 h), treatment " + when(site.lastTreatment) +
                                                     " (10 days)"));
    return findings;
}

} // namespace

Findings checkSite(const SiteFacts& site, const SiteSubject& subject,
                   const nightscout::MappingSettings& settings) {
    Findings findings{checkAnswer(site, subject)};
    if (subject.exposesSecret)
        findings.push_back(warning("nightscout", "the secret goes over the network in the clear",
                                   "use https:// in nightscout.url"));
    if (findings.front().grade != Grade::Ok) return findings;
    if (site.mayReadStatus) {
        append(findings, checkFeatures(site, settings));
        findings.push_back(checkClockSkew(site));
    }
    findings.push_back(checkCredentials(site, subject, settings));
    if (site.credentialsAccepted) append(findings, checkPlugins(site, subject));
    if (site.credentialsAccepted) append(findings, checkDocuments(site, settings));
    return findings;
}

} // namespace bridge::check
