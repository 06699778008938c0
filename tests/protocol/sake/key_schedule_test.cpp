// SPDX-License-Identifier: MIT
#include "protocol/sake/key_schedule.hpp"

#include <gtest/gtest.h>

#include "vectors.hpp"

namespace protocol::sake {
namespace {

using vectors::fixed;

// docs/protocol/sake.md 11.2, intermediate values.
const Contributions kPartsA{fixed<8>("8c91581e024e6549"), fixed<4>("881dd97b"), fixed<8>("2a0e3c5f796059d0"),
                            fixed<4>("84b54292")};

TEST(HandshakeTags, AreThoseOfTheReference) {
    const KeyDatabase database = vectors::database(vectors::kServerDb);
    const KeyEntry& entry = database.entries.front();
    const HandshakeTag tag2 = serverTag(entry, kPartsA);
    EXPECT_EQ(toHex(tag2), "bf48eaee774d3341");
    EXPECT_EQ(toHex(clientTag(entry, tag2, kPartsA.serverMaterial)), "eb46f8f970c43cda");
}

TEST(TheSession, IsThatOfTheReference) {
    const KeyDatabase database = vectors::database(vectors::kClientDb);
    const auto derived = deriveSession(database.entries.front(), kPartsA);
    EXPECT_EQ(toHex(derived->nonce()), vectors::kHandshakeA.sessionNonce);
    // The key shows only in what it does.
    const Block block = fixed<16>("00112233445566778899aabbccddeeff");
    const Aes128 expected{fixed<16>(vectors::kHandshakeA.sessionKey)};
    EXPECT_EQ(derived->cipher().encryptBlock(block), expected.encryptBlock(block));
}

} // namespace
} // namespace protocol::sake
