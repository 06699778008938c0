// SPDX-License-Identifier: MIT
#include "protocol/sake/passive_receiver.hpp"

#include <utility>

namespace protocol::sake {

boost::system::result<PassiveReceiver::Result, DecryptError> PassiveReceiver::decrypt(ByteView frame) {
    auto direct = receiver_.decrypt(frame);
    if (direct.has_error() && before_) {
        receiver_ = std::move(*before_);
        direct = receiver_.decrypt(frame);
    }
    before_.reset();
    if (direct.has_value()) return Result{std::move(direct->plain), direct->lost};
    if (auto found = find(frame)) return std::move(*found);
    return direct.error();
}

std::optional<PassiveReceiver::Result> PassiveReceiver::find(ByteView frame) {
    constexpr std::uint64_t kCounterOctet = 256;
    if (frame.size() <= kFrameOverhead) return std::nullopt;
    const std::uint8_t wireCounter = frame[frame.size() - kFrameOverhead];
    const auto delta = static_cast<std::uint8_t>(wireCounter - (receiver_.sequence() >> 1U));
    for (std::uint64_t lost = delta; lost <= kMaxLost; lost += kCounterOctet) {
        if (lost <= kMaxDelta) continue; // the receiver has tried it
        Receiver later(keys_, receiver_.sequence() + 2 * lost);
        auto decrypted = later.decrypt(frame);
        if (decrypted.has_error()) continue;
        before_ = std::exchange(receiver_, std::move(later));
        return Result{std::move(decrypted->plain), lost};
    }
    return std::nullopt;
}

} // namespace protocol::sake
