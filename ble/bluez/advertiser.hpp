// SPDX-License-Identifier: MIT
// Advertising through org.bluez.LEAdvertisement1: manufacturer data carries the name, since a local name
// would go into the scan response. Facts: docs/protocol/link.md 3.1, 3.5; docs/protocol/bluez-lab.md
// "Advertising through D-Bus".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ble/advertiser.hpp"
#include "ble/bluez/bluez_bus.hpp"

namespace ble {

class BluezAdvertiser final : public Advertiser {
public:
    /// `onReleased`: bluetoothd has ended the advertisement; called while a message is dispatched.
    BluezAdvertiser(std::shared_ptr<BluezBus> bus, spdlog::logger& log, std::string adapterPath,
                    std::chrono::milliseconds limit, std::function<void()> onReleased);

    asio::awaitable<void> start(AdvertisingMode mode, std::string name) override;
    asio::awaitable<void> stop(std::chrono::milliseconds limit) override;
    [[nodiscard]] bool active() const override { return active_; }
    void forget() override { active_ = false; }

private:
    std::shared_ptr<BluezBus> bus_;
    spdlog::logger& log_;
    std::string adapterPath_;
    std::chrono::milliseconds limit_;
    std::function<void()> onReleased_;
    std::unique_ptr<sdbus::IObject> object_;
    bool active_ = false;

    /// The refusal, if any.
    asio::awaitable<std::optional<LinkError>> enlist();
    void exportObject(AdvertisingMode mode, const std::string& name);
};

} // namespace ble
