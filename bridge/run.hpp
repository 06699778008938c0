// SPDX-License-Identifier: MIT
// The service: puts link, session, publisher and uploader on one loop, and ends them in order.
// docs/architecture.md 4.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "bridge/config/configuration.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct RunOptions {
    bool once = false;    ///< one full sync and upload, then exit
    bool pair = false;    ///< open pairing, although a pump is paired
    bool forget = false;  ///< its bond first
    bool pretend = false; ///< print the documents (JSON Lines) on `out` instead of uploading them
    /// For the control socket and the adapters' locks; without the right to write there the service does
    /// without them.
    std::filesystem::path runtimeDirectory = "/run/pump-bridge";
};

/// Until SIGINT or SIGTERM, or until done with `once`. The exit code of docs/architecture.md 6: 0 done, 2
/// unusable configuration or key database, 3 BlueZ, pump or Nightscout could not be reached.
int runService(const Configuration& configuration, const RunOptions& options, spdlog::logger& log,
               std::ostream& out);

} // namespace bridge
