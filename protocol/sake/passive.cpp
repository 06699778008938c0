// SPDX-License-Identifier: MIT
// Decoding somebody else's session, from its handshake and either side's key database (docs/protocol/sake.md
// 9).
#include <algorithm>

#include "protocol/sake/handshake.hpp"

namespace protocol::sake {
namespace {

constexpr std::size_t kClientTypeOffset = 8;

const KeyEntry* findEntry(const KeyDatabase& database, DeviceType server, DeviceType client) {
    if (database.local == server) return database.find(client);
    if (database.local == client) return database.find(server);
    return nullptr;
}

template <typename Array>
void copyFrom(const Message& message, std::size_t offset, Array& out) {
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

} // namespace

HandshakeResult<PassiveSession> derivePassively(const Transcript& transcript, const KeyDatabase& database) {
    const auto& [hello, introduction, challenge, answer, serverPermit, clientPermit] = transcript.messages;
    if (hello[1] != kProtocolVersion) return HandshakeError::BadVersion;
    const auto server = toDeviceType(hello[0]);
    const auto client = toDeviceType(introduction[kClientTypeOffset]);
    if (!server || !client) return HandshakeError::UnknownDeviceType;
    const KeyEntry* const entry = findEntry(database, *server, *client);
    if (entry == nullptr) return HandshakeError::NoKeyForDevice;

    Contributions parts;
    HandshakeTag tag2;
    HandshakeTag tag3;
    copyFrom(introduction, 0, parts.clientMaterial);
    copyFrom(introduction, kClientTypeOffset + 1, parts.clientNonce);
    copyFrom(challenge, 0, tag2);
    copyFrom(challenge, tag2.size(), parts.serverMaterial);
    copyFrom(challenge, tag2.size() + parts.serverMaterial.size(), parts.serverNonce);
    copyFrom(answer, 0, tag3);
    if (!equal(tag2, serverTag(*entry, parts))) return HandshakeError::TagMismatch;
    if (!equal(tag3, clientTag(*entry, tag2, parts.serverMaterial))) return HandshakeError::TagMismatch;

    const auto keys = deriveSession(*entry, parts);
    Receiver fromPump(keys, kFirstFromClient);
    Receiver fromPhone(keys, kFirstFromServer);
    // Who the permits were made for only their receivers can tell, and they went on with the session.
    for (const auto& opened : {openPermit(fromPhone, serverPermit), openPermit(fromPump, clientPermit)})
        if (!opened) return opened.error();
    return PassiveSession{{keys, fromPump.sequence()}, {keys, fromPhone.sequence()}};
}

} // namespace protocol::sake
