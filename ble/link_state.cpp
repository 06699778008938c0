// SPDX-License-Identifier: MIT
#include "ble/link_state.hpp"

namespace ble {

std::string_view toString(LinkState state) {
    switch (state) {
        case LinkState::BluezMissing:
            return "bluetoothd-missing";
        case LinkState::AdapterMissing:
            return "adapter-missing";
        case LinkState::AdvertisingPairing:
            return "advertising-pairing";
        case LinkState::AdvertisingReconnect:
            return "advertising-reconnect";
        case LinkState::AdvertisingBoth:
            return "advertising-both";
        case LinkState::PairingClosed:
            return "pairing-closed";
        case LinkState::Connected:
            return "connected";
        case LinkState::Subscribed:
            return "subscribed";
        case LinkState::Ready:
            return "ready";
        case LinkState::Stopped:
            break;
    }
    return "stopped";
}

} // namespace ble
