// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "examples.hpp"
#include "protocol/history/record.hpp"

namespace protocol::history::test {
namespace {

using Code = ParseError::Code;

Parsed<Record> decodeHex(std::string_view text) {
    return decode(hex(text));
}

template <typename Event>
Event eventOf(std::string_view text) {
    const auto record = decodeHex(text);
    EXPECT_TRUE(record.has_value()) << text;
    if (!record.has_value() || !std::holds_alternative<Event>(record->data)) {
        ADD_FAILURE() << "another event: " << text;
        return {};
    }
    return std::get<Event>(record->data);
}

ParseError errorOf(ByteView bytes) {
    const auto record = decode(bytes);
    EXPECT_FALSE(record.has_value()) << toHex(bytes);
    return record.has_value() ? ParseError{Code::BadChecksum, 0, {}} : record.error();
}

/// Of amounts that the vendor may have widened only the length tells (docs/protocol/history.md 5): cut, such
/// a record is read as the narrow form.
bool isWidened(const Example& example) {
    return example.name.find("wide") != std::string::npos;
}

bool isOpaque(const Example& example) {
    return example.expect.at("event_name") == "unknown";
}

TEST(HistoryRecord, DecodesTheHeaderOfEachExample) {
    for (const Example& example : recordExamples()) {
        const auto record = decode(example.bytes);
        ASSERT_TRUE(record.has_value()) << example.name << ": " << toString(record.error());
        const Header& header = record->header;
        EXPECT_EQ(header.eventType, example.expect.at("event_type")) << example.name;
        EXPECT_EQ(header.sequenceNumber, example.expect.at("sequence_number")) << example.name;
        EXPECT_EQ(header.relativeOffset, example.expect.at("relative_offset_s")) << example.name;
        EXPECT_EQ(eventName(header.eventType), example.expect.at("event_name")) << example.name;
        EXPECT_EQ(*parseHeader(example.bytes), header) << example.name;
    }
}

TEST(HistoryRecord, EncodesEachExampleToTheSameOctets) {
    for (const Example& example : recordExamples()) {
        const auto record = decode(example.bytes);
        ASSERT_TRUE(record.has_value()) << example.name;
        EXPECT_EQ(toHex(encode(*record)), toHex(example.bytes)) << example.name;
        EXPECT_EQ(*decode(encode(*record)), *record) << example.name;
    }
}

TEST(HistoryRecord, HasAnExampleOfEveryEvent) {
    std::set<std::size_t> seen;
    for (const Example& example : recordExamples()) seen.insert(decode(example.bytes)->data.index());
    EXPECT_EQ(seen.size(), std::variant_size_v<EventVariant>);
}

TEST(HistoryRecord, RejectsEachExampleCutAnywhere) {
    for (const Example& example : recordExamples()) {
        if (isWidened(example)) continue;
        for (std::size_t length = 0; length < example.bytes.size(); ++length) {
            const auto cut = ByteView(example.bytes).first(length);
            if (isOpaque(example) && length >= kHeaderSize) {
                EXPECT_TRUE(decode(cut).has_value()) << example.name << " " << length;
                continue;
            }
            const ParseError error = errorOf(cut);
            EXPECT_EQ(error.code, Code::Truncated) << example.name << " " << length;
            EXPECT_LE(error.offset, length) << example.name;
        }
    }
}

TEST(HistoryRecord, ReadsAWidenedRecordOnlyAtItsTwoLengths) {
    const Bytes wide = hex("6a037a87010033010101a0056400000078000000"); // target range, 100 to 120 mg/dL
    for (std::size_t length = 0; length <= wide.size(); ++length) {
        const auto record = decode(ByteView(wide).first(length));
        EXPECT_EQ(record.has_value(), length == 16 || length == 20) << length;
        if (!record.has_value() && length > 16) {
            EXPECT_EQ(record.error(), (ParseError{Code::Trailing, 16, "end of frame"}));
        }
    }
}

TEST(HistoryRecord, RejectsEachExampleWithOneOctetMore) {
    for (const Example& example : recordExamples()) {
        if (isOpaque(example)) continue;
        Bytes longer = example.bytes;
        longer.push_back(0);
        const ParseError error = errorOf(longer);
        EXPECT_EQ(error.code, Code::Trailing) << example.name;
        EXPECT_EQ(error.offset, example.bytes.size()) << example.name;
    }
}

TEST(HistoryRecord, BlamesTheFieldThatIsCut) {
    struct Field {
        std::size_t offset;
        std::string_view name;
    };
    struct Case {
        std::string_view record;
        std::vector<Field> fields;
    };
    const std::vector<Field> header{{0, "event_type"}, {2, "sequence_number"}, {6, "relative_offset_s"}};
    const std::vector<Case> cases{
        {"5a00c1860100b404ca0033001711fb000000000000",
         {{8, "bolus_id"},
          {10, "bolus_type"},
          {11, "programmed_fast_iu"},
          {15, "programmed_extended_iu"},
          {19, "duration_min"}}},
        {"6600ca86010008071f0a000255",
         {{8, "flags"}, {9, "delay_time_min"}, {11, "template_number"}, {12, "activation_type"}}},
        {"9600c8860100f00507000000005a3c3302",
         {{8, "flags"},
          {9, "start_time_offset_s"},
          {13, "activation_type"},
          {14, "end_reason"},
          {15, "annunciation_instance_id"}}},
        {"04f0da86010000001f520300fd0a330f0000ff",
         {{8, "flags"},
          {9, "basal_rate_iu_h"},
          {13, "stopped_reason"},
          {14, "tbr_type"},
          {15, "tbr_adjustment"}}},
        {"0cf0aa860100bb0003008e000c09d7ff",
         {{8, "time_offset_min"}, {10, "sg_raw"}, {12, "isig"}, {14, "v_counter"}}},
        {"0ef0a0860100100e3cea07030e091a00", {{8, "recording_reason"}, {9, "date_time"}}},
        {"10f00a87010070080f380269f00f90ec473114000000",
         {{8, "flags"},
          {9, "instance_id"},
          {11, "annunciation_type"},
          {13, "status"},
          {14, "timestamp"},
          {18, "aux"}}},
        {"ff0071870100380401f1f0bbf0ea07030d",
         {{8, "flags"}, {9, "bolus_iu"}, {11, "basal_iu"}, {13, "date"}}},
        {"3f03768701003001030900660033e8030000",
         {{8, "flags"},
          {9, "instance_id"},
          {11, "annunciation_type"},
          {13, "status"},
          {14, "aux1"},
          {16, "aux2"}}},
    };
    for (const Case& c : cases) {
        const Bytes bytes = hex(c.record);
        std::vector<Field> fields = header;
        fields.insert(fields.end(), c.fields.begin(), c.fields.end());
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const auto field = std::find_if(fields.rbegin(), fields.rend(),
                                            [length](const Field& f) { return f.offset <= length; });
            const ParseError expected{Code::Truncated, field->offset, field->name};
            EXPECT_EQ(toString(errorOf(ByteView(bytes).first(length))), toString(expected)) << c.record;
        }
    }
}

TEST(HistoryRecord, RejectsTheMalformedExamples) {
    for (const auto& line : readExamples("history-malformed.jsonl")) {
        EXPECT_FALSE(decodeHex(line.at("hex").get<std::string>()).has_value()) << line.at("name");
    }
}

TEST(HistoryRecord, RejectsDatesThatDoNotExist) {
    for (const auto* record : {
             "0ef0a0860100100e3cea070d0e091a00", // month 13
             "0ef0a0860100100e3cea07021e091a00", // 30 February
             "0ef0a0860100100e3cea07021d091a00", // 29 February 2026
             "0ef0a0860100100e3c00000000000000", // unknown
             "0ef0a0860100100e3cea07030e181a00", // hour 24
             "0ef0a0860100100e3cea07030e093c00", // minute 60
         }) {
        EXPECT_EQ(errorOf(hex(record)), (ParseError{Code::BadValue, 9, "date_time"})) << record;
    }
    EXPECT_EQ(errorOf(hex("ff0071870100380401f1f0bbf0ea07021e")), (ParseError{Code::BadValue, 13, "date"}));
    EXPECT_TRUE(decodeHex("0ef0a0860100100e3ce807021d173b3b").has_value()) << "29 February 2024";
}

TEST(HistoryRecord, RejectsNegativeAmounts) {
    EXPECT_EQ(errorOf(hex("05f0be860100b404ffff")), (ParseError{Code::BadValue, 8, "food_g"}));
    EXPECT_EQ(errorOf(hex("01f0b6860100bf00c9ffffffff")), (ParseError{Code::BadValue, 9, "amount_iu"}));
    EXPECT_EQ(errorOf(hex("5a00c1860100b404ca0033001711fbffffffff0000")),
              (ParseError{Code::BadValue, 15, "programmed_extended_iu"}));
    EXPECT_EQ(errorOf(hex("07f0e6860100220c3400ffbf")), (ParseError{Code::BadValue, 10, "bg_kg_per_l"}));
    EXPECT_EQ(errorOf(hex("3003748701002e01ffff")), (ParseError{Code::BadValue, 8, "remaining_iu"}));
}

TEST(HistoryRecord, KeepsSpecialFloats) {
    const auto meal = eventOf<Meal>("05f0be860100b404ff07");
    EXPECT_EQ(meal.foodGrams.kind(), MedFloat::Kind::NaN);
    const auto delivery = eventOf<AutoBasalDelivery>("01f0b6860100bf00c902008000");
    EXPECT_EQ(delivery.amount.kind(), MedFloat::Kind::NegativeInfinity);
    for (const auto* record :
         {"05f0be860100b404ff07", "01f0b6860100bf00c902008000", "05f0be860100b4040108"}) {
        EXPECT_EQ(toHex(encode(*decodeHex(record))), record);
    }
}

TEST(HistoryRecord, KeepsAmountsAsTheyCame) {
    // 0.3 as 3000000 x 10^-7 and as 3 x 10^-1: equal values, other octets.
    for (const auto* record : {"01f0b6860100bf00c9c0c62df9", "01f0b6860100bf00c9030000ff"}) {
        EXPECT_EQ(eventOf<AutoBasalDelivery>(record).amount.text(), "0.3");
        EXPECT_EQ(toHex(encode(*decodeHex(record))), record);
    }
}

TEST(HistoryRecord, TellsWidenedAmountsByTheLength) {
    const auto narrow = eventOf<ReservoirRemainingAmountChanged>("3003748701002e01e1f5");
    EXPECT_EQ(narrow.remaining.width(), MedFloat::Width::Sfloat);
    EXPECT_EQ(narrow.remaining.text(), "150.5");
    const auto wide = eventOf<ReservoirRemainingAmountChanged>("3003758701002f01215903fd");
    EXPECT_EQ(wide.remaining.width(), MedFloat::Width::Float);
    EXPECT_EQ(wide.remaining.text(), "219.425");
    // With and without an optional field after the amount.
    EXPECT_EQ(eventOf<PrimingDone>("9a037d870100410101020000ff555902").delivered.text(), "0.2");
    EXPECT_EQ(eventOf<PrimingDone>("9a037d870100410100020000ff55").delivered.text(), "0.2");
    const auto changed = eventOf<TbrAdjustmentChanged>("c3006c8701007800013c0c0000ff1e00010003");
    EXPECT_EQ(changed.adjustment.text(), "1.2");
    EXPECT_EQ(changed.templateNumber, 3);
}

TEST(HistoryRecord, EncodesAmountsOfOneRecordInOneWidth) {
    const MedFloat narrow = MedFloat::number(5, 0, MedFloat::Width::Sfloat);
    const MedFloat wide = MedFloat::number(7, 0, MedFloat::Width::Float);
    const Record record{{0x036a, 1, 2}, TargetRangeTimeBlockChanged{1, 1, 1440, narrow, wide}};
    const Bytes bytes = encode(record);
    const auto again = decode(bytes);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(std::get<TargetRangeTimeBlockChanged>(again->data).lower.text(), "5");
    EXPECT_EQ(std::get<TargetRangeTimeBlockChanged>(again->data).upper.text(), "7");
}

TEST(HistoryRecord, RefusesTheNarrowFormOfADose) {
    // 9 octets instead of 13: a cut record would otherwise decode to another dose.
    for (const auto* record : {"5a00d0860100e60ccf00330ff000000000", "6900d0860100e60ccf00330ff000000000",
                               "9900d38601003304000bf00cf0", "fc03d286010038040f000c00"}) {
        EXPECT_FALSE(decodeHex(record).has_value()) << record;
    }
}

TEST(HistoryRecord, WritesWhatTheFlagsAnnounce) {
    BolusProgrammedPart2 event;
    event.flags = BolusProgrammedPart2::TemplateNumber;
    event.delayTimeMinutes = 5; // not announced
    EXPECT_EQ(toHex(encode({{0x0066, 1, 2}, event})), "66000100000002000200");
}

TEST(HistoryRecord, KeepsUnknownTypesWhole) {
    const auto event = eventOf<UnknownEvent>("1ff0838701004501deadbeef01");
    EXPECT_EQ(toHex(event.raw), "deadbeef01");
    EXPECT_EQ(eventOf<UnknownEvent>("1ff0838701004501"), UnknownEvent{});
    EXPECT_FALSE(decodeHex("1ff08387010045").has_value());
    EXPECT_FALSE(isKnown(0xf01f));
    EXPECT_FALSE(isKnown(0xffff));
    EXPECT_EQ(eventName(0xffff), "unknown");
}

TEST(HistoryRecord, KeepsEnumerationValuesThatAreNotListed) {
    const auto stopped = eventOf<InsulinDeliveryStopped>("0af0e086010026030c");
    EXPECT_EQ(static_cast<int>(stopped.reason), 12);
    EXPECT_EQ(name(stopped.reason), "unknown");
}

TEST(HistoryRecord, KeepsFlagBitsWithoutAMeaning) {
    EXPECT_EQ(toHex(encode(*decodeHex("04f0db8601000000e0"))), "04f0db8601000000e0");
}

TEST(HistoryRecord, FindsTypesByName) {
    for (const Example& example : recordExamples()) {
        const auto name = example.expect.at("event_name").get<std::string>();
        if (isOpaque(example)) {
            EXPECT_EQ(eventTypeByName(name), std::nullopt);
        } else {
            EXPECT_EQ(eventTypeByName(name), example.expect.at("event_type").get<std::uint16_t>());
        }
    }
    EXPECT_EQ(eventTypeByName(""), std::nullopt);
}

TEST(HistoryHeader, IsReadFromRecordsThatCannotBeDecoded) {
    const auto header = parseHeader(hex("05f0be860100b4042d"));
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(*header, (Header{0xf005, 100030, 1204}));
    EXPECT_EQ(parseHeader(hex("05f0be86")).error(), (ParseError{Code::Truncated, 2, "sequence_number"}));
}

TEST(SgMeasurement, TellsCodesFromGlucose) {
    const auto special = [](std::uint16_t raw) { return SgMeasurement{0, raw, 0, 0}.special(); };
    const auto glucose = [](std::uint16_t raw) { return SgMeasurement{0, raw, 0, 0}.glucoseMgDl(); };
    EXPECT_EQ(special(0), SgSpecial::NoValueZero);
    EXPECT_EQ(special(1), SgSpecial::None);
    EXPECT_EQ(special(0x02ff), SgSpecial::None);
    EXPECT_EQ(special(0x0300), SgSpecial::Unknown);
    EXPECT_EQ(special(0x0301), SgSpecial::SensorStarting);
    EXPECT_EQ(special(0x0303), SgSpecial::SensorUpdating);
    EXPECT_EQ(special(0x0308), SgSpecial::Above400);
    EXPECT_EQ(special(0x030d), SgSpecial::Below50);
    EXPECT_EQ(special(0xffff), SgSpecial::Unknown);
    EXPECT_EQ(glucose(142), 142);
    EXPECT_EQ(glucose(0x02ff), 767);
    EXPECT_EQ(glucose(0), std::nullopt);
    EXPECT_EQ(glucose(0x0308), std::nullopt);
    EXPECT_EQ(glucose(0x0305), std::nullopt);
}

} // namespace
} // namespace protocol::history::test
