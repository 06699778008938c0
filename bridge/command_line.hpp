// SPDX-License-Identifier: MIT
// The command line of docs/architecture.md 6: reads the arguments, loads what the command needs, and calls
// it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bridge/commands/streams.hpp"
#include "bridge/config/environment.hpp"
#include "bridge/run.hpp"
#include "protocol/sake/crypto.hpp"

namespace bridge {

/// What the commands take from the outside world.
struct Services {
    Environment environment;
    protocol::sake::RandomSource random;
    std::function<int(const Configuration&, const RunOptions&, spdlog::logger&, std::ostream&)> run;
};

/// `arguments` without the program's name. Returns the exit code; no exception leaves it.
int runCommandLine(const std::vector<std::string>& arguments, const Services& services,
                   const Streams& streams);

} // namespace bridge
