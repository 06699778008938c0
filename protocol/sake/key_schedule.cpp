// SPDX-License-Identifier: MIT
#include "protocol/sake/key_schedule.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace protocol::sake {
namespace {

Block join(const KeyMaterial& first, const KeyMaterial& second) {
    Block block;
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), block.begin()));
    return block;
}

/// The derivation key is mixed into both tags, as the second block of the CMAC's message.
HandshakeTag tag(const KeyEntry& entry, const Block& materials) {
    const Block full = Aes128{entry.handshakeAuthKey}.cmac(materials, entry.derivationKey);
    HandshakeTag truncated;
    std::copy_n(full.begin(), truncated.size(), truncated.begin());
    return truncated;
}

} // namespace

HandshakeTag serverTag(const KeyEntry& entry, const Contributions& parts) {
    return tag(entry, join(parts.serverMaterial, parts.clientMaterial));
}

HandshakeTag clientTag(const KeyEntry& entry, const HandshakeTag& serverTag,
                       const KeyMaterial& serverMaterial) {
    return tag(entry, join(serverTag, serverMaterial));
}

std::shared_ptr<const SessionKeys> deriveSession(const KeyEntry& entry, const Contributions& parts) {
    // Material: server first. Nonce: client first.
    Block key = Aes128{entry.derivationKey}.encryptBlock(join(parts.serverMaterial, parts.clientMaterial));
    SessionNonce nonce;
    std::copy(parts.serverNonce.begin(), parts.serverNonce.end(),
              std::copy(parts.clientNonce.begin(), parts.clientNonce.end(), nonce.begin()));
    auto keys = std::make_shared<const SessionKeys>(key, nonce);
    OPENSSL_cleanse(key.data(), key.size());
    return keys;
}

} // namespace protocol::sake
