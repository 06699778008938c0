// SPDX-License-Identifier: MIT
#include "bridge/publish/clock_witness.hpp"

namespace bridge {

std::string_view describe(ClockWitness witness) {
    switch (witness) {
        case ClockWitness::Pump:
            return "the pump";
        case ClockWitness::Site:
            return "the site";
        case ClockWitness::TimeService:
            return "the time service";
        case ClockWitness::Owner:
            break;
    }
    return "the configuration";
}

std::string_view name(ClockWitness witness) {
    switch (witness) {
        case ClockWitness::Pump:
            return "pump";
        case ClockWitness::Site:
            return "site";
        case ClockWitness::TimeService:
            return "time-service";
        case ClockWitness::Owner:
            break;
    }
    return "configuration";
}

} // namespace bridge
