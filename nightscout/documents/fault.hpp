// SPDX-License-Identifier: MIT
// The pump's fault ids: class and text, docs/nightscout/mapping.md 15.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "nightscout/documents/mapping.hpp"

namespace nightscout {

/// The class of a fault id, of those without an entry too; empty for 0, which is no annunciation.
std::optional<FaultClass> faultClass(std::uint16_t id);
/// How much a fault asks for somebody at once, ascending: of several that come together the site pushes one
/// (docs/nightscout/mapping.md 8.12).
enum class Urgency : std::uint8_t {
    Other,
    Alarm,           ///< of class A, while the pump delivers
    DeliveryStopped, ///< or cannot start
    Emergency,       ///< do not use the pump; no reaction to a low; urgent low
};
Urgency urgency(std::uint16_t id);

/// "reservoir low, 20 U left"; without the value when its bytes are not there or cannot be read.
std::string faultText(std::uint16_t id, protocol::ByteView aux, GlucoseUnits units);

/// What a message of class M repeats: a record of the history tells the same.
enum class ReportedBy : std::uint8_t { Nothing, Stop, Restart, TransitionIn, TransitionOut };
ReportedBy reportedBy(std::uint16_t id);
inline bool tellsOfTransition(std::uint16_t id) {
    return reportedBy(id) == ReportedBy::TransitionIn || reportedBy(id) == ReportedBy::TransitionOut;
}

} // namespace nightscout
