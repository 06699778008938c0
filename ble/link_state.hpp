// SPDX-License-Identifier: MIT
// What the Bluetooth side of the link says of itself: facts, no advice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ble/link_error.hpp"

namespace ble {

enum class LinkState : std::uint8_t {
    BluezMissing,
    AdapterMissing,
    AdvertisingPairing,
    AdvertisingReconnect,
    AdvertisingBoth, ///< in turn: there is a bond, and it is not known whether the pump has it too
    PairingClosed,   ///< there is no bond, and nobody may pair
    Connected,
    Subscribed, ///< the pump listens to the SAKE port
    Ready,      ///< and its own services can be used
    Stopped,
};
/// "advertising-pairing"
std::string_view toString(LinkState state);

/// What keeps the link from advertising.
struct LinkProblem {
    LinkErrorKind kind{};
    std::string detail; ///< of bluetoothd or the kernel; may be empty
    friend bool operator==(const LinkProblem&, const LinkProblem&) = default;
};

/// Called by the link when something has changed; may stop the link or drop the connection.
class LinkListener {
public:
    virtual ~LinkListener() = default;
    virtual void linkStateChanged(LinkState state) = 0;
    /// Empty: nothing is in the way any more.
    virtual void linkProblemChanged(const std::optional<LinkProblem>& problem) = 0;
};

/// Passes everything on, in the order in which they were added.
class LinkListeners final : public LinkListener {
public:
    /// `listener` must outlive the link.
    void add(LinkListener& listener) { listeners_.push_back(&listener); }

    void linkStateChanged(LinkState state) override {
        for (auto* each : listeners_) each->linkStateChanged(state);
    }
    void linkProblemChanged(const std::optional<LinkProblem>& problem) override {
        for (auto* each : listeners_) each->linkProblemChanged(problem);
    }

private:
    std::vector<LinkListener*> listeners_;
};

} // namespace ble
