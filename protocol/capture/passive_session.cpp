// SPDX-License-Identifier: MIT
#include "capture/passive_session.hpp"

#include <algorithm>

namespace capture {
namespace {

namespace sake = protocol::sake;
using sake::HandshakeError;

constexpr std::size_t kClientTypeOffset = 8;

const sake::KeyEntry* findEntry(const sake::KeyDatabase& database, sake::DeviceType server,
                                sake::DeviceType client) {
    if (database.local == server) return database.find(client);
    if (database.local == client) return database.find(server);
    return nullptr;
}

template <typename Array>
void copyFrom(const sake::Message& message, std::size_t offset, Array& out) {
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

} // namespace

sake::HandshakeResult<PassiveSession> derivePassively(const Transcript& transcript,
                                                      const sake::KeyDatabase& database) {
    const auto& [hello, introduction, challenge, answer, serverPermit, clientPermit] = transcript.messages;
    if (hello[1] != sake::kProtocolVersion) return HandshakeError::BadVersion;
    const auto server = sake::toDeviceType(hello[0]);
    const auto client = sake::toDeviceType(introduction[kClientTypeOffset]);
    if (!server || !client) return HandshakeError::UnknownDeviceType;
    const sake::KeyEntry* const entry = findEntry(database, *server, *client);
    if (entry == nullptr) return HandshakeError::NoKeyForDevice;

    sake::Contributions parts;
    sake::HandshakeTag tag2;
    sake::HandshakeTag tag3;
    copyFrom(introduction, 0, parts.clientMaterial);
    copyFrom(introduction, kClientTypeOffset + 1, parts.clientNonce);
    copyFrom(challenge, 0, tag2);
    copyFrom(challenge, tag2.size(), parts.serverMaterial);
    copyFrom(challenge, tag2.size() + parts.serverMaterial.size(), parts.serverNonce);
    copyFrom(answer, 0, tag3);
    if (!sake::equal(tag2, sake::serverTag(*entry, parts))) return HandshakeError::TagMismatch;
    if (!sake::equal(tag3, sake::clientTag(*entry, tag2, parts.serverMaterial)))
        return HandshakeError::TagMismatch;

    const auto keys = sake::deriveSession(*entry, parts);
    sake::Receiver fromPump(keys, sake::kFirstFromClient);
    sake::Receiver fromPhone(keys, sake::kFirstFromServer);
    // Who the permits were made for only their receivers can tell, and they went on with the session.
    for (const auto& opened :
         {sake::openPermit(fromPhone, serverPermit), sake::openPermit(fromPump, clientPermit)})
        if (!opened) return opened.error();
    return PassiveSession{{keys, fromPump.sequence()}, {keys, fromPhone.sequence()}};
}

} // namespace capture
