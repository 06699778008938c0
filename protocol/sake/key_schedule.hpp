// SPDX-License-Identifier: MIT
// What both sides of a handshake, and whoever listens with the key database, derive from its messages.
// Facts: docs/protocol/sake.md 6.2 and 6.3.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "protocol/sake/key_database.hpp"
#include "protocol/sake/session.hpp"

namespace protocol::sake {

using KeyMaterial = std::array<std::uint8_t, 8>;
using HandshakeNonce = std::array<std::uint8_t, 4>;
using HandshakeTag = std::array<std::uint8_t, 8>;

/// What the two sides contribute, in the clear, in messages 1 and 2.
struct Contributions {
    KeyMaterial clientMaterial{};
    HandshakeNonce clientNonce{};
    KeyMaterial serverMaterial{};
    HandshakeNonce serverNonce{};
};

/// Proves in message 2 that the server knows the keys.
HandshakeTag serverTag(const KeyEntry& entry, const Contributions& parts);
/// Proves in message 3 that the client knows them; over the truncated tag of message 2.
HandshakeTag clientTag(const KeyEntry& entry, const HandshakeTag& serverTag,
                       const KeyMaterial& serverMaterial);
std::shared_ptr<const SessionKeys> deriveSession(const KeyEntry& entry, const Contributions& parts);

} // namespace protocol::sake
