// SPDX-License-Identifier: MIT
#include "protocol/cgm/measurement.hpp"

#include <gtest/gtest.h>

#include "../idd/service_examples.hpp"
#include "protocol/cgm/feature.hpp"
#include "protocol/codec/crc.hpp"

namespace protocol::cgm {
namespace {

using test::hex;
using Code = ParseError::Code;

Measurement measurement(std::string_view text) {
    const auto parsed = parseMeasurement(hex(text));
    EXPECT_TRUE(parsed.has_value()) << text;
    return parsed.has_value() ? *parsed : Measurement{};
}

TEST(CgmMeasurement, HasTheFieldsThatItsFlagsAnnounce) {
    const Measurement all = measurement("0fe337002c01020801ebff0a00e80b");
    EXPECT_EQ(all.glucoseMgDl(), 55);
    EXPECT_EQ(all.timeOffsetMinutes, 300);
    EXPECT_EQ(all.trend->text(), "-2.1");
    EXPECT_EQ(all.quality->text(), "10");
    EXPECT_EQ(all.statusBits(), 1U << 1U | 1U << 11U | 1U << 16U);
    EXPECT_EQ(all.size(), 15);

    const Measurement least = measurement("080078000a002f2b");
    EXPECT_EQ(least.glucoseMgDl(), 120);
    EXPECT_EQ(least.trend, std::nullopt);
    EXPECT_EQ(least.quality, std::nullopt);
    EXPECT_EQ(least.size(), 8);
}

TEST(CgmMeasurement, HasNoGlucoseWhereThePumpHasNone) {
    EXPECT_EQ(measurement("0ec300000f0000000000000028f8").glucoseMgDl(), std::nullopt) << "0 is a marker";
    const Measurement nan = measurement("0800ff071400d602");
    EXPECT_EQ(nan.glucoseMgDl(), std::nullopt);
    EXPECT_EQ(nan.glucose.kind(), MedFloat::Kind::NaN);
    Measurement absurd;
    absurd.glucose = MedFloat::number(2000, 7, MedFloat::Width::Sfloat);
    EXPECT_EQ(absurd.glucoseMgDl(), std::nullopt);
    absurd.glucose = MedFloat::number(1, -3, MedFloat::Width::Sfloat);
    EXPECT_EQ(absurd.glucoseMgDl(), std::nullopt);
}

TEST(CgmMeasurement, RoundsGlucose) {
    Measurement value;
    value.glucose = MedFloat::number(1205, -1, MedFloat::Width::Sfloat);
    EXPECT_EQ(value.glucoseMgDl(), 121);
}

TEST(CgmMeasurement, RejectsNegativeGlucose) {
    Measurement value;
    value.glucose = MedFloat::number(-5, 0, MedFloat::Width::Sfloat);
    EXPECT_EQ(parseMeasurement(serialize(value)).error(), (ParseError{Code::BadValue, 2, "glucose_mg_dl"}));
}

TEST(CgmMeasurement, RejectsAWrongSizeByte) {
    Bytes content = hex("0ac378000a0000000000000000"); // 15 with its CRC
    content[0] = 0x10;
    const auto withCrc = [](Bytes bytes) {
        const std::uint16_t crc = e2eCrc(bytes);
        bytes.push_back(static_cast<std::uint8_t>(crc & 0xffU));
        bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
        return bytes;
    };
    content.pop_back();
    EXPECT_EQ(parseMeasurement(withCrc(content)).error(), (ParseError{Code::Truncated, 14, "end of frame"}));
    content[0] = 0x0d;
    EXPECT_EQ(parseMeasurement(withCrc(content)).error(), (ParseError{Code::Trailing, 13, "end of frame"}));
}

TEST(CgmMeasurement, BlamesTheFieldThatIsCut) {
    const Bytes whole = hex("0fe337002c01020801ebff0a00e80b");
    const std::vector<std::pair<std::size_t, std::string_view>> fields{
        {0, "size"},     {1, "flags"},   {2, "glucose_mg_dl"},   {4, "time_offset_min"}, {6, "status"},
        {7, "cal_temp"}, {8, "warning"}, {9, "trend_mg_dl_min"}, {11, "quality"},        {13, "E2E-CRC"}};
    for (std::size_t length = 0; length < whole.size(); ++length) {
        std::pair<std::size_t, std::string_view> cut;
        for (const auto& field : fields) {
            if (field.first <= length) cut = field;
        }
        EXPECT_EQ(toString(parseMeasurement(ByteView(whole).first(length)).error()),
                  toString(ParseError{Code::Truncated, cut.first, cut.second}))
            << length;
    }
}

TEST(CgmMeasurement, RejectsABadChecksum) {
    EXPECT_EQ(parseMeasurement(hex("0ec3be003b0b0000f8ff0a00cbb1")).error(),
              (ParseError{Code::BadChecksum, 12, "E2E-CRC"}));
    EXPECT_EQ(parseMeasurement(hex("0ec3bf003b0b0000f8ff0a00cbb0")).error(),
              (ParseError{Code::BadChecksum, 12, "E2E-CRC"}));
}

TEST(CgmMeasurement, KeepsFlagsWithoutAMeaning) {
    Measurement value;
    value.flags = 4 | 8 | 16;
    value.glucose = MedFloat::number(100, 0, MedFloat::Width::Sfloat);
    const auto again = parseMeasurement(serialize(value));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->flags, 4 | 8 | 16);
}

TEST(CgmMeasurementAssembler, PassesWholeRecordsOn) {
    MeasurementAssembler assembler;
    const Bytes record = hex("0ec3be003b0b0000f8ff0a00cbb0");
    EXPECT_EQ(assembler.add(record), std::vector<Bytes>{record});
    EXPECT_EQ(assembler.pending(), 0U);
}

TEST(CgmMeasurementAssembler, JoinsARecordCutAnywhere) {
    const Bytes record = hex("0fe337002c01020801ebff0a00e80b");
    for (std::size_t cut = 1; cut < record.size(); ++cut) {
        MeasurementAssembler assembler;
        EXPECT_TRUE(assembler.add(ByteView(record).first(cut)).empty());
        EXPECT_EQ(assembler.pending(), cut);
        EXPECT_EQ(assembler.add(ByteView(record).subspan(cut)), std::vector<Bytes>{record});
    }
}

TEST(CgmMeasurementAssembler, SplitsRecordsThatCameTogether) {
    MeasurementAssembler assembler;
    const Bytes first = hex("080078000a002f2b");
    const Bytes second = hex("0920360131010233b9");
    Bytes both = first;
    both.insert(both.end(), second.begin(), second.end());
    EXPECT_EQ(assembler.add(ByteView(both).first(12)), std::vector<Bytes>{first});
    EXPECT_EQ(assembler.add(ByteView(both).subspan(12)), std::vector<Bytes>{second});
}

TEST(CgmMeasurementAssembler, HandsOutWhatCannotBeARecord) {
    MeasurementAssembler assembler;
    const Bytes garbage = hex("070102");
    EXPECT_EQ(assembler.add(garbage), std::vector<Bytes>{garbage});
    EXPECT_FALSE(parseMeasurement(garbage).has_value());
    const Bytes record = hex("080078000a002f2b");
    EXPECT_EQ(assembler.add(record), std::vector<Bytes>{record}) << "starts anew";
}

TEST(CgmMeasurementAssembler, ForgetsPiecesWhenCleared) {
    MeasurementAssembler assembler;
    EXPECT_TRUE(assembler.add(hex("ff00")).empty());
    assembler.clear();
    const Bytes record = hex("080078000a002f2b");
    EXPECT_EQ(assembler.add(record), std::vector<Bytes>{record});
    EXPECT_TRUE(assembler.add({}).empty());
}

TEST(CgmFeature, ChecksTheChecksumOnlyWhereItIsSupported) {
    EXPECT_TRUE(parseFeature(hex("009001591404")).has_value());
    EXPECT_EQ(parseFeature(hex("009001591405")).error(), (ParseError{Code::BadChecksum, 4, "E2E-CRC"}));
    const auto without = parseFeature(hex("00800059ffff"));
    ASSERT_TRUE(without.has_value());
    EXPECT_FALSE(without->supportsE2eCrc());
    EXPECT_EQ(without->type, 9);
    EXPECT_EQ(without->sampleLocation, 5);
}

TEST(CgmFeature, WritesItsChecksum) {
    Feature feature;
    feature.feature = Feature::E2eCrc | Feature::Trend | Feature::Quality;
    feature.type = 9;
    feature.sampleLocation = 5;
    EXPECT_EQ(toHex(serialize(feature)), "009001591404");
    feature.feature = Feature::Trend;
    EXPECT_EQ(toHex(serialize(feature)), "00800059ffff");
}

} // namespace
} // namespace protocol::cgm
