// SPDX-License-Identifier: MIT
// Why the control socket does not do what it is asked for. docs/architecture.md 6.1.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bridge {

enum class ControlRefusal : std::uint8_t {
    TooLong,   ///< the request
    Malformed, ///< no JSON object with a command
    UnknownCommand,
    WrongOption,  ///< one that the command does not have, or a value that it cannot take
    NotPermitted, ///< neither root, nor the service's user, nor of its group
    Busy,         ///< too many connections, or the command is under way already
    TimedOut,     ///< no request came
};
std::string_view name(ControlRefusal refusal); ///< "too-long"

/// Thrown by a command that does not take its request.
class ControlError : public std::runtime_error {
public:
    ControlError(ControlRefusal refusal, const std::string& text)
        : std::runtime_error(text), refusal_(refusal) {}
    [[nodiscard]] ControlRefusal refusal() const { return refusal_; }

private:
    ControlRefusal refusal_;
};

} // namespace bridge
