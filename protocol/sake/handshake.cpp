// SPDX-License-Identifier: MIT
#include "protocol/sake/handshake.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace protocol::sake {
namespace {

bool allZero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// The bytes of a message from `offset` on.
template <std::size_t Size>
std::array<std::uint8_t, Size> part(const Message& message, std::size_t offset) {
    std::array<std::uint8_t, Size> bytes;
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(offset), Size, bytes.begin());
    return bytes;
}

Message join(ByteView first, ByteView second, ByteView third = {}) {
    Message message{};
    auto at = std::copy(first.begin(), first.end(), message.begin());
    at = std::copy(second.begin(), second.end(), at);
    std::copy(third.begin(), third.end(), at);
    return message;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> draw(const RandomSource& random) {
    std::array<std::uint8_t, Size> bytes;
    random(bytes);
    return bytes;
}

/// The sender's permit and one byte that fills the frame, encrypted (messages 4 and 5).
Message sealPermit(Sender& sender, const Block& permit, const RandomSource& random) {
    Bytes plain(permit.begin(), permit.end());
    plain.push_back(draw<1>(random).front());
    const auto frame = sender.encrypt(plain);
    if (!frame) throw std::logic_error("a new session has no sequence number left");
    return join(*frame, {});
}

HandshakeError toError(PermitVerdict verdict) {
    switch (verdict) {
        case PermitVerdict::BadPrefix:
            return HandshakeError::PermitPrefix;
        case PermitVerdict::WrongDevice:
            return HandshakeError::PermitDevice;
        case PermitVerdict::BadTag:
        case PermitVerdict::Good:
            break;
    }
    return HandshakeError::PermitTag;
}

HandshakeResult<Message> toMessage(ByteView bytes) {
    if (bytes.size() != kMessageSize) return HandshakeError::BadLength;
    return join(bytes, {});
}

Session takeFrom(std::optional<Session>& session, bool done) {
    if (!done || !session) throw std::logic_error("takeSession: no session, or taken before");
    Session taken = std::move(*session);
    session.reset();
    return taken;
}

} // namespace

HandshakeResult<Block> openPermit(Receiver& receiver, const Message& message) {
    constexpr std::size_t kCounterOffset = kMessageSize - kFrameOverhead;
    // The first frame of its direction; a later counter would decrypt too.
    if (message[kCounterOffset] != 0) return HandshakeError::FrameMac;
    const auto frame = receiver.decrypt(message);
    if (!frame) return HandshakeError::FrameMac;
    Block permit;
    std::copy_n(frame->plain.begin(), permit.size(), permit.begin()); // without the pad
    return permit;
}

// --- Server ---

Server::Server(KeyDatabase database, RandomSource random)
    : database_(std::move(database)), random_(std::move(random)) {}

HandshakeResult<std::optional<Message>> Server::receive(ByteView written) {
    if (failed_ || done()) return HandshakeError::OutOfOrder;
    const auto message = toMessage(written);
    auto answer = [&]() -> HandshakeResult<std::optional<Message>> {
        if (!message) return message.error();
        switch (stage_) {
            case 0:
                return start(*message);
            case 1:
                return challenge(*message);
            case 3:
                return permit(*message);
            default:
                return finish(*message);
        }
    }();
    failed_ = answer.has_error();
    return answer;
}

HandshakeResult<std::optional<Message>> Server::start(const Message& in) {
    if (!allZero(in)) return HandshakeError::StartNotZero;
    const std::array<std::uint8_t, 2> header{static_cast<std::uint8_t>(database_.local), kProtocolVersion};
    stage_ = 1;
    return join(header, draw<18>(random_));
}

HandshakeResult<std::optional<Message>> Server::challenge(const Message& in) {
    const auto clientType = toDeviceType(in[8]);
    if (!clientType) return HandshakeError::UnknownDeviceType;
    entry_ = database_.find(*clientType);
    if (entry_ == nullptr) return HandshakeError::NoKeyForDevice;
    parts_.clientMaterial = part<8>(in, 0);
    parts_.clientNonce = part<4>(in, 9);
    parts_.serverMaterial = draw<8>(random_);
    parts_.serverNonce = draw<4>(random_);
    tag2_ = serverTag(*entry_, parts_);
    stage_ = 3;
    return join(tag2_, parts_.serverMaterial, parts_.serverNonce);
}

