// SPDX-License-Identifier: MIT
#include "bridge/session/sake_channel.hpp"

#include <spdlog/logger.h>

#include <utility>

namespace bridge {

namespace sake = protocol::sake;
using protocol::Bytes;

void SakeChannel::begin() {
    end();
    handshake_.emplace(keys_, random_);
}

void SakeChannel::end() {
    session_.reset();
    handshake_.reset();
    failures_ = 0;
}

sake::HandshakeResult<std::optional<sake::Message>> SakeChannel::receive(protocol::ByteView message) {
    auto answer = handshake_->receive(message);
    if (handshake_->done()) {
        session_.emplace(handshake_->takeSession());
        handshake_.reset();
    }
    return answer;
}

std::optional<Bytes> SakeChannel::decode(ble::PumpCharacteristic characteristic, Bytes value) {
    const auto& about = ble::info(characteristic);
    if (!about.encrypted) return value;
    if (!session_) {
        log_.debug("session: {} before the session, dropped", about.name);
        return std::nullopt;
    }
    auto plain = session_->receiver.decrypt(value);
    if (plain) {
        failures_ = 0;
        if (plain->lost > 0) log_.warn("session: {} frames lost before one of {}", plain->lost, about.name);
        return std::move(plain->plain);
    }
    ++failures_;
    log_.warn("session: undecodable {} length={} ({})", about.name, value.size(),
              sake::toString(plain.error()));
    return std::nullopt;
}

std::optional<Bytes> SakeChannel::encode(protocol::ByteView plain) {
    if (!session_) return std::nullopt;
    return session_->sender.encrypt(plain);
}

} // namespace bridge
