// SPDX-License-Identifier: MIT
// What the octets after an annunciation's time stamp say, by fault: docs/protocol/history.md 11.3.
#pragma once

#include <cstdint>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

/// Nothing when the fault has no known layout, or one of another size.
void describeAux(std::uint16_t faultId, ByteView octets, FieldSink& sink);

} // namespace protocol::history
