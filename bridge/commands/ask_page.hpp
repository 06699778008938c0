// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/config/listen_address.hpp"

namespace bridge {

/// What the service's page answers. Throws with the reason when it does not.
std::string askPage(const ListenAddress& address, const std::string& path);

} // namespace bridge
