// SPDX-License-Identifier: MIT
#include "bridge/publish/held_records.hpp"

namespace bridge {

using therapy::Hold;

std::string_view describe(Hold reason) {
    switch (reason) {
        case Hold::NoReference:
            return "nothing says when they were";
        case Hold::LostClock:
            return "the pump has lost its clock: set date and time in the pump's menu";
        case Hold::NotMeasured:
            return "the pump's clock has not been read since it was last set";
        case Hold::HostClock:
            return "this computer's clock cannot be trusted yet: connect it to the internet (sudo "
                   "timedatectl "
                   "set-ntp true), or vouch for it: [time] host_clock = \"trusted\"";
        case Hold::Implausible:
            return "they came more than 400 days after their time: set the pump's clock";
    }
    return {};
}

std::string_view describe(const HeldRecords& held) {
    if (held.reason == Hold::Implausible && held.until)
        return "their time lies ahead of this computer's clock, and they are sent when it has come: compare "
               "the pump's clock and this computer's with another one";
    return describe(held.reason);
}

std::string_view name(Hold reason) {
    switch (reason) {
        case Hold::NoReference:
            return "no-reference";
        case Hold::LostClock:
            return "lost-clock";
        case Hold::NotMeasured:
            return "not-measured";
        case Hold::HostClock:
            return "host-clock";
        case Hold::Implausible:
            return "implausible";
    }
    return {};
}

} // namespace bridge
