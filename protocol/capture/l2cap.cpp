// SPDX-License-Identifier: MIT
#include "capture/l2cap.hpp"

#include <utility>

#include "protocol/codec/cursor.hpp"

namespace capture {

Bytes L2capFrame::payload() const {
    Bytes joined;
    for (const ByteView piece : pieces) joined.insert(joined.end(), piece.begin(), piece.end());
    return joined;
}

Parsed<Reassembler::Result> Reassembler::add(const Packet& packet) {
    constexpr std::uint16_t kHandleMask = 0x0fff;
    constexpr std::uint16_t kBoundaryMask = 0x3000;
    constexpr std::uint16_t kContinuation = 0x1000;

    Reader reader(packet.body);
    const auto handleAndFlags = reader.get<std::uint16_t>("connection handle");
    const ByteView bytes = reader.take(reader.get<std::uint16_t>("length"), "bytes");
    Result result;
    result.handle = handleAndFlags & kHandleMask;
    const auto key = std::tuple{packet.adapter, result.handle, packet.sent};
    const auto before = pending_.find(key);
    if (auto whole = reader.finish(result); !whole.has_value()) {
        if (before != pending_.end()) pending_.erase(before);
        return whole;
    }

    if ((handleAndFlags & kBoundaryMask) == kContinuation) {
        if (before == pending_.end() || bytes.size() > before->second.missing) {
            result.lost.push_back(bytes);
            return result;
        }
        before->second.missing -= bytes.size();
        before->second.frame.pieces.push_back(bytes);
        if (before->second.missing == 0) {
            result.frame = std::move(before->second.frame);
            pending_.erase(before);
        }
        return result;
    }

    if (before != pending_.end()) {
        result.lost = std::move(before->second.frame.pieces);
        pending_.erase(before);
    }
    Reader header(bytes);
    const auto length = header.get<std::uint16_t>("L2CAP length");
    L2capFrame frame{header.get<std::uint16_t>("channel"), {}};
    const ByteView payload = header.take(header.remaining(), "payload");
    if (auto whole = header.finish(result); !whole.has_value()) return whole;
    if (payload.size() > length) return ParseError{ParseError::Code::Trailing, length, "L2CAP frame"};
    frame.pieces.push_back(payload);
    if (payload.size() == length) {
        result.frame = std::move(frame);
    } else {
        pending_[key] = Pending{std::move(frame), length - payload.size()};
    }
    return result;
}

std::vector<ByteView> Reassembler::drain() {
    std::vector<ByteView> lost;
    for (const auto& [key, pending] : pending_)
        lost.insert(lost.end(), pending.frame.pieces.begin(), pending.frame.pieces.end());
    pending_.clear();
    return lost;
}

} // namespace capture
