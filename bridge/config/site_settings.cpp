// SPDX-License-Identifier: MIT
#include "bridge/config/site_settings.hpp"

#include <stdexcept>
#include <utility>

namespace bridge {

nightscout::ClientSettings clientSettings(const Configuration& configuration) {
    std::string problem;
    auto site = nightscout::parseSiteUrl(configuration.nightscout.url, problem);
    if (!site) throw std::runtime_error("nightscout.url: " + problem);
    nightscout::ClientSettings settings;
    if (!configuration.token.empty()) {
        settings.apiSecretHeader = configuration.token;
    } else if (!configuration.apiSecret.empty()) {
        settings.apiSecretHeader = nightscout::secretHeader(configuration.apiSecret);
    } else if (site->secret) {
        settings.apiSecretHeader = nightscout::secretHeader(*site->secret);
    } else if (site->token) {
        settings.apiSecretHeader = *site->token;
    }
    settings.site = std::move(*site);
    settings.caFile = configuration.nightscout.caFile;
    return settings;
}

} // namespace bridge
