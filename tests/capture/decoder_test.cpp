// SPDX-License-Identifier: MIT
#include "capture/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "capture/redact.hpp"
#include "capture_script.hpp"
#include "protocol/history/record.hpp"
#include "protocol/uuids.hpp"

namespace capture::testing {
namespace {

namespace uuid = protocol::uuid;
using nlohmann::json;
using protocol::Bytes;
using protocol::ByteView;
using ::testing::HasSubstr;
using ::testing::Not;

struct Decoded {
    std::vector<json> lines;
    std::vector<std::string> texts;
    std::vector<Bytes> records;
    bool problems = false;
    std::optional<protocol::ParseError> damage;

    [[nodiscard]] std::vector<json> of(const std::string& kind) const {
        std::vector<json> found;
        std::copy_if(lines.begin(), lines.end(), std::back_inserter(found),
                     [&](const json& line) { return line.at("kind") == kind; });
        return found;
    }
    /// The first line with this text, or with a value that has it; null when there is none.
    [[nodiscard]] json where(const std::string& key, const std::string& text) const {
        for (const json& line : lines) {
            if (line.value(key, json()) == text) return line;
            if (line.contains("value") && line.at("value").value(key, json()) == text) return line;
        }
        return nullptr;
    }
};

Decoded decodeAll(ByteView file, const protocol::sake::KeyDatabase* keys) {
    Decoded decoded;
    decoded.damage = decode(file, keys, [&decoded](const Line& line) {
        decoded.lines.push_back(json::parse(toJsonLine(line)));
        decoded.texts.push_back(toTextLine(line));
        if (line.record) decoded.records.push_back(line.record->raw);
        if (line.problem) decoded.problems = true;
    });
    return decoded;
}

/// Records that the decoder refuses are problems even when the capture is whole.
bool allDecode(const std::vector<Bytes>& records) {
    return std::all_of(records.begin(), records.end(),
                       [](const Bytes& record) { return protocol::history::decode(record).has_value(); });
}

struct Variant {
    DataLink dataLink;
    std::uint16_t mtu;
    std::size_t fragment;
};
class ACapture : public ::testing::TestWithParam<Variant> {
protected:
    CaptureScript script{{GetParam().dataLink, GetParam().mtu, GetParam().fragment}};
};

TEST_P(ACapture, GivesEveryRecordThatWasSent) {
    script.wholeSession();
    for (const auto* keys : {&script.keys().first, &script.keys().second}) {
        const Decoded decoded = decodeAll(script.writer().file(), keys);
        EXPECT_EQ(decoded.damage, std::nullopt);
        EXPECT_EQ(decoded.problems, !allDecode(sampleRecords()));
        EXPECT_EQ(decoded.records, sampleRecords());
    }
}

TEST_P(ACapture, IsReadAsFarAsPossibleWithoutKeys) {
    script.wholeSession();
    const Decoded decoded = decodeAll(script.writer().file(), nullptr);
    EXPECT_FALSE(decoded.problems);
    EXPECT_TRUE(decoded.records.empty());
    EXPECT_EQ(decoded.of("sake").size(), 8U); // start signal, its answer, six messages
    EXPECT_EQ(decoded.where("text", "NG1234567H").at("characteristic"), "Serial Number");
    ASSERT_EQ(decoded.of("note").size(), 1U);
    EXPECT_THAT(decoded.of("note")[0].at("what"), HasSubstr("--keydb"));
    EXPECT_NE(decoded.where("what", "Notification, encrypted,"), nullptr);
}

TEST_P(ACapture, DecodesTheSameAfterRedaction) {
    script.wholeSession();
    const auto redaction = redact(script.writer().file());
    ASSERT_TRUE(redaction.has_value());
    EXPECT_EQ(redaction->damage, std::nullopt);
    EXPECT_EQ(redaction->packets, script.writer().packets());
    EXPECT_EQ(redaction->file.size(), script.writer().file().size());
    const Decoded before = decodeAll(script.writer().file(), &script.keys().first);
    const Decoded after = decodeAll(redaction->file, &script.keys().first);
    EXPECT_EQ(after.records, before.records);
    ASSERT_EQ(after.lines.size(), before.lines.size());
    for (std::size_t i = 0; i < after.lines.size(); ++i) {
        EXPECT_EQ(after.lines[i].at("packet"), before.lines[i].at("packet"));
        EXPECT_EQ(after.lines[i].value("what", ""), before.lines[i].value("what", ""));
    }
}

INSTANTIATE_TEST_SUITE_P(EveryForm, ACapture,
                         ::testing::Values(Variant{DataLink::Monitor, 184, 251},
                                           Variant{DataLink::Monitor, 23, 27}, Variant{DataLink::H4, 184, 27},
                                           Variant{DataLink::H4, 23, 5}, Variant{DataLink::Hci, 184, 7},
                                           Variant{DataLink::Hci, 23, 251}));

TEST(CaptureLines, SayWhatHappensAndWhere) {
    CaptureScript script{{}};
    script.wholeSession();
    const Decoded decoded = decodeAll(script.writer().file(), &script.keys().first);
    const json advertising = decoded.where("what", "advertising data set");
    EXPECT_EQ(advertising.at("name"), "Mobile 123457");
    EXPECT_EQ(advertising.at("services"), "SAKE Service");
    EXPECT_EQ(decoded.where("what", "advertising interval set").at("minimum_ms"), "31.25");
    EXPECT_EQ(decoded.where("what", "connected").at("address"), "00:23:F7:12:34:56");
    EXPECT_EQ(decoded.where("what", "connected").at("role"), "peripheral");
    EXPECT_EQ(decoded.where("what", "Pairing Request").at("mitm"), true);
    EXPECT_EQ(decoded.where("what", "Exchange MTU Response").at("mtu"), 184);
    EXPECT_EQ(decoded.where("what", "disconnected").at("reason").at("name"), "ended by the remote user");

    const json port = decoded.where("what", "SAKE message 0");
    EXPECT_EQ(port.at("direction"), "sent");
    EXPECT_EQ(port.at("service"), "SAKE Service");
    EXPECT_EQ(port.at("handle"), CaptureScript::kPort);
    EXPECT_EQ(decoded.where("what", "SAKE message 5").at("direction"), "received");

    const json subscribed = decoded.where("descriptor", "Client Characteristic Configuration");
    EXPECT_EQ(subscribed.at("characteristic"), "SAKE Port");
    EXPECT_EQ(subscribed.at("notifications"), true);
    const json request = decoded.where("characteristic", "Record Access Control Point");
    EXPECT_EQ(request.at("service"), "Insulin Delivery");
    const auto values = decoded.of("value");
    EXPECT_EQ(values.back().at("value").at("response_code").at("name"), "success");
    EXPECT_EQ(decoded.where("characteristic", "IDD Features").at("what"), "Read Request");
    EXPECT_EQ(decoded.where("raw", "ffff006400fede801f").at("characteristic"), "IDD Features");
}

TEST(CaptureLines, HaveNumberTimeDirectionAndMeaning) {
    CaptureScript script{{}};
    script.wholeSession();
    const Decoded decoded = decodeAll(script.writer().file(), &script.keys().first);
    EXPECT_EQ(decoded.texts[2], "     3  2026-03-14 09:29:07.250000     advertising  advertising on");
    EXPECT_EQ(decoded.lines[2], json({{"packet", 3},
                                      {"timestamp", "2026-03-14T09:29:07.250000Z"},
                                      {"direction", nullptr},
                                      {"kind", "advertising"},
                                      {"what", "advertising on"}}));
    EXPECT_THAT(decoded.texts[4], HasSubstr("  <  att          Exchange MTU Request  mtu=517"));
    EXPECT_THAT(decoded.texts.back(), HasSubstr("reason=ended by the remote user"));
}

TEST(CaptureLines, NameNoKeys) {
    CaptureScript script{{}};
    script.wholeSession();
    const Decoded decoded = decodeAll(script.writer().file(), &script.keys().first);
    for (const std::string& text : decoded.texts) {
        EXPECT_THAT(text, Not(HasSubstr("c0c1c2c3")));
        EXPECT_THAT(text, Not(HasSubstr("e0e1e2e3")));
    }
}

TEST(ACaptureFromTheMiddle, SaysThatItBeginsTooLate) {
    CaptureScript script{{}};
    script.pump().connected();
    script.handshake();
    const Bytes before = script.writer().file();
    script.subscribe(uuid::kInsulinDelivery, uuid::kIddHistoryData, false);
    script.subscribe(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, true);
    script.discover();
    script.requestHistory(Bytes{0x33, 0x33, 0x0f});
    constexpr std::ptrdiff_t kFileHeader = 16;
    Bytes late(before.begin(), before.begin() + kFileHeader);
    late.insert(late.end(), script.writer().file().begin() + std::ssize(before),
                script.writer().file().end());

    const Decoded decoded = decodeAll(late, &script.keys().first);
    EXPECT_TRUE(decoded.problems);
    EXPECT_TRUE(decoded.records.empty());
    ASSERT_EQ(decoded.of("note").size(), 1U);
    EXPECT_THAT(decoded.of("note")[0].at("what"), HasSubstr("begins too late"));
}

TEST(ACaptureFromTheMiddle, FindsThePortAndTheHistoryWithoutDiscovery) {
    CaptureScript script{{}};
    script.pump().connected();
    script.handshake();
    script.subscribe(uuid::kInsulinDelivery, uuid::kIddHistoryData, false);
    script.subscribe(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, true);
    script.requestHistory(Bytes{0x33, 0x33, 0x0f});
    const Decoded decoded = decodeAll(script.writer().file(), &script.keys().first);
    EXPECT_EQ(decoded.records, sampleRecords());
}

TEST(ACaptureOfReconnects, UsesTheDiscoveryOfTheFirstConnection) {
    CaptureScript script{{DataLink::Monitor, 23, 27}};
    script.wholeSession();
    script.connect();
    script.handshake();
    script.read(uuid::kDeviceInformation, uuid::kModelNumber);
    script.subscribe(uuid::kInsulinDelivery, uuid::kIddHistoryData, false);
    script.subscribe(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint, true);
    script.requestHistory(Bytes{0x33, 0x33, 0x0f});
    const Decoded decoded = decodeAll(script.writer().file(), &script.keys().first);
    EXPECT_EQ(decoded.records.size(), 2 * sampleRecords().size());
    EXPECT_EQ(decoded.where("text", "MMT-1885").at("characteristic"), "Model Number");
}

TEST(ACaptureWithOtherKeys, SaysSo) {
    CaptureScript script{{}};
    script.wholeSession();
    CaptureScript::Settings otherSeed;
    otherSeed.seed = 99;
    const CaptureScript other{otherSeed};
    const Decoded decoded = decodeAll(script.writer().file(), &other.keys().first);
    EXPECT_TRUE(decoded.problems);
    EXPECT_TRUE(decoded.records.empty());
    ASSERT_FALSE(decoded.of("note").empty());
    EXPECT_THAT(decoded.of("note")[0].at("what"), HasSubstr("the session cannot be decrypted"));
}

TEST(ADamagedCapture, ShowsWhatCameBeforeAtEveryLength) {
    CaptureScript script{{}};
    script.connect();
    script.exchangeMtu();
    script.handshake();
    script.read(uuid::kInsulinDelivery, uuid::kIddFeatures);
    const Bytes& file = script.writer().file();
    std::size_t before = 0;
    for (std::size_t length = 0; length <= file.size(); ++length) {
        std::size_t lines = 0;
        const auto damage =
            decode(ByteView(file).first(length), &script.keys().first, [&lines](const Line&) { ++lines; });
        ASSERT_GE(lines, before) << length;
        before = lines;
        if (damage) {
            ASSERT_LE(damage->offset, length);
        }
    }
    EXPECT_EQ(before, script.writer().packets());
    EXPECT_EQ(decodeAll(ByteView(file).first(file.size() - 1), nullptr).damage->field, "packet");
}

TEST(ADamagedCapture, CountsWhatIsMissing) {
    CaptureScript script{{}};
    script.connect();
    script.exchangeMtu();
    script.discover();
    script.handshake();
    script.read(uuid::kInsulinDelivery, uuid::kIddFeatures);
    const Bytes captured = script.writer().file();
    script.read(uuid::kInsulinDelivery, uuid::kIddStatus);
    script.writer() = CaptureWriter();
    script.read(uuid::kInsulinDelivery, uuid::kIddFeatures);
    const Bytes& later = script.writer().file();
    Bytes file = captured;
    constexpr std::ptrdiff_t kFileHeader = 16;
    file.insert(file.end(), later.begin() + kFileHeader, later.end());
    const Decoded decoded = decodeAll(file, &script.keys().first);
    EXPECT_TRUE(decoded.problems);
    EXPECT_EQ(decoded.of("note").at(0).at("what"), "1 encrypted values are missing before this one");
}

bool contains(const Bytes& file, std::string_view hex) {
    const Bytes needle = *protocol::fromHex(hex);
    return std::search(file.begin(), file.end(), needle.begin(), needle.end()) != file.end();
}

TEST(ARedactedCapture, HoldsNoKeyAddressOrSerialNumber) {
    CaptureScript script{{}};
    script.wholeSession();
    const auto redaction = redact(script.writer().file());
    ASSERT_TRUE(redaction.has_value());
    for (const std::string_view secret :
         {"a0a1a2a3", "b0b1b2b3", "c0c1c2c3", "d0d1d2d3", "e0e1e2e3", // key exchange
          "563412f72300",                                             // address
          "31323334353637", "313233343537",                           // 1234567, 123457
          "0102030405f72300"}) {                                      // System ID
        EXPECT_TRUE(contains(script.writer().file(), secret)) << secret;
        EXPECT_FALSE(contains(redaction->file, secret)) << secret;
    }
    const Decoded decoded = decodeAll(redaction->file, nullptr);
    const std::string address = decoded.where("what", "connected").at("address");
    EXPECT_THAT(address, ::testing::StartsWith("00:23:F7:"));
    EXPECT_EQ(decoded.where("characteristic", "Serial Number").at("what"), "Read Request");
    EXPECT_NE(decoded.where("text", "NG0000002H"), nullptr);
}

} // namespace
} // namespace capture::testing
