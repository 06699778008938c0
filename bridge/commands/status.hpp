// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>

#include "bridge/commands/streams.hpp"
#include "bridge/config/configuration.hpp"

namespace bridge {

struct StatusOptions {
    bool json = false;
};

/// What the running service says of itself, asked on its control socket, else on its page. When neither
/// answers: what the store knows, and exit code 3.
int status(const StatusOptions& options, const Configuration& configuration,
           const std::filesystem::path& controlSocket, std::chrono::sys_seconds now, const Streams& streams);

} // namespace bridge
