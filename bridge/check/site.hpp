// SPDX-License-Identifier: MIT
// The Nightscout half of `check`: what the site says of itself and of us, and what that means. Facts:
// docs/nightscout/api.md 3.5, 3.6, 9.8 and 11, docs/nightscout/mapping.md 12.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bridge/check/finding.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/upload/client.hpp"

namespace bridge::check {

/// GET of a path on the site. Throws nightscout::TransportError.
using Get = std::function<boost::asio::awaitable<nightscout::Response>(std::string path)>;
using UtcMilliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

struct SiteFacts {
    std::string problem{};    ///< the site does not answer as one; empty: it does
    bool unreachable = false; ///< waiting may remedy that
    unsigned status = 0;      ///< of status.json; not 200: nothing more is known

    std::string version{};
    bool apiEnabled = true;
    bool careportalEnabled = true;
    std::string units{};                            ///< "mg/dl", "mmol"
    std::optional<std::set<std::string>> plugins{}; ///< of ENABLE; empty: the site does not show them
    std::optional<bool> hasProfile{};
    /// The site's clock minus ours.
    std::optional<std::chrono::milliseconds> clockSkew{};

    bool credentialsAccepted = false;
    bool mayReadStatus = true; ///< false: everything above that status.json would show is not known
    bool isAdmin = false;
    /// "api:entries:create" -> granted; those that the site did not tell are missing.
    std::map<std::string, bool> permissions{};

    std::map<std::string, std::size_t> glucoseByDevice{}; ///< entries of the last 24 h
    std::optional<std::string> lastGlucose{};             ///< ours, time as the site gives it
    std::optional<std::string> lastTreatment{};           ///< ours, time as the site gives it
};

/// What the documents of the features in use need (docs/nightscout/api.md 3.5).
std::vector<std::string> neededPermissions(nightscout::FeatureSet features, bool sendsProfile);

/// Asks with care: a site punishes each failed authorization with a delay for everybody behind our address,
/// so nothing more is asked once the credentials were refused.
boost::asio::awaitable<SiteFacts> readSiteFacts(Get get, nightscout::MappingSettings settings,
                                                bool sendsProfile, std::function<UtcMilliseconds()> clock);

struct SiteSubject {
    std::string url{}; ///< without credentials
    bool exposesSecret = false;
    bool hasCredentials = false;
    bool sendsProfile = false;
};
Findings checkSite(const SiteFacts& site, const SiteSubject& subject,
                   const nightscout::MappingSettings& settings);

} // namespace bridge::check
