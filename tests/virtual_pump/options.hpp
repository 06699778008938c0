// SPDX-License-Identifier: MIT
// The command line of the program `virtual-pump`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bluez_double.hpp"
#include "protocol/codec/date_time.hpp"
#include "pump.hpp"

namespace virtual_pump {

/// Something that happens to the pump's clock while the bridge is connected.
struct ClockEvent {
    enum class Kind : std::uint8_t { Moved, Lost, SetRight } kind = Kind::Moved;
    std::chrono::seconds after{0}; ///< after the first handshake
    std::chrono::seconds by{0};    ///< for Moved
};
/// "3:+3600", "3:lost" or "3:right".
std::optional<ClockEvent> parseClockEvent(const std::string& text);

struct Options {
    std::string keyDatabase;
    std::string history; ///< file; empty: generate
    std::uint64_t seed = 1;
    int days = 5;
    std::uint32_t firstSequence = 53005;       ///< of a generated history; 0: nothing was before it
    std::optional<protocol::LocalSeconds> end; ///< of the pump's clock; empty: now in `zone`
    std::string zone = "Europe/Berlin";
    bool shift = false;       ///< records of the file are moved to the end time
    std::size_t holdBack = 0; ///< newest records that happen only later, one after the other
    std::chrono::milliseconds addEvery{1000};
    bool live = false;                  ///< the generated life goes on after `end`, by the pump's clock
    double speed = 1;                   ///< seconds of the pump's clock in one of ours
    std::chrono::seconds clockError{0}; ///< how much the pump's clock is fast
    double drift = 0;                   ///< seconds a day that it gains
    std::vector<ClockEvent> clockEvents;
    std::string inventory; ///< file to write; empty: none
    PumpSettings pump;
    DoubleSettings bluez;
};

struct Exit {
    int code = 0;
    std::string message; ///< for stdout when the code is 0, else for stderr
};

/// Reads the arguments; the help text and wrong usage (code 2) are exits.
std::variant<Options, Exit> parseOptions(int argc, const char* const* argv);

} // namespace virtual_pump
