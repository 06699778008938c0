// SPDX-License-Identifier: MIT
// The published example values, as the pump would carry them, in a capture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "capture/decoder.hpp"
#include "project_file.hpp"
#include "protocol/uuids.hpp"
#include "value_script.hpp"

namespace capture::testing {
namespace {

namespace uuid = protocol::uuid;
using nlohmann::json;
using protocol::Bytes;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Place = ValueScript::Place;
using Way = ValueScript::Way;

const Place kMeasurement{uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement};
const Place kStatusReader{uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint};

Bytes hex(std::string_view text) {
    return *protocol::fromHex(text);
}

struct Example {
    std::string name;
    std::string serviceName;
    Place place;
    Way way;
    std::string octets;
    json expect;
};

std::vector<Example> examples() {
    const std::map<std::string, std::string_view> services{
        {"Insulin Delivery", uuid::kInsulinDelivery},
        {"Continuous Glucose Monitoring", uuid::kContinuousGlucoseMonitoring},
        {"Battery", uuid::kBattery},
        {"Device Information", uuid::kDeviceInformation},
        {"Current Time", uuid::kCurrentTimeService}};
    const std::map<std::string, Way> ways{{"read", Way::Read},
                                          {"notification", Way::Notification},
                                          {"indication", Way::Indication},
                                          {"write", Way::Write}};
    std::ifstream in(support::projectFile("tests/protocol/data/services-examples.jsonl"));
    std::vector<Example> found;
    for (std::string text; std::getline(in, text);) {
        const json line = json::parse(text);
        std::string number = line.at("characteristic").get<std::string>().substr(2);
        for (char& each : number) each = static_cast<char>(std::tolower(each));
        const std::string characteristic =
            "0000" + number +
            (number < "1000" ? "-0000-1000-0000-009132591325" : "-0000-1000-8000-00805f9b34fb");
        const std::string service = line.at("service");
        found.push_back({line.at("name"),
                         service,
                         {std::string(services.at(service)), characteristic},
                         ways.at(line.at("direction")),
                         line.at("hex"),
                         line.at("expect")});
    }
    EXPECT_FALSE(found.empty());
    return found;
}

struct Decoded {
    std::vector<json> values; ///< lines of kind "value"
    std::vector<std::string> texts;
    std::vector<std::string> notes;
    bool problems = false;
};

Decoded decodeAll(const ValueScript& script) {
    Decoded decoded;
    const auto damage = decode(script.file(), &script.keys(), [&decoded](const Line& line) {
        const json object = json::parse(toJsonLine(line));
        if (line.kind == Line::Kind::Note) decoded.notes.push_back(line.what);
        if (line.problem) decoded.problems = true;
        if (line.kind != Line::Kind::Value) return;
        decoded.values.push_back(object);
        decoded.texts.push_back(toTextLine(line));
    });
    EXPECT_EQ(damage, std::nullopt);
    return decoded;
}

bool goesOn(const json& line) {
    return line.at("what").get<std::string>().find("goes on") != std::string::npos;
}

class ValuesInACapture : public ::testing::TestWithParam<std::uint16_t> {};

TEST_P(ValuesInACapture, AreDecodedAsTheirExamples) {
    const auto all = examples();
    std::set<Place> places;
    for (const Example& each : all) places.insert(each.place);
    ValueScript script({places.begin(), places.end()}, GetParam());
    for (const Example& each : all) script.carry(each.place, each.way, hex(each.octets));

    Decoded decoded = decodeAll(script);
    EXPECT_FALSE(decoded.problems);
    std::erase_if(decoded.values, goesOn);
    ASSERT_EQ(decoded.values.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const json& line = decoded.values[i];
        EXPECT_EQ(line.at("service"), all[i].serviceName) << all[i].name;
        EXPECT_EQ(line.at("raw"), all[i].octets) << all[i].name;
        EXPECT_EQ(line.at("direction"), all[i].way == Way::Write ? "sent" : "received") << all[i].name;
        const bool foreign = all[i].name == "command_req_high_limits"; // a request that we have no layout of
        EXPECT_EQ(line.value("value", json()), foreign ? json() : all[i].expect) << all[i].name;
    }
}

TEST_P(ValuesInACapture, ThatHaveNoLayoutAreShownRaw) {
    const Place place{uuid::kContinuousGlucoseMonitoring, "00000205-0000-1000-0000-009132591325"};
    ValueScript script({place}, GetParam());
    script.carry(place, Way::Read, hex("0102030405"));
    const Decoded decoded = decodeAll(script);
    ASSERT_EQ(decoded.values.size(), 1U);
    EXPECT_EQ(decoded.values[0].at("characteristic"), "Algorithm Data");
    EXPECT_EQ(decoded.values[0].at("raw"), "0102030405");
    EXPECT_FALSE(decoded.values[0].contains("value"));
    EXPECT_FALSE(decoded.problems);
}

TEST_P(ValuesInACapture, ThatCannotBeDecodedSayWhere) {
    ValueScript script({kStatusReader}, GetParam());
    script.carry(kStatusReader, Way::Indication, hex("6a03000100"));
    const Decoded decoded = decodeAll(script);
    ASSERT_EQ(decoded.values.size(), 1U);
    EXPECT_TRUE(decoded.problems);
    EXPECT_EQ(decoded.values[0].at("error").at("code"), "truncated");
    EXPECT_EQ(decoded.values[0].at("error").at("field"), "configured_rate_iu_h");
    EXPECT_EQ(decoded.values[0].at("raw"), "6a03000100");
    EXPECT_THAT(decoded.texts[0], HasSubstr("error.code=truncated"));
}

INSTANTIATE_TEST_SUITE_P(AtEachMtu, ValuesInACapture, ::testing::Values(184, 23));

TEST(ValuesInPieces, AreShownWhenTheyAreWhole) {
    ValueScript script({kStatusReader}, 23);
    script.carry(kStatusReader, Way::Indication, hex("6a030701090000ff3c0c0000ff3c002a000233"));
    const Decoded decoded = decodeAll(script);
    ASSERT_EQ(decoded.values.size(), 2U);
    EXPECT_EQ(decoded.values[0].at("what"), "Indication, goes on in the next,");
    EXPECT_EQ(decoded.values[0].at("raw"), "6a030701090000ff3c0c0000ff3c002a00");
    EXPECT_EQ(decoded.values[1].at("raw"), "6a030701090000ff3c0c0000ff3c002a000233");
    EXPECT_EQ(decoded.values[1].at("value").at("configured_rate_iu_h"), "0.9");
}

TEST(ValuesInPieces, ThatHaveNoEndAreAProblem) {
    ValueScript script({kStatusReader}, 23);
    script.carry(kStatusReader, Way::Indication, hex("6a030701090000ff3c0c0000ff3c002a00"));
    const Decoded decoded = decodeAll(script);
    EXPECT_TRUE(decoded.problems);
    EXPECT_THAT(decoded.notes, ::testing::ElementsAre("a value that goes on has no end"));
}

TEST(GlucoseInACapture, MayShareANotification) {
    ValueScript script({kMeasurement}, 184);
    script.carry(kMeasurement, Way::Notification,
                 hex("0ec3be003b0b0000f8ff0a00cbb0"
                     "0ec3ba00400b0000c5ef0a00512d"));
    const Decoded decoded = decodeAll(script);
    ASSERT_EQ(decoded.values.size(), 2U);
    EXPECT_EQ(decoded.values[0].at("value").at("glucose_mg_dl"), "190");
    EXPECT_EQ(decoded.values[1].at("value").at("glucose_mg_dl"), "186");
    EXPECT_FALSE(decoded.problems);
}

TEST(ListsInTextLines, AreInBrackets) {
    const Place data{uuid::kInsulinDelivery, "00000107-0000-1000-0000-009132591325"};
    ValueScript script({data, kStatusReader}, 184);
    script.carry(data, Way::Notification, hex("8f140101001c0200008403d800"));
    script.carry(kStatusReader, Way::Indication, hex("3f0300"));
    script.carry(kStatusReader, Way::Indication, hex("3f0302cb00cc00"));
    const Decoded decoded = decodeAll(script);
    ASSERT_EQ(decoded.texts.size(), 3U);
    EXPECT_THAT(decoded.texts[0], HasSubstr("blocks[0].duration_min=540 blocks[0].sg_limit_mg_dl=0 "
                                            "blocks[1].duration_min=900 blocks[1].sg_limit_mg_dl=216"));
    EXPECT_THAT(decoded.texts[1], EndsWith("bolus_ids=[]  raw=3f0300"));
    EXPECT_THAT(decoded.texts[2], EndsWith("bolus_ids=[203,204]  raw=3f0302cb00cc00"));
}

TEST(ACaptureWithALargeGap, IsDecryptedBehindIt) {
    for (const std::size_t lost : {128U, 129U, 255U, 256U, 300U, 5000U}) {
        ValueScript script({kMeasurement}, 184);
        const auto measured = [&script] {
            script.carry(kMeasurement, Way::Notification, hex("0ec3be003b0b0000f8ff0a00cbb0"));
        };
        measured();
        script.lose(lost);
        measured();
        measured();
        const Decoded decoded = decodeAll(script);
        ASSERT_EQ(decoded.values.size(), 3U) << lost;
        for (const json& line : decoded.values)
            EXPECT_EQ(line.at("value").at("glucose_mg_dl"), "190") << lost;
        EXPECT_THAT(decoded.notes, ::testing::ElementsAre(std::to_string(lost) +
                                                          " encrypted values are missing before this one"));
    }
}

} // namespace
} // namespace capture::testing
