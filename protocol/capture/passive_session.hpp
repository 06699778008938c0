// SPDX-License-Identifier: MIT
// Decoding somebody else's session, from its handshake and either side's key database. Facts:
// docs/protocol/sake.md 9.
#pragma once

#include <array>

#include "capture/passive_receiver.hpp"
#include "protocol/sake/handshake.hpp"

namespace capture {

/// The six messages of a captured handshake, enough to decode the session offline.
struct Transcript {
    std::array<protocol::sake::Message, 6> messages{};
};
struct PassiveSession {
    PassiveReceiver fromPump;  ///< expects sequence 2
    PassiveReceiver fromPhone; ///< expects sequence 3
};
/// Either side's file, or its reverse(). TagMismatch: wrong database.
protocol::sake::HandshakeResult<PassiveSession> derivePassively(const Transcript& transcript,
                                                                const protocol::sake::KeyDatabase& database);

} // namespace capture
