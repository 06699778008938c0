// SPDX-License-Identifier: MIT
// A virtual pump put together from its options: keys, history, clock, double; and its events as JSON lines.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bluez_double.hpp"
#include "life.hpp"
#include "options.hpp"
#include "pump.hpp"

namespace virtual_pump {

/// What is wrong with the files that the options name: exit code 2.
class SetupError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Setup {
    std::unique_ptr<Pump> pump;
    std::vector<Bytes> later;   ///< records that the pump does not have yet: one each interval
    std::vector<Coming> coming; ///< those that its clock brings
    std::optional<ScaledClock> clock;
    std::function<protocol::LocalSeconds()> unset; ///< the clock as it would be without anything done to it
};
/// Pump and history as the options say, before any bus is needed. Throws SetupError.
Setup makeSetup(const Options& options);

/// One event as a line: {"event":"records sent","count":500}
std::string toJson(const DoubleEvent& event);

/// Runs until SIGTERM or SIGINT; false when the bus is lost first. Throws sdbus::Error when the bus or the
/// name org.bluez cannot be had.
bool serve(const Options& options, Setup setup, std::ostream& out);

} // namespace virtual_pump
