// SPDX-License-Identifier: MIT
#include "protocol/codec/med_float.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace protocol {
namespace {

using Kind = MedFloat::Kind;
using Width = MedFloat::Width;

struct Word {
    std::uint32_t raw;
    std::int32_t mantissa;
    std::int8_t exponent;
    std::string_view text;
};

// docs/protocol/numbers.md 1.1
constexpr Word kFloats[] = {
    {0xf92dc6c0, 3000000, -7, "0.3"},
    {0xff000005, 5, -1, "0.5"},
    {0xfd00007d, 125, -3, "0.125"},
    {0xf82625a0, 2500000, -8, "0.025"},
    {0xfa0dbba0, 900000, -6, "0.9"},
    {0xfa155cc0, 1400000, -6, "1.4"},
    {0xff000019, 25, -1, "2.5"},
    {0xfb0f9060, 1020000, -5, "10.2"},
    {0xfb116520, 1140000, -5, "11.4"},
    {0x0000000f, 15, 0, "15"},
    {0xfb280de8, 2625000, -5, "26.25"},
    {0xfb50f2a8, 5305000, -5, "53.05"},
    {0xfc217b4a, 2194250, -4, "219.425"},
    {0xfa193584, 1652100, -6, "1.6521"},
    {0x00000000, 0, 0, "0"},
};
constexpr Word kSfloats[] = {
    {0x002d, 45, 0, "45"},         {0x0067, 103, 0, "103"},     {0x107d, 125, 1, "1250"},
    {0xf90f, -1777, -1, "-177.7"}, {0xfff8, -8, -1, "-0.8"},    {0xffc8, -56, -1, "-5.6"},
    {0xefc5, -59, -2, "-0.59"},    {0xe074, 116, -2, "1.16"},   {0xe010, 16, -2, "0.16"},
    {0xb07a, 122, -5, "0.00122"},  {0xb04d, 77, -5, "0.00077"}, {0xe7ff, 2047, -2, "20.47"},
    {0xf801, -2047, -1, "-204.7"},
};

struct Special {
    std::uint16_t sfloat;
    std::uint32_t flt;
    Kind kind;
    std::string_view text;
};
constexpr Special kSpecials[] = {
    {0x07ff, 0x007fffff, Kind::NaN, "NaN"},
    {0x0800, 0x00800000, Kind::NRes, "NRes"},
    {0x07fe, 0x007ffffe, Kind::PositiveInfinity, "+INF"},
    {0x0802, 0x00800002, Kind::NegativeInfinity, "-INF"},
    {0x0801, 0x00800001, Kind::Reserved, "RFU"},
};

TEST(AFloat, ReadsAsTheReferenceSays) {
    for (const Word& word : kFloats) {
        const MedFloat value = MedFloat::fromFloat(word.raw);
        EXPECT_EQ(value.mantissa(), word.mantissa);
        EXPECT_EQ(value.exponent(), word.exponent);
        EXPECT_EQ(value.text(), word.text);
        EXPECT_EQ(value, MedFloat::number(word.mantissa, word.exponent));
        EXPECT_EQ(value.toFloat(), word.raw);
    }
}

TEST(AnSfloat, ReadsAsTheReferenceSays) {
    for (const Word& word : kSfloats) {
        const MedFloat value = MedFloat::fromSfloat(static_cast<std::uint16_t>(word.raw));
        EXPECT_EQ(value.mantissa(), word.mantissa);
        EXPECT_EQ(value.exponent(), word.exponent);
        EXPECT_EQ(value.text(), word.text);
        EXPECT_EQ(value, MedFloat::number(word.mantissa, word.exponent, Width::Sfloat));
        EXPECT_EQ(value.toSfloat(), word.raw);
    }
}

TEST(SpecialValues, AreWholeWords) {
    for (const Special& special : kSpecials) {
        for (const MedFloat& value :
             {MedFloat::fromSfloat(special.sfloat), MedFloat::fromFloat(special.flt)}) {
            EXPECT_EQ(value.kind(), special.kind);
            EXPECT_FALSE(value.isNumber());
            EXPECT_FALSE(value.isNegative());
            EXPECT_FALSE(value.isZero());
            EXPECT_EQ(value.text(), special.text);
            EXPECT_EQ(value.scaled(8), std::nullopt);
            EXPECT_EQ(value.shifted(5), value);
            EXPECT_EQ(value.toSfloat(), special.sfloat);
            EXPECT_EQ(value.toFloat(), special.flt);
        }
    }
}

TEST(SpecialValues, AreNumbersWithAnyOtherExponent) {
    for (const Special& special : kSpecials) {
        for (std::uint16_t exponent = 1; exponent < 16; ++exponent)
            EXPECT_TRUE(MedFloat::fromSfloat(static_cast<std::uint16_t>(exponent << 12U | special.sfloat))
                            .isNumber());
        EXPECT_TRUE(MedFloat::fromFloat(special.flt | 0xff000000U).isNumber());
    }
}

TEST(SpecialValues, AsDoublesAreInfiniteOrNotANumber) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(MedFloat::fromSfloat(0x07fe).toDouble(), kInfinity);
    EXPECT_EQ(MedFloat::fromSfloat(0x0802).toDouble(), -kInfinity);
    for (const std::uint16_t raw : std::initializer_list<std::uint16_t>{0x07ff, 0x0800, 0x0801})
        EXPECT_TRUE(std::isnan(MedFloat::fromSfloat(raw).toDouble()));
}

