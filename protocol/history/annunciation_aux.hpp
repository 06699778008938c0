// SPDX-License-Identifier: MIT
// What the bytes after an annunciation's time stamp say, by fault: docs/protocol/history.md 11.3.
#pragma once

#include <cstdint>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history {

/// The first `count` bytes of `aux`. Nothing when the fault has no known layout, or one of another size.
void describeAux(const AuxInfo& aux, std::uint16_t faultId, std::size_t count, FieldSink& sink);

} // namespace protocol::history
