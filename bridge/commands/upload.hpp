// SPDX-License-Identifier: MIT
// The command that sends what is in the store, whatever was uploaded before. docs/architecture.md 6.
#pragma once

#include "bridge/commands/streams.hpp"
#include "bridge/config/configuration.hpp"
#include "bridge/publish/backfill.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

struct UploadOptions : BackfillOptions {
    bool pretend = false; ///< print the documents (JSON Lines), send nothing, change nothing
    /// Date by the zone what waits for a measurement of the pump's clock, first; needs start and end.
    bool dateByZone = false;
};

/// From the store to the site. A running service is given the work, when it listens at `controlSocket`;
/// beside one that does not, the command sends by itself.
int upload(const UploadOptions& options, const Configuration& configuration,
           const std::filesystem::path& controlSocket, spdlog::logger& log, const Streams& streams);

} // namespace bridge