TEST(Zero, HasManyEncodings) {
    for (const std::uint16_t raw : std::initializer_list<std::uint16_t>{0x0000, 0x8000, 0xf000}) {
        const MedFloat value = MedFloat::fromSfloat(raw);
        EXPECT_TRUE(value.isZero());
        EXPECT_EQ(value.text(), "0");
        EXPECT_EQ(value.scaled(-3), 0);
        EXPECT_EQ(value.toDouble(), 0.0);
        EXPECT_EQ(value.toSfloat(), raw);
    }
}

TEST(AnSfloat, SurvivesTheRoundTripForEveryWord) {
    for (std::uint32_t raw = 0; raw <= 0xffff; ++raw) {
        const MedFloat value = MedFloat::fromSfloat(static_cast<std::uint16_t>(raw));
        ASSERT_EQ(value.toSfloat(), raw);
        ASSERT_EQ(MedFloat::fromFloat(value.toFloat()).text(), value.text());
    }
}

TEST(AnSfloat, IsTheDoubleOfItsTextForEveryWord) {
    for (std::uint32_t raw = 0; raw <= 0xffff; ++raw) {
        const MedFloat value = MedFloat::fromSfloat(static_cast<std::uint16_t>(raw));
        if (!value.isNumber()) continue;
        ASSERT_EQ(value.toDouble(), std::strtod(value.text().c_str(), nullptr));
    }
}

TEST(AFloat, IsTheDoubleOfItsTextForEveryExponent) {
    for (int exponent = -128; exponent <= 127; ++exponent) {
        for (const std::int32_t mantissa : {1, -7, 51, 112, 978, 1120000, 8388605, -8388605}) {
            const MedFloat value = MedFloat::number(mantissa, static_cast<std::int8_t>(exponent));
            ASSERT_EQ(value.toDouble(), std::strtod(value.text().c_str(), nullptr)) << value.text();
            ASSERT_EQ(MedFloat::fromFloat(value.toFloat()), value);
        }
    }
}

TEST(Doubles, AreCorrectlyRounded) {
    // Products with a negative power of ten are off in the last place for these:
    // docs/protocol/numbers.md 1.2.
    EXPECT_EQ(MedFloat::number(1120000, -5).toDouble(), 11.2);
    EXPECT_EQ(MedFloat::number(978, -7).toDouble(), 9.78e-5);
}

TEST(Text, IsTheShortestDecimal) {
    EXPECT_EQ(MedFloat::number(112, -1).text(), "11.2");
    EXPECT_EQ(MedFloat::number(1120000, -5).text(), "11.2");
    EXPECT_EQ(MedFloat::number(-1, -8).text(), "-0.00000001");
    EXPECT_EQ(MedFloat::number(100, -2).text(), "1");
    EXPECT_EQ(MedFloat::number(12, 3).text(), "12000");
    EXPECT_EQ(MedFloat::number(1, 127).text(), "1" + std::string(127, '0'));
}

TEST(Scaled, CountsInADecimalUnit) {
    EXPECT_EQ(MedFloat::number(3000000, -7).scaled(8), 30000000);
    EXPECT_EQ(MedFloat::number(3, -1).scaled(8), 30000000);
    EXPECT_EQ(MedFloat::number(1652100, -6).scaled(4), 16521);
    EXPECT_EQ(MedFloat::number(-56, -1).scaled(1), -56);
}

