// SPDX-License-Identifier: MIT
// One controller as the kernel's management interface shows it: what it can do, how it is set, and the one
// setting that this program changes. Facts: docs/protocol/link.md 2.1, 2.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ble/mgmt/socket.hpp"

namespace ble {

/// "hci0" or an object path that ends in it: 0.
std::optional<std::uint16_t> controllerIndex(std::string_view adapter);

/// Each operation throws as ManagementSocket::request, and LinkError "management-garbled" for an answer
/// that cannot be read. `socket` must outlive them.
class ManagementController {
public:
    ManagementController(ManagementSocket& socket, std::uint16_t index) : socket_(socket), index_(index) {}

    [[nodiscard]] std::uint16_t index() const { return index_; }

    // Any user may ask for these.
    asio::awaitable<management::Version> version();
    asio::awaitable<management::ControllerInfo> info();
    asio::awaitable<management::DefaultConfiguration> defaultConfiguration();

    // These need CAP_NET_ADMIN.
    asio::awaitable<management::AdvertisingFeatures> advertisingFeatures();
    /// The settings afterwards.
    asio::awaitable<management::Settings> setSecureConnections(bool enabled);

private:
    ManagementSocket& socket_;
    std::uint16_t index_;
};

} // namespace ble
