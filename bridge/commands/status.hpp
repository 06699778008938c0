// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "bridge/commands/streams.hpp"
#include "bridge/config/configuration.hpp"

namespace bridge {

struct StatusOptions {
    bool json = false;
};

/// Where no service answers on its control socket: what it says of itself on its page, else what the store
/// knows, and exit code 3.
int status(const StatusOptions& options, const Configuration& configuration, std::chrono::sys_seconds now,
           const Streams& streams);

} // namespace bridge
