// SPDX-License-Identifier: MIT
#include "protocol/codec/glucose.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace protocol {
namespace {

TEST(Glucose, InKilogramsPerLitreIsExactInMilligramsPerDecilitre) {
    // docs/protocol/numbers.md 1.2: as binary fractions about a hundred of these are off by one after
    // truncation.
    for (std::int32_t mgDl = 1; mgDl < 600; ++mgDl) {
        const MedFloat glucose = milligramsPerDecilitre(MedFloat::number(mgDl, -5, MedFloat::Width::Sfloat));
        EXPECT_EQ(glucose.scaled(0), mgDl);
        EXPECT_EQ(glucose.toDouble(), mgDl);
        EXPECT_EQ(glucose.text(), std::to_string(mgDl));
    }
    EXPECT_EQ(milligramsPerDecilitre(MedFloat::fromSfloat(0xb07a)).text(), "122");
}

TEST(Glucose, InMillimolesIsWhatThePumpShows) {
    EXPECT_EQ(millimolesTenths(100), 55); // seen on a pump; 18 and 18.0156 would give 5.6
    EXPECT_EQ(millimolesTenths(0), 0);
    EXPECT_EQ(millimolesTenths(40), 22);
    EXPECT_EQ(millimolesTenths(400), 222);
}

TEST(Glucose, IsDividedBy18Point0182) {
    // Where 18.02 would differ: docs/protocol/numbers.md 4.
    EXPECT_EQ(millimolesTenths(91), 51);
    EXPECT_EQ(millimolesTenths(273), 152);
    EXPECT_EQ(millimolesTenths(282), 157);
    EXPECT_EQ(millimolesTenths(291), 162);
    // Where 18.0156 would be one tenth higher.
    for (const int mgDl : {100, 109, 300, 309, 318, 327, 336, 345})
        EXPECT_EQ(millimolesTenths(mgDl) + 1, std::lround(mgDl / 1.80156)) << mgDl;
}

TEST(Glucose, IsRoundedAsRealNumbersWouldBe) {
    for (int mgDl = 0; mgDl <= 1000; ++mgDl)
        EXPECT_EQ(millimolesTenths(mgDl), std::lround(mgDl / 1.80182)) << mgDl;
}

} // namespace
} // namespace protocol
