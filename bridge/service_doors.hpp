// SPDX-License-Identifier: MIT
// What others reach a running service by: the page and the control socket.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "bridge/config/configuration.hpp"
#include "bridge/control/control_server.hpp"
#include "bridge/status/status_server.hpp"
#include "bridge/store/store.hpp"
#include "bridge/tasks.hpp"
#include "therapy/zone.hpp"

namespace bridge {

class ServiceDoors {
public:
    /// Of the service; all of it outlives this.
    struct Parts {
        asio::any_io_executor executor;
        const Configuration& configuration;
        Store& store;
        const therapy::Zone& zone;
        std::function<ServiceState()> gather;
        spdlog::logger& log;
    };
    explicit ServiceDoors(Parts parts) : parts_(std::move(parts)) {}

    // The pump matters more than the page: a port or a socket that cannot be had does not keep the service
    // from running.
    void openPage();
    /// `wakeUploader`: the outbox has something new; empty: this service uploads nothing.
    void openControlSocket(const std::filesystem::path& runtimeDirectory, std::function<void()> wakeUploader);
    void spawn(Tasks& tasks);

private:
    Parts parts_;
    std::unique_ptr<StatusServer> page_;
    std::unique_ptr<ControlServer> control_;
};

} // namespace bridge
