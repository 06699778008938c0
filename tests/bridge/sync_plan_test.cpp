// SPDX-License-Identifier: MIT
#include "bridge/session/sync_plan.hpp"

#include <gtest/gtest.h>

namespace {

using bridge::missing;
using bridge::nextRange;
using bridge::SequenceRange;
using Ranges = std::vector<SequenceRange>;

TEST(Missing, IsEverythingWhenNothingIsCovered) {
    EXPECT_EQ(missing({}, {5, 9}), (Ranges{{5, 9}}));
}

TEST(Missing, IsNothingWhenAllIsCovered) {
    const Ranges covered{{0, 100}};
    EXPECT_TRUE(missing(covered, {5, 9}).empty());
    EXPECT_TRUE(missing(covered, {0, 100}).empty());
}

TEST(Missing, FindsHolesAndBothEnds) {
    const Ranges covered{{1, 3}, {6, 7}, {20, 30}};
    EXPECT_EQ(missing(covered, {0, 40}), (Ranges{{0, 0}, {4, 5}, {8, 19}, {31, 40}}));
    EXPECT_EQ(missing(covered, {2, 6}), (Ranges{{4, 5}}));
}

TEST(Missing, ReachesTheLastSequenceNumberWithoutWrapping) {
    const Ranges covered{{0, 0xfffffffe}};
    EXPECT_EQ(missing(covered, {0, 0xffffffff}), (Ranges{{0xffffffff, 0xffffffff}}));
    const Ranges all{{0, 0xffffffff}};
    EXPECT_TRUE(missing(all, {0, 0xffffffff}).empty());
}

TEST(NextRange, IsTheNewestMissingPartAndBounded) {
    EXPECT_EQ(nextRange({}, {100, 1000}, 60), (SequenceRange{941, 1000}));
    const Ranges afterFirst{{941, 1000}};
    EXPECT_EQ(nextRange(afterFirst, {100, 1000}, 500), (SequenceRange{441, 940}));
    const Ranges nearlyDone{{150, 1000}};
    EXPECT_EQ(nextRange(nearlyDone, {100, 1000}, 500), (SequenceRange{100, 149}));
}

TEST(NextRange, TakesUpWhereAnInterruptedSyncStopped) {
    const Ranges covered{{100, 200}, {300, 400}};
    EXPECT_EQ(nextRange(covered, {100, 450}, 1000), (SequenceRange{401, 450}));
    const Ranges then{{100, 200}, {300, 450}};
    EXPECT_EQ(nextRange(then, {100, 450}, 1000), (SequenceRange{201, 299}));
}

TEST(NextRange, IsEmptyWhenNothingIsMissing) {
    const Ranges covered{{100, 450}};
    EXPECT_FALSE(nextRange(covered, {100, 450}, 10));
}

} // namespace
