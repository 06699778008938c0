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

/// "reservoir low, 20 U left"; without the value when its octets are not there or cannot be read.
std::string faultText(std::uint16_t id, protocol::ByteView aux, GlucoseUnits units);

/// What a message of class M repeats: a record of the history tells the same.
enum class ToldBy : std::uint8_t { Nothing, Stop, Restart, TransitionIn, TransitionOut };
ToldBy toldBy(std::uint16_t id);
inline bool tellsOfTransition(std::uint16_t id) {
    return toldBy(id) == ToldBy::TransitionIn || toldBy(id) == ToldBy::TransitionOut;
}

} // namespace nightscout
