// SPDX-License-Identifier: MIT
// Who vouches for this computer's clock. docs/nightscout/mapping.md 5.3.
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge {

/// The weightiest last.
enum class ClockWitness : std::uint8_t { Pump, Site, TimeService, Owner };
/// For people: "the time service".
std::string_view describe(ClockWitness witness);
/// For programs: "time-service".
std::string_view name(ClockWitness witness);

} // namespace bridge
