// SPDX-License-Identifier: MIT
// SAKE with one pump over one connection: the handshake, then the codec of its session, and the count of what
// cannot be decoded. Facts: docs/protocol/sake.md 6 and 7.
#pragma once

#include <optional>

#include "ble/pump_link.hpp"
#include "protocol/sake/handshake.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

class SakeChannel {
public:
    /// The references must outlive it.
    SakeChannel(const protocol::sake::KeyDatabase& keys, const protocol::sake::RandomSource& random,
                spdlog::logger& log)
        : keys_(keys), random_(random), log_(log) {}

    /// A new handshake; what was agreed upon before is forgotten.
    void begin();
    void end();
    [[nodiscard]] bool handshaking() const { return handshake_.has_value(); }
    /// The handshake is done.
    [[nodiscard]] bool open() const { return session_.has_value(); }
    /// Of a handshake that is going on: the pump's message 0 is stage 0.
    [[nodiscard]] int stage() const { return handshake_ ? handshake_->stage() : 0; }
    /// A message of the pump while handshaking(): what to answer, empty for nothing. After an error end() or
    /// begin().
    protocol::sake::HandshakeResult<std::optional<protocol::sake::Message>> receive(
        protocol::ByteView message);

    /// See ble::ValueDecoder, ble::ValueEncoder.
    std::optional<protocol::Bytes> decode(ble::PumpCharacteristic characteristic, protocol::Bytes value);
    std::optional<protocol::Bytes> encode(protocol::ByteView plain);
    /// Frames in a row that could not be decoded (docs/protocol/sake.md 7.8).
    [[nodiscard]] int failures() const { return failures_; }

private:
    const protocol::sake::KeyDatabase& keys_;
    const protocol::sake::RandomSource& random_;
    spdlog::logger& log_;
    std::optional<protocol::sake::Server> handshake_;
    std::optional<protocol::sake::Session> session_;
    int failures_ = 0;
};

} // namespace bridge
