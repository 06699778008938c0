// SPDX-License-Identifier: MIT
#include "bridge/config/site_settings.hpp"

#include <stdexcept>
#include <utility>

#include "nightscout/upload/api_secret.hpp"

namespace bridge {

nightscout::ClientSettings clientSettings(const Configuration& configuration) {
    auto site = nightscout::parseSiteUrl(configuration.nightscout.url);
    if (!site) throw std::runtime_error("nightscout.url: " + std::string(describe(site.error())));
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
    settings.userAgent = "pump-bridge/" PUMP_BRIDGE_VERSION;
    settings.caFile = configuration.nightscout.caFile;
    return settings;
}

} // namespace bridge
