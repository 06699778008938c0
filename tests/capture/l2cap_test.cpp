// SPDX-License-Identifier: MIT
#include "capture/l2cap.hpp"

#include <gtest/gtest.h>

namespace capture {
namespace {

constexpr std::string_view kWholeFrame = "4020070003000400010203";

Packet packet(const Bytes& body, bool sent = false) {
    return {Packet::Kind::Data, sent, 0, body};
}

TEST(AReassembler, TakesAFrameInOnePacket) {
    const Bytes body = *protocol::fromHex(kWholeFrame);
    const auto result = Reassembler().add(packet(body));
    ASSERT_TRUE(result.has_value() && result->frame);
    EXPECT_EQ(result->handle, 0x40);
    EXPECT_EQ(result->frame->channel, kAttChannel);
    EXPECT_EQ(toHex(result->frame->payload()), "010203");
}

TEST(AReassembler, JoinsThePiecesOfEachDirection) {
    Reassembler reassembler;
    const Bytes start = *protocol::fromHex("402005000300040001");
    const Bytes startSent = *protocol::fromHex("4000050003000400f1");
    const Bytes rest = *protocol::fromHex("401002000203");
    EXPECT_FALSE(reassembler.add(packet(start))->frame);
    EXPECT_FALSE(reassembler.add(packet(startSent, true))->frame);
    EXPECT_EQ(toHex(reassembler.add(packet(rest))->frame->payload()), "010203");
    EXPECT_EQ(toHex(reassembler.add(packet(rest, true))->frame->payload()), "f10203");
    EXPECT_TRUE(reassembler.drain().empty());
}

TEST(AReassembler, TellsBytesOfNoFrame) {
    Reassembler reassembler;
    const Bytes orphan = *protocol::fromHex("401002000203");
    EXPECT_EQ(reassembler.add(packet(orphan))->lost.size(), 1U);
    const Bytes start = *protocol::fromHex("402005000300040001");
    EXPECT_TRUE(reassembler.add(packet(start))->lost.empty());
    EXPECT_EQ(reassembler.add(packet(start))->lost.size(), 1U)
        << "a new frame begins before the old one ended";
    const Bytes tooLong = *protocol::fromHex("40100300020304");
    EXPECT_EQ(reassembler.add(packet(tooLong))->lost.size(), 1U);
    EXPECT_EQ(reassembler.drain().size(), 1U);
}

TEST(AReassembler, RefusesAPacketCutAnywhere) {
    const Bytes body = *protocol::fromHex(kWholeFrame);
    for (std::size_t length = 0; length < body.size(); ++length) {
        const Bytes cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_EQ(Reassembler().add(packet(cut)).error().code, ParseError::Code::Truncated) << length;
    }
}

} // namespace
} // namespace capture
