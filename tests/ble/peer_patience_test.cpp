// SPDX-License-Identifier: MIT
#include "ble/peer_patience.hpp"

#include <gtest/gtest.h>

namespace ble {
namespace {

using namespace std::chrono_literals;
const PeerPatience::Time kStart{1h};

TEST(PeerPatience, BearsTwoFailuresAndGrowsFromTheThird) {
    PeerPatience patience;
    auto now = kStart;
    EXPECT_EQ(patience.failed("a", now), 0min);
    EXPECT_EQ(patience.failed("a", now), 0min);
    EXPECT_FALSE(patience.ignores("a", now));
    for (const auto silence : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min, 60min}) {
        EXPECT_EQ(patience.failed("a", now), silence);
        EXPECT_TRUE(patience.ignores("a", now));
        EXPECT_TRUE(patience.ignores("a", now + silence - 1s));
        now += silence;
        EXPECT_FALSE(patience.ignores("a", now));
    }
    EXPECT_FALSE(patience.ignores("b", now));
}

TEST(PeerPatience, StartsAnewAfterASuccess) {
    PeerPatience patience;
    for (int n = 0; n < 5; ++n) patience.failed("a", kStart);
    patience.succeeded("a");
    EXPECT_FALSE(patience.ignores("a", kStart));
    EXPECT_EQ(patience.failed("a", kStart), 0min);
}

TEST(PeerPatience, ForgetsTheOldestWhenThereAreTooMany) {
    PeerPatience patience;
    for (int n = 0; n < 3; ++n) patience.failed("recent", kStart + 1min);
    for (std::size_t n = 0; n < 10 * PeerPatience::kRemembered; ++n)
        patience.failed(std::to_string(n), kStart);
    EXPECT_TRUE(patience.ignores("recent", kStart + 1min));
    EXPECT_EQ(patience.failures("0"), 0U);
}

} // namespace
} // namespace ble
