// SPDX-License-Identifier: MIT
#include "nightscout/documents/document.hpp"
#include "nightscout/documents/treatment.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "history_builder.hpp"
#include "therapy/amount.hpp"

namespace nightscout {
namespace {

constexpr std::array kKinds{Kind::Sgv,     Kind::Bolus,   Kind::Carbs,  Kind::AutoBasal,  Kind::Basal,
                            Kind::Suspend, Kind::Note,    Kind::Bg,     Kind::Alarm,      Kind::Site,
                            Kind::Insulin, Kind::Battery, Kind::Sensor, Kind::TempTarget, Kind::Gap};

Kind kindByName(std::string_view text) {
    for (const Kind kind : kKinds) {
        if (name(kind) == text) return kind;
    }
    throw std::invalid_argument("kind");
}

TEST(Identifier, AgreesWithEveryPublishedVector) {
    std::istringstream lines(test::readData("identities.txt"));
    int vectors = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.front() == '#') continue;
        std::istringstream words(line);
        std::string kind, key, expected;
        words >> kind >> key >> expected;
        EXPECT_EQ(identifier("NG1234567H", kindByName(kind), key), expected) << line;
        ++vectors;
    }
    EXPECT_EQ(vectors, 15);
}

TEST(Identifier, TrimsTheSerialAndWritesItInUpperCase) {
    const auto plain = identifier("NG1234567H", Kind::Sgv, "00");
    EXPECT_EQ(identifier("  ng1234567h\n", Kind::Sgv, "00"), plain);
    EXPECT_EQ(identifier(std::string_view("NG1234567H\0\0", 12), Kind::Sgv, "00"), plain);
    EXPECT_NE(identifier("NG1234567J", Kind::Sgv, "00"), plain);
    EXPECT_NE(identifier("NG1234567H", Kind::Sgv, "01"), plain);
}

TEST(Identifier, DiffersBetweenKindsOfOneRecord) {
    std::set<std::string> all;
    for (const Kind kind : kKinds) all.insert(identifier("NG1234567H", kind, "00"));
    EXPECT_EQ(all.size(), kKinds.size());
}

TEST(Iso, HasMillisecondsAndTheZone) {
    using namespace std::chrono_literals;
    EXPECT_EQ(toIso(test::kStart + 191s + 22ms), "2026-03-14T08:29:11.022Z");
    EXPECT_EQ(toIso(UtcMilliseconds{}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(toIso(UtcMilliseconds{-1ms}), "1969-12-31T23:59:59.999Z");
}

TEST(Feature, IsFoundByItsName) {
    EXPECT_EQ(name(Feature::PumpEvents), "PUMP_EVENTS");
    EXPECT_EQ(featureByName("DEVICE_STATUS"), Feature::DeviceStatus);
    EXPECT_EQ(featureByName("CGM"), Feature::Cgm);
    EXPECT_EQ(featureByName("cgm"), std::nullopt);
    EXPECT_EQ(name(Collection::DeviceStatus), "devicestatus");
}

TEST(Amount, ReadsAnyRepresentationOfTheSameNumber) {
    using protocol::MedFloat;
    EXPECT_EQ(text(*amountOf(MedFloat::number(3000000, -7))), "0.3");
    EXPECT_EQ(text(*amountOf(MedFloat::number(3, -1))), "0.3");
    EXPECT_EQ(text(*amountOf(MedFloat::number(12, 1))), "120");
    EXPECT_EQ(text(*amountOf(MedFloat::number(25, -3))), "0.025");
}

TEST(Amount, RefusesWhatNoAmountCanBe) {
    using protocol::MedFloat;
    EXPECT_FALSE(amountOf(MedFloat::fromFloat(0x007fffff))); // NaN
    EXPECT_FALSE(amountOf(MedFloat::fromFloat(0x007ffffe))); // +infinity
    EXPECT_FALSE(amountOf(MedFloat::number(-1, 0)));
    EXPECT_FALSE(amountOf(MedFloat::number(1, 6)));
    EXPECT_FALSE(amountOf(MedFloat::number(1, 100)));
    EXPECT_FALSE(amountOf(MedFloat::number(1, -9)));
}

TEST(Amount, PrintsWithoutBinaryArtefacts) {
    for (std::int64_t thousandths = 0; thousandths <= 30'000; ++thousandths) {
        const Amount amount{thousandths * 100'000};
        EXPECT_EQ(number(amount).dump(), text(amount));
    }
}

TEST(Amount, RoundsRatesToThreePlacesAndSharesToPercent) {
    constexpr Amount kOneUnit{100'000'000};
    EXPECT_EQ(text(therapy::perHour(kOneUnit, 7)), "8.571");
    EXPECT_EQ(text(therapy::perHour(kOneUnit, 90)), "0.667");
    EXPECT_EQ(text(therapy::perHour(kOneUnit, 60)), "1");
    EXPECT_EQ(therapy::percent({400}, {650}), 62);
    EXPECT_EQ(therapy::percent({1}, {200}), 1); // half up
    EXPECT_EQ(therapy::percent({0}, {7}), 0);
}

} // namespace
} // namespace nightscout
