// SPDX-License-Identifier: MIT
#include "bridge/service_doors.hpp"

#include <spdlog/logger.h>
#include <unistd.h>

#include "bridge/commands/served.hpp"
#include "bridge/config/listen_address.hpp"
#include "bridge/control/control_socket.hpp"

namespace bridge {

void ServiceDoors::openPage() {
    const auto& listen = parts_.configuration.status.listen;
    const auto address = parseListenAddress(listen);
    if (!address) return;
    try {
        page_ = std::make_unique<StatusServer>(parts_.executor, *address, parts_.gather, parts_.log);
        parts_.log.info("status: listening at {}", address->localUrl());
    } catch (const boost::system::system_error& error) {
        parts_.log.warn("status: no page at {}: {}; change status.listen", listen, error.code().message());
    }
}

void ServiceDoors::openControlSocket(const std::filesystem::path& runtimeDirectory,
                                     std::function<void()> wakeUploader) {
    const ServedBy service{parts_.store, parts_.configuration, parts_.zone, parts_.gather,
                           std::move(wakeUploader)};
    const auto group = findGroup(kControlGroup);
    const auto permitted = [group](const ControlPeer& peer) { return mayControl(peer, ::geteuid(), group); };
    const auto socket = controlSocket(runtimeDirectory);
    try {
        control_ = std::make_unique<ControlServer>(parts_.executor, socket, group, permitted,
                                                   servedCommands(service), parts_.log);
    } catch (const boost::system::system_error& error) {
        parts_.log.warn("control: no socket at {}: {}", socket.string(), error.code().message());
    }
}

void ServiceDoors::spawn(Tasks& tasks) {
    if (page_) tasks.spawn("status", page_->run());
    if (control_) tasks.spawn("control", control_->run());
}

} // namespace bridge
