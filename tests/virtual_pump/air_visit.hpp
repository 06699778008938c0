// SPDX-License-Identifier: MIT
// One connection of the virtual pump to a bridge over the air, from looking for its advertisement to the last
// record served. The order of what the pump does: docs/protocol/link.md 5, 6 and 10.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "virtual_pump/air_attributes.hpp"
#include "virtual_pump/air_kernel.hpp"
#include "virtual_pump/pump.hpp"

namespace virtual_pump::air {

struct VisitSettings {
    std::uint16_t controller = 1; ///< 1 for hci1
    std::string deviceName = "Pump 1234567H";
    bool bonded = false;        ///< encrypts with the bond instead of pairing
    bool anyAdvertiser = false; ///< pairs although the bridge does not advertise for pairing
    bool forgetBond = false;    ///< before it pairs: as when the user removes the phone in the pump's menu
    std::uint16_t mtu = 184;    ///< of the bearer; the visit fails when another comes out
    bool asksForMtu = false;    ///< else only the bridge may
    /// Between two notifications: the kernel drops what bluetoothd has not read in time, for ATT on LE has no
    /// flow control. The real link, at 125 ms an event, leaves more time than this.
    std::chrono::milliseconds pace{20};
    std::chrono::milliseconds limit{60'000};
};

/// What happens, for the log: the name of the event and details.
using Reporter = std::function<void(std::string_view event, const std::string& detail)>;

/// Comes, pairs or encrypts, discovers, subscribes, shakes hands, serves, and leaves when `leave` says so.
/// Throws AirError when any of this fails.
void visit(const VisitSettings& settings, Pump& pump, const std::function<bool()>& leave,
           const Reporter& report);

/// A central that connects, has nothing and asks for nothing, until it is sent away. Throws AirError when
/// that takes longer than `limit`.
void visitAsStranger(std::uint16_t controller, std::chrono::milliseconds limit, const Reporter& report);

} // namespace virtual_pump::air
