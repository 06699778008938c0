// SPDX-License-Identifier: MIT
#include "ble/bluez/agent.hpp"

namespace ble {

namespace {
constexpr const char* kPath = "/pump_bridge/agent";
}

Agent::Agent(std::shared_ptr<BluezBus> bus, spdlog::logger& log, Accept accept)
    : bus_(std::move(bus)),
      log_(log),
      accept_(std::move(accept)),
      object_(sdbus::createObject(bus_->connection(), kPath)) {
    using Device = sdbus::ObjectPath;
    const auto method = [this](const char* name, auto handler) {
        object_->registerMethod(name).onInterface(bluez::kAgent).implementedAs(handler);
    };
    method("Release", [] {});
    method("Cancel", [] {});
    method("RequestAuthorization", [this](const Device& device) { requestAuthorization(device); });
    method("RequestPinCode", [this](const Device&) -> std::string { reject("a PIN"); });
    method("RequestPasskey", [this](const Device&) -> std::uint32_t { reject("a passkey"); });
    method("RequestConfirmation", [this](const Device&, std::uint32_t) { reject("a confirmed passkey"); });
    method("DisplayPinCode", [this](const Device&, const std::string&) { reject("a displayed PIN"); });
    method("DisplayPasskey",
           [this](const Device&, std::uint32_t, std::uint16_t) { reject("a displayed passkey"); });
    method("AuthorizeService", [this](const Device&, const std::string&) { reject("a service"); });
    object_->finishRegistration();
}

asio::awaitable<void> Agent::registerAgent(std::chrono::milliseconds limit) {
    const sdbus::ObjectPath path = kPath;
    try {
        co_await bus_->call<NoResult>(bluez::kManagerPath, bluez::kAgentManager, "RegisterAgent", limit, path,
                                      std::string("NoInputNoOutput"));
    } catch (const LinkError& error) {
        if (error.kind() != LinkErrorKind::AlreadyExists) throw;
    }
    co_await bus_->call<NoResult>(bluez::kManagerPath, bluez::kAgentManager, "RequestDefaultAgent", limit,
                                  path);
}

asio::awaitable<void> Agent::unregisterAgent(std::chrono::milliseconds limit) {
    const sdbus::ObjectPath path = kPath;
    try {
        co_await bus_->call<NoResult>(bluez::kManagerPath, bluez::kAgentManager, "UnregisterAgent", limit,
                                      path);
    } catch (const LinkError& error) {
        log_.debug("ble: {}", error.what());
    }
}

void Agent::requestAuthorization(const sdbus::ObjectPath& device) {
    if (!bus_->isFromBluez(*object_) || !accept_(device)) reject("a pairing");
    log_.info("ble: pairing accepted");
}

void Agent::reject(const std::string& request) {
    log_.warn("ble: refused {}: pairing is closed, or it is not the pump that is asked for", request);
    throw sdbus::Error(bluez::kRejected, "not accepted");
}

} // namespace ble
