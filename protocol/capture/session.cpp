// SPDX-License-Identifier: MIT
#include "capture/session.hpp"

#include <utility>

namespace capture {

namespace sake = protocol::sake;
using Listener = SakeListener;

Session::Outcome Session::handshake(Side from, protocol::ByteView value) {
    constexpr int kLastMessage = 5;
    Outcome outcome{listener_.receive(from, value), std::nullopt};
    if (outcome.step.kind == Listener::Step::Kind::Unexpected) return outcome;
    state_ = State::Begun;
    session_.reset();
    obstacleShown_ = false;
    if (outcome.step.kind == Listener::Step::Kind::Start || outcome.step.number != kLastMessage)
        return outcome;
    state_ = State::Complete;
    if (keys_ == nullptr) return outcome;
    auto derived = derivePassively(*listener_.transcript(), *keys_);
    if (derived.has_value()) {
        session_.emplace(std::move(*derived));
    } else {
        outcome.problem = std::string(sake::explain(derived.error()));
        obstacleShown_ = true;
    }
    return outcome;
}

void Session::end() {
    listener_.reset();
    session_.reset();
    state_ = State::Ended;
    obstacleShown_ = false;
}

boost::system::result<PassiveReceiver::Result, sake::DecryptError> Session::decrypt(
    Side from, protocol::ByteView frame) {
    return (from == Side::Pump ? session_->fromPump : session_->fromPhone).decrypt(frame);
}

std::optional<std::string> Session::obstacle() {
    if (std::exchange(obstacleShown_, true)) return std::nullopt;
    switch (state_) {
        case State::NotSeen:
            return "the capture begins too late to decrypt this connection: its SAKE handshake is missing";
        case State::Begun:
            return "the SAKE handshake is incomplete: what follows cannot be decrypted";
        case State::Ended:
            return "the SAKE session has ended: what follows cannot be decrypted";
        case State::Complete:
            break;
    }
    return "encrypted values stay closed without the key database (--keydb FILE)";
}

} // namespace capture