TEST(Scaled, IsEmptyWhenTheUnitIsTooCoarseOrTheCountTooBig) {
    EXPECT_EQ(MedFloat::number(1652100, -6).scaled(3), std::nullopt);
    EXPECT_EQ(MedFloat::number(1, 10).scaled(8), 1000000000000000000);
    EXPECT_EQ(MedFloat::number(1, 11).scaled(8), std::nullopt);
    EXPECT_EQ(MedFloat::number(-1, 127).scaled(127), std::nullopt);
    EXPECT_EQ(MedFloat::number(1, -128).scaled(std::numeric_limits<int>::min()), std::nullopt);
    EXPECT_EQ(MedFloat::number(1, 127).scaled(std::numeric_limits<int>::max()), std::nullopt);
}

TEST(Shifted, MovesTheDecimalPoint) {
    EXPECT_EQ(MedFloat::fromSfloat(0xb07a).shifted(5), MedFloat::number(122, 0, Width::Sfloat));
    EXPECT_EQ(MedFloat::number(125, -3).shifted(-2).text(), "0.00125");
}

TEST(Shifted, WidensRatherThanBecomeASpecialValue) {
    const MedFloat high = MedFloat::number(2047, -5, Width::Sfloat).shifted(5);
    EXPECT_TRUE(high.isNumber());
    EXPECT_EQ(high, MedFloat::number(2047, 0, Width::Float));
    EXPECT_EQ(MedFloat::number(3, 7, Width::Sfloat).shifted(2), MedFloat::number(3, 9, Width::Float));
}

TEST(Shifted, BeyondAllExponentsIsInfiniteOrNotAtThisResolution) {
    EXPECT_EQ(MedFloat::number(1, 127).shifted(1).kind(), Kind::PositiveInfinity);
    EXPECT_EQ(MedFloat::number(-1, 127).shifted(1).toFloat(), 0x00800002U);
    EXPECT_EQ(MedFloat::number(1, -128).shifted(-1), MedFloat::fromFloat(0x00800000));
    EXPECT_TRUE(MedFloat::number(0, 127).shifted(1).isZero());
}

TEST(FromScaled, KeepsTheGivenRepresentationWhenItFits) {
    EXPECT_EQ(MedFloat::fromScaled(3000000, -7, Width::Float), MedFloat::number(3000000, -7));
    EXPECT_EQ(MedFloat::fromScaled(-8, -1, Width::Sfloat), MedFloat::number(-8, -1, Width::Sfloat));
}

TEST(FromScaled, MovesTheDecimalPointAsLittleAsNeeded) {
    EXPECT_EQ(MedFloat::fromScaled(120000, -4, Width::Sfloat), MedFloat::number(1200, -2, Width::Sfloat));
    EXPECT_EQ(MedFloat::fromScaled(12, 9, Width::Sfloat), MedFloat::number(1200, 7, Width::Sfloat));
    EXPECT_EQ(MedFloat::fromScaled(0, 500, Width::Float), MedFloat::number(0, 0));
    EXPECT_EQ(MedFloat::fromScaled(1000, -130, Width::Float), MedFloat::number(10, -128));
}

TEST(FromScaled, IsEmptyWhenTheValueDoesNotFitExactly) {
    EXPECT_EQ(MedFloat::fromScaled(2049, 0, Width::Sfloat), std::nullopt);
    EXPECT_EQ(MedFloat::fromScaled(2047, 0, Width::Sfloat), std::nullopt); // the word is NaN
    EXPECT_EQ(MedFloat::fromScaled(8388606, 0, Width::Float), std::nullopt);
    EXPECT_EQ(MedFloat::fromScaled(300, 9, Width::Sfloat), std::nullopt);
    EXPECT_EQ(MedFloat::fromScaled(1, -9, Width::Sfloat), std::nullopt);
    for (const int exponent : {std::numeric_limits<int>::min(), std::numeric_limits<int>::max()})
        for (const std::int64_t value :
             {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
            EXPECT_EQ(MedFloat::fromScaled(value, exponent, Width::Float), std::nullopt);
}

TEST(Number, RefusesWhatDoesNotFit) {
    EXPECT_THROW(MedFloat::number(2048, -1, Width::Sfloat), std::invalid_argument);
    EXPECT_THROW(MedFloat::number(1, 8, Width::Sfloat), std::invalid_argument);
    EXPECT_THROW(MedFloat::number(2047, 0, Width::Sfloat), std::invalid_argument);
    EXPECT_THROW(MedFloat::number(8388608, -1), std::invalid_argument);
}

TEST(Words, OfAWidthThatCannotSayTheValueAreNRes) {
    EXPECT_EQ(MedFloat::number(1234567, -5).toSfloat(), 0x0800);
    EXPECT_EQ(MedFloat::number(1200000, -5).toSfloat(), 0xe4b0); // 1200 x 10^-2
}

} // namespace
} // namespace protocol
