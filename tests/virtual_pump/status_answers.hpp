// SPDX-License-Identifier: MIT
// The pump's side of the Status Reader Control Point. Facts: docs/protocol/services.md 7.
#pragma once

#include "protocol/codec/bytes.hpp"
#include "virtual_pump/live_state.hpp"
#include "virtual_pump/status_changes.hpp"

namespace virtual_pump {

/// The indication that answers a request; plaintext on both sides. Reset Status takes effect on `changes`.
/// What a 780G does not support is refused, as is what nobody has seen it answer.
protocol::Bytes answerStatusRequest(protocol::ByteView request, const LiveState& state,
                                    StatusChanges& changes, protocol::LocalSeconds now);

} // namespace virtual_pump
