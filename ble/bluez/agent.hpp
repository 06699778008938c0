// SPDX-License-Identifier: MIT
// The pairing agent (org.bluez.Agent1), NoInputNoOutput: says yes to Just Works where `accept` does, and no
// to all else, which cannot occur with this pump. Facts: docs/protocol/link.md 2.3.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ble/bluez/bluez_bus.hpp"

namespace ble {

class Agent {
public:
    /// Of a device, by its object path. Called while a message is dispatched; must not throw.
    using Accept = std::function<bool(const std::string& devicePath)>;

    Agent(std::shared_ptr<BluezBus> bus, spdlog::logger& log, Accept accept);

    /// Makes it bluetoothd's default agent. Throws LinkError.
    asio::awaitable<void> registerAgent(std::chrono::milliseconds limit);
    /// Does not fail: what cannot be taken back is gone already.
    asio::awaitable<void> unregisterAgent(std::chrono::milliseconds limit);

private:
    std::shared_ptr<BluezBus> bus_;
    spdlog::logger& log_;
    Accept accept_;
    std::unique_ptr<sdbus::IObject> object_;

    void requestAuthorization(const sdbus::ObjectPath& device);
    [[noreturn]] void reject(const std::string& request);
};

} // namespace ble
