// SPDX-License-Identifier: MIT
#include "capture/passive_receiver.hpp"

#include <utility>

namespace capture {

namespace sake = protocol::sake;
using protocol::ByteView;

boost::system::result<PassiveReceiver::Result, sake::DecryptError> PassiveReceiver::decrypt(ByteView frame) {
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
    constexpr std::uint64_t kCounterByte = 256;
    if (frame.size() <= sake::kFrameOverhead) return std::nullopt;
    const std::uint8_t wireCounter = frame[frame.size() - sake::kFrameOverhead];
    const auto delta = static_cast<std::uint8_t>(wireCounter - (receiver_.sequence() >> 1U));
    for (std::uint64_t lost = delta; lost <= kMaxLost; lost += kCounterByte) {
        if (lost <= sake::kMaxDelta) continue; // the receiver has tried it
        sake::Receiver later(keys_, receiver_.sequence() + 2 * lost);
        auto decrypted = later.decrypt(frame);
        if (decrypted.has_error()) continue;
        before_ = std::exchange(receiver_, std::move(later));
        return Result{std::move(decrypted->plain), lost};
    }
    return std::nullopt;
}

} // namespace capture
