// SPDX-License-Identifier: MIT
#include "bridge/control/control_error.hpp"

namespace bridge {

std::string_view name(ControlRefusal refusal) {
    switch (refusal) {
        case ControlRefusal::TooLong:
            return "too-long";
        case ControlRefusal::Malformed:
            return "malformed";
        case ControlRefusal::UnknownCommand:
            return "unknown-command";
        case ControlRefusal::WrongOption:
            return "wrong-option";
        case ControlRefusal::NotPermitted:
            return "not-permitted";
        case ControlRefusal::Busy:
            return "busy";
        case ControlRefusal::TimedOut:
            break;
    }
    return "timed-out";
}

} // namespace bridge
