// SPDX-License-Identifier: MIT
#include "protocol/sake/crypto.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "vectors.hpp"

namespace protocol::sake {
namespace {

using vectors::fixed;
using vectors::fromDigits;

TEST(Aes, EncryptsAndDecryptsTheBlockOfFips197) {
    const Aes128 aes{fixed<16>("000102030405060708090a0b0c0d0e0f")};
    const auto plain = fixed<16>("00112233445566778899aabbccddeeff");
    const auto cipher = fixed<16>("69c4e0d86a7b0430d8cdb78070b4c55a");
    for (int time = 0; time < 2; ++time) {
        EXPECT_EQ(aes.encryptBlock(plain), cipher);
        EXPECT_EQ(aes.decryptBlock(cipher), plain);
    }
}

struct CmacVector {
    std::string_view message;
    std::string_view tag;
};
constexpr CmacVector kRfc4493[] = {
    {"", "bb1d6929e95937287fa37d129b756746"},
    {"6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"},
    {"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
     "dfa66747de9ae63030ca32611497c827"},
};

TEST(Cmac, MatchesRfc4493MessageAfterMessage) {
    const Aes128 aes{fixed<16>("2b7e151628aed2a6abf7158809cf4f3c")};
    for (int time = 0; time < 2; ++time)
        for (const CmacVector& vector : kRfc4493)
            EXPECT_EQ(toHex(aes.cmac(fromDigits(vector.message))), vector.tag);
}

TEST(Cmac, DoesNotCareWhereTheMessageIsCut) {
    const Aes128 aes{fixed<16>("2b7e151628aed2a6abf7158809cf4f3c")};
    const Bytes message = fromDigits(kRfc4493[2].message);
    for (std::size_t cut = 0; cut <= message.size(); ++cut) {
        const ByteView view{message};
        EXPECT_EQ(toHex(aes.cmac(view.first(cut), view.subspan(cut))), kRfc4493[2].tag);
    }
}

TEST(Ctr, CountsInTheLastBytes) {
    // docs/protocol/sake.md 11.5: three blocks of key stream.
    const Aes128 aes{fixed<16>(vectors::kHandshakeA.sessionKey)};
    Bytes data(48);
    aes.ctr(fixed<16>("000000000e881dd97b84b54292000000"), data);
    EXPECT_EQ(toHex(data),
              "04ec3c9976a12fd2ed867638ff1d7a72"
              "f8ab799b131bfc533506ad15490d3f14"
              "1bc6ed3a17007d31856c40f0a83a63c4");
}

TEST(Ctr, StartsAnewWithEachMessage) {
    const Aes128 aes{fixed<16>(vectors::kHandshakeA.sessionKey)};
    const auto counter = fixed<16>("0000000001881dd97b84b54292000000");
    for (int time = 0; time < 2; ++time) {
        Bytes data(5);
        aes.ctr(counter, data);
        EXPECT_EQ(toHex(data), "1c900f28ae");
    }
    aes.ctr(counter, {});
}

TEST(Aes, KeepsItsKeyWhenMoved) {
    Aes128 first{fixed<16>("000102030405060708090a0b0c0d0e0f")};
    Aes128 second{fixed<16>("2b7e151628aed2a6abf7158809cf4f3c")};
    second = std::move(first);
    EXPECT_EQ(second.encryptBlock(fixed<16>("00112233445566778899aabbccddeeff")),
              fixed<16>("69c4e0d86a7b0430d8cdb78070b4c55a"));
}

TEST(Equal, ComparesLengthAndContent) {
    EXPECT_TRUE(equal({}, {}));
    EXPECT_TRUE(equal(fromDigits("0102"), fromDigits("0102")));
    EXPECT_FALSE(equal(fromDigits("0102"), fromDigits("0103")));
    EXPECT_FALSE(equal(fromDigits("0102"), fromDigits("01")));
}

TEST(TheSystemsGenerator, GivesDifferentBytesEachTime) {
    Block first{};
    Block second{};
    systemRandom(first);
    systemRandom(second);
    EXPECT_NE(first, second);
    EXPECT_NE(first, Block{});
}

} // namespace
} // namespace protocol::sake
