// SPDX-License-Identifier: MIT
// How to reach the site that the configuration names.
#pragma once

#include "bridge/config/configuration.hpp"
#include "nightscout/upload/client.hpp"

namespace bridge {

/// With the credentials wherever they stand: token, secret, or inside the address. Throws std::runtime_error
/// for an address that cannot be one.
nightscout::ClientSettings clientSettings(const Configuration& configuration);

} // namespace bridge
