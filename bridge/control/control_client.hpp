// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "bridge/commands/streams.hpp"
#include "bridge/control/control_protocol.hpp"

namespace bridge {

/// Somebody is at the socket, but does not answer as a service does.
class ControlFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Has the running service carry out `request`, and copies what it says. Its exit code; empty when no service
/// listens at `socket`, or this user may not reach it. A refusal is printed on `err` and gives kFoundProblem.
/// `patience`: for each line of the answer. Throws ControlFailure.
std::optional<int> askService(const std::filesystem::path& socket, const ControlRequest& request,
                              const Streams& streams,
                              std::chrono::seconds patience = std::chrono::seconds(60));

} // namespace bridge
