// SPDX-License-Identifier: MIT
#include "protocol/codec/cut_value.hpp"

#include <gtest/gtest.h>

#include "protocol/codec/cursor.hpp"

namespace protocol {
namespace {

/// u16 count, then as many bytes.
Parsed<Bytes> parse(ByteView bytes) {
    Reader in(bytes);
    const std::size_t count = in.get<std::uint16_t>("count");
    const ByteView found = in.take(count, "bytes");
    return in.finish(Bytes(found.begin(), found.end()));
}

TEST(ACutValue, IsWholeAtOnceWhenItParses) {
    CutValue value;
    const Bytes piece{2, 0, 7, 8};
    for (const bool full : {false, true}) {
        const auto whole = value.add(piece, full, parse);
        ASSERT_TRUE(whole);
        EXPECT_EQ(**whole, (Bytes{7, 8}));
        EXPECT_FALSE(value.pending());
    }
}

TEST(ACutValue, WaitsForItsRestAtEveryCut) {
    const Bytes all{4, 0, 5, 6, 7, 8};
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        CutValue value;
        EXPECT_FALSE(value.add(ByteView(all).first(cut), true, parse)) << cut;
        EXPECT_TRUE(value.pending());
        const auto whole = value.add(ByteView(all).subspan(cut), false, parse);
        ASSERT_TRUE(whole) << cut;
        EXPECT_EQ(**whole, (Bytes{5, 6, 7, 8}));
        EXPECT_EQ(toHex(value.bytes()), toHex(all));
    }
}

TEST(ACutValue, IsAnErrorWhenItsLastPieceIsNotFull) {
    CutValue value;
    const auto cut = value.add(Bytes{4, 0, 5}, false, parse);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->error().code, ParseError::Code::Truncated);
    EXPECT_FALSE(value.pending());
}

TEST(ACutValue, DoesNotWaitForWhatMoreCannotCure) {
    CutValue value;
    EXPECT_EQ(value.add(Bytes{1, 0, 5, 6}, true, parse)->error().code, ParseError::Code::Trailing);
    EXPECT_EQ(**value.add(Bytes{1, 0, 9}, true, parse), Bytes{9}) << "the next begins anew";
}

TEST(ACutValue, ForgetsWhatLostAPiece) {
    CutValue value;
    EXPECT_FALSE(value.add(Bytes{4, 0, 5}, true, parse));
    value.clear();
    EXPECT_FALSE(value.pending());
    EXPECT_EQ(**value.add(Bytes{1, 0, 9}, true, parse), Bytes{9});
}

} // namespace
} // namespace protocol
