// SPDX-License-Identifier: MIT
// Advertising through the kernel's management socket: the bytes of docs/protocol/link.md 3.1 and 3.2
// exactly, at 31.25 to 37.5 ms, without a scan response. Needs CAP_NET_ADMIN.
#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ble/advertiser.hpp"
#include "ble/mgmt/controller.hpp"

namespace ble {

class ManagementAdvertiser final : public Advertiser {
public:
    /// `onRemoved`: somebody else has ended the advertisement.
    ManagementAdvertiser(std::unique_ptr<ManagementSocket> socket, std::uint16_t index, spdlog::logger& log,
                         std::function<void()> onRemoved);

    /// What an earlier run has left behind is removed first: the kernel would go on for ever.
    asio::awaitable<void> start(AdvertisingMode mode, std::string name) override;
    asio::awaitable<void> stop(std::chrono::milliseconds limit) override;
    [[nodiscard]] bool active() const override { return active_; }
    void forget() override { active_ = false; }

private:
    std::unique_ptr<ManagementSocket> socket_;
    std::uint16_t index_;
    spdlog::logger& log_;
    std::function<void()> onRemoved_;
    bool placed_ = false; ///< the kernel may have our instance
    bool active_ = false;
    bool defaultInterval_ = false; ///< the kernel has no command with an interval

    void onEvent(const management::Event& event);
    asio::awaitable<void> place(protocol::Bytes data);
};

/// For the adapter at `adapterPath`, which bluetoothd shows with `address`: both must be the same controller.
/// Switches Secure Connections off. Throws LinkError that says why the management socket cannot be used; then
/// nothing has been changed.
asio::awaitable<std::unique_ptr<ManagementAdvertiser>> openManagementAdvertiser(
    asio::posix::stream_descriptor descriptor, ManagementLimits limits, std::string adapterPath,
    std::string address, spdlog::logger& log, std::function<void()> onRemoved);

} // namespace ble