HandshakeResult<std::optional<Message>> Server::permit(const Message& in) {
    if (!equal(part<8>(in, 0), clientTag(*entry_, tag2_, parts_.serverMaterial)))
        return HandshakeError::TagMismatch;
    const auto keys = deriveSession(*entry_, parts_);
    session_.emplace(Session{Sender{keys, kFirstFromServer}, Receiver{keys, kFirstFromClient}});
    stage_ = 5;
    return sealPermit(session_->sender, entry_->handshakePayload, random_);
}

HandshakeResult<std::optional<Message>> Server::finish(const Message& in) {
    const auto permit = openPermit(session_->receiver, in);
    if (!permit) return permit.error();
    const PermitVerdict verdict = checkPermit(*permit, entry_->remote, *entry_);
    if (verdict != PermitVerdict::Good) return toError(verdict);
    stage_ = 6;
    return std::optional<Message>{};
}

Session Server::takeSession() {
    return takeFrom(session_, done());
}

// --- Client ---

Client::Client(KeyDatabase database, RandomSource random, PermitCheck check)
    : database_(std::move(database)), random_(std::move(random)), check_(check) {}

Client Client::fromServerDatabase(const KeyDatabase& server, RandomSource random) {
    const KeyEntry* const forPump = server.find(DeviceType::InsulinPump);
    if (forPump == nullptr) throw std::invalid_argument("the key database has no keys for an insulin pump");
    KeyDatabase reversed{DeviceType::InsulinPump, {*forPump}};
    reversed.entries.front().remote = server.local;
    return Client{std::move(reversed), std::move(random), PermitCheck::ServerPayload};
}

HandshakeResult<Message> Client::receive(ByteView notified) {
    if (failed_ || done()) return HandshakeError::OutOfOrder;
    const auto message = toMessage(notified);
    auto reply = [&]() -> HandshakeResult<Message> {
        if (!message) return message.error();
        switch (stage_) {
            case -1:
                return begin(*message);
            case 0:
                return introduce(*message);
            case 2:
                return answer(*message);
            default:
                return finish(*message);
        }
    }();
    failed_ = reply.has_error();
    return reply;
}

HandshakeResult<Message> Client::begin(const Message& in) {
    if (!allZero(in)) return HandshakeError::StartNotZero;
    stage_ = 0;
    return Message{};
}

HandshakeResult<Message> Client::introduce(const Message& in) {
    if (in[1] != kProtocolVersion) return HandshakeError::BadVersion;
    const auto serverType = toDeviceType(in[0]);
    if (!serverType) return HandshakeError::UnknownDeviceType;
    entry_ = database_.find(*serverType);
    if (entry_ == nullptr) return HandshakeError::NoKeyForDevice;
    parts_.clientMaterial = draw<8>(random_);
    parts_.clientNonce = draw<4>(random_);
    Message out = join(parts_.clientMaterial, std::array{static_cast<std::uint8_t>(database_.local)},
                       parts_.clientNonce);
    random_(std::span{out}.last<7>());
    stage_ = 2;
    return out;
}

HandshakeResult<Message> Client::answer(const Message& in) {
    const HandshakeTag tag = part<8>(in, 0);
    parts_.serverMaterial = part<8>(in, 8);
    parts_.serverNonce = part<4>(in, 16);
    if (!equal(tag, serverTag(*entry_, parts_))) return HandshakeError::TagMismatch;
    const auto keys = deriveSession(*entry_, parts_);
    session_.emplace(Session{Sender{keys, kFirstFromClient}, Receiver{keys, kFirstFromServer}});
    stage_ = 4;
    return join(clientTag(*entry_, tag, parts_.serverMaterial), draw<12>(random_));
}

HandshakeResult<Message> Client::finish(const Message& in) {
    const auto permit = openPermit(session_->receiver, in);
    if (!permit) return permit.error();
    Block own = entry_->handshakePayload;
    if (check_ == PermitCheck::OwnKeys) {
        const PermitVerdict verdict = checkPermit(*permit, entry_->remote, *entry_);
        if (verdict != PermitVerdict::Good) return toError(verdict);
    } else {
        // The file is the server's: it holds the server's permit, and the keys by which it checks ours.
        if (!equal(*permit, entry_->handshakePayload)) return HandshakeError::PermitTag;
        own = makePermit(database_.local, {}, entry_->permitDecryptKey, entry_->permitAuthKey);
    }
    stage_ = 6;
    return sealPermit(session_->sender, own, random_);
}

Session Client::takeSession() {
    return takeFrom(session_, done());
}

} // namespace protocol::sake
