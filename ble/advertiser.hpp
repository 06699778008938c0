// SPDX-License-Identifier: MIT
// Advertising, as the link needs it. Facts: docs/protocol/link.md 3.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

namespace ble {

enum class AdvertisingMode : unsigned char {
    Pairing,   ///< fe82 and the name; found by a pump whose user looks for a phone
    Reconnect, ///< fe81; found by the pump that holds our bond
};

class Advertiser {
public:
    Advertiser() = default;
    Advertiser(const Advertiser&) = delete;
    Advertiser& operator=(const Advertiser&) = delete;
    virtual ~Advertiser() = default;

    /// One advertisement at a time. `name`: "Mobile " and at most seven printable characters. Throws
    /// LinkError.
    virtual boost::asio::awaitable<void> start(AdvertisingMode mode, std::string name) = 0;
    /// Does not fail: what cannot be withdrawn is gone already.
    virtual boost::asio::awaitable<void> stop(std::chrono::milliseconds limit) = 0;
    /// False before start(), after stop(), and when the other side has ended the advertisement.
    [[nodiscard]] virtual bool active() const = 0;
    /// bluetoothd has gone, and what it held with it. stop() still withdraws what the kernel holds.
    virtual void forget() = 0;
};

} // namespace ble
