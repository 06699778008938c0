// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "bridge/check/bluez_facts.hpp"
#include "bridge/check/site.hpp"
#include "bridge/commands/streams.hpp"
#include "bridge/config/configuration.hpp"

namespace bridge {

struct CheckOptions {
    bool json = false;
};

/// The outside world as `check` sees it; the defaults are the real one.
struct CheckSurroundings {
    std::filesystem::path root = "/";
    std::string busAddress; ///< empty: the system bus
    check::AskVersion askVersion;
    ble::OpenManagement openManagement = ble::openManagementChannel;
    std::function<check::UtcMilliseconds()> clock;
    /// What the time service says; empty: there is none.
    std::function<boost::asio::awaitable<std::optional<bool>>()> clockSynchronised;
};
CheckSurroundings realSurroundings();

/// Looks at everything the service needs, a line each. A configuration with problems is no reason to stop:
/// what does not depend on it is looked at all the same, and the exit code is 2. Otherwise 1 when something
/// on this side failed, 3 when only bluetoothd or the site could not be reached, 0 for all else.
int runCheck(const CheckOptions& options, const LoadedConfiguration& loaded,
             const std::filesystem::path& configurationFile, const CheckSurroundings& surroundings,
             const Streams& streams);

} // namespace bridge
