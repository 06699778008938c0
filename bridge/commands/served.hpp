// SPDX-License-Identifier: MIT
// What a running service does for those who ask it on its control socket.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "bridge/config/configuration.hpp"
#include "bridge/control/control_server.hpp"
#include "bridge/status/service_state.hpp"
#include "bridge/store/store.hpp"
#include "therapy/zone.hpp"

namespace bridge {

/// Of the service; all of it outlives its control socket.
struct ServedBy {
    Store& store;
    const Configuration& configuration;
    const therapy::Zone& zone;
    std::function<ServiceState()> gather;
    /// The outbox has something new. Empty: this service uploads nothing.
    std::function<void()> wakeUploader;
};

/// status, history and upload, by name.
std::map<std::string, ControlCommand> servedCommands(const ServedBy& service);

} // namespace bridge
