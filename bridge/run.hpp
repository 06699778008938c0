// SPDX-License-Identifier: MIT
// `pump-bridge run`: the service on its store, and what becomes of its errors. docs/architecture.md 4.
#pragma once

#include <iosfwd>

#include "bridge/run_options.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct Configuration;

/// Until SIGINT or SIGTERM, or until done with `once`; what `pretend` prints goes to `out`. The exit code of
/// docs/architecture.md 6: 0 done, 2 unusable configuration or key database, 3 BlueZ, pump or Nightscout
/// could not be reached.
int runService(const Configuration& configuration, const RunOptions& options, spdlog::logger& log,
               std::ostream& out);

} // namespace bridge
