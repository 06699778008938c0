// SPDX-License-Identifier: MIT
// One connection of the virtual pump to a bridge over the air, from looking for its advertisement to the last
// record served. The order of what the pump does: ble-link.md 5, 6 and 10.
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
    bool bonded = false;     ///< encrypts with the bond instead of pairing
    bool forgetBond = false; ///< before it pairs: as when the user removes the phone in the pump's menu
    std::uint16_t mtu = 184; ///< of the bearer; the visit fails when another comes out
    bool asksForMtu = false; ///< else only the bridge may
    std::chrono::milliseconds linger{2000}; ///< without traffic, after a history report: then it leaves
    std::chrono::milliseconds limit{60'000};
};

/// What happens, for the log: the name of the event and details.
using Reporter = std::function<void(std::string_view event, const std::string& detail)>;

/// Comes, pairs or encrypts, discovers, subscribes, shakes hands, serves, and leaves when the bridge has had
/// a history report and asks for nothing more. Throws AirError when any of this fails.
void visit(const VisitSettings& settings, Pump& pump, const Reporter& report);

/// A central that connects and says nothing, until it is sent away. Throws AirError when that takes longer
/// than `limit`.
void visitAsStranger(std::uint16_t controller, std::chrono::milliseconds limit, const Reporter& report);

} // namespace virtual_pump::air
