// SPDX-License-Identifier: MIT
// The SAKE session of one captured connection: its handshake, and what it encrypts. Facts:
// docs/protocol/sake.md 9.
#pragma once

#include <optional>
#include <string>

#include "capture/passive_session.hpp"
#include "capture/sake_listener.hpp"
#include "protocol/sake/key_database.hpp"

namespace capture {

class Session {
public:
    using Side = SakeListener::Side;

    /// `keys`: nullptr without a key database; must outlive this object.
    explicit Session(const protocol::sake::KeyDatabase* keys) : keys_(keys) {}

    struct Outcome {
        SakeListener::Step step;
        std::optional<std::string> problem; ///< why the session that begins here cannot be decrypted
    };
    /// A value of the SAKE port.
    Outcome handshake(Side from, protocol::ByteView value);
    /// Unsubscribed.
    void end();

    [[nodiscard]] bool open() const { return session_.has_value(); }
    boost::system::result<PassiveReceiver::Result, protocol::sake::DecryptError> decrypt(
        Side from, protocol::ByteView frame);

    /// Why frames cannot be decrypted, the first time only.
    std::optional<std::string> obstacle();

private:
    enum class State { NotSeen, Begun, Complete, Ended };

    const protocol::sake::KeyDatabase* keys_;
    SakeListener listener_;
    State state_ = State::NotSeen;
    std::optional<PassiveSession> session_;
    bool obstacleShown_ = false;
};

} // namespace capture
