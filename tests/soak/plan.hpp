// SPDX-License-Identifier: MIT
// What will happen to the pump, the site and the computer in the weeks of a soak: all of it follows from the
// seed.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "pump_life.hpp"
#include "site.hpp"

namespace soak {

struct Span {
    Utc begin{}, end{};
    [[nodiscard]] bool contains(Utc time) const { return begin <= time && time < end; }
};

enum class Trouble : std::uint8_t {
    // of the link
    LinkLost,        ///< at once, or at the operation of that number
    LostInHandshake, ///< at the message of that number
    FrameLost,       ///< these four: the history notification of that number
    FrameDoubled,
    FrameDamaged,
    LostInReport,
    FramesSwapped,   ///< the value of that number
    Undecodable,     ///< a frame of no session
    Refusing,        ///< the pump refuses that many operations
    ControlRefusing, ///< its control point for history refuses, for so many seconds
    Silent,          ///< it says nothing for so many seconds
    // of the computer
    Bluetoothd,   ///< restarted: away for so many seconds
    Killed,       ///< at the write to the disk of that number
    Stopped,      ///< and started again, as by an update
    PowerCut,     ///< then the clock is behind, for so many seconds
    HostClockSet, ///< wrongly, for so many seconds
    DiskFull,     ///< for so many seconds
};
std::string_view name(Trouble trouble);

struct TroubleAt {
    Utc at{};
    Trouble trouble{};
    int amount = 0; ///< see Trouble
    Seconds hostError{0};
};

struct SiteTrouble {
    Span span;
    SiteFault fault{};
    unsigned share = 100; ///< percent of the requests
};

struct Plan {
    Utc begin{}; ///< of the service; the pump has lived for a while
    Utc end{};
    LifeSettings life;
    std::vector<Span> inRange; ///< of the pump
    std::vector<TroubleAt> troubles;
    std::vector<SiteTrouble> site;
    std::size_t pumpMemory = 0; ///< records
    Seconds tellsEvery{0};      ///< the pump, of new records; of a change of its clock at once
    Site::Generation generation{};

    /// A line for each of them, in order.
    [[nodiscard]] std::vector<std::string> lines() const;
    /// The longest time that the pump was away.
    [[nodiscard]] Seconds longestAbsence() const;
};

/// `tellsEvery`: at short intervals most of the work is to map ten hours of records anew for each.
Plan makePlan(unsigned seed, int weeks, Seconds tellsEvery = Seconds{0});

} // namespace soak
