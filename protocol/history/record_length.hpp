// SPDX-License-Identifier: MIT
// The length of records by their layout, for joining fragments: values are not looked at.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/med_float.hpp"

namespace protocol::history {

/// How `bytes` relate to the length that the layout demands.
enum class Fit : std::uint8_t { Short, Exact, Long };

/// With amounts that may be widened read as `width`. Empty when the event type has no layout; Short as long
/// as the type is not there.
std::optional<Fit> fit(ByteView bytes, MedFloat::Width width);

} // namespace protocol::history
