// SPDX-License-Identifier: MIT
// What holds for each published example of a service value.
#include <gtest/gtest.h>

#include <map>

#include "protocol/cgm/feature.hpp"
#include "protocol/cgm/measurement.hpp"
#include "protocol/cgm/session.hpp"
#include "protocol/cgm/specific_ops.hpp"
#include "protocol/codec/crc.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/idd/command_data.hpp"
#include "protocol/idd/device_information.hpp"
#include "protocol/idd/features.hpp"
#include "protocol/idd/status.hpp"
#include "protocol/idd/status_changed.hpp"
#include "protocol/idd/status_reader.hpp"
#include "protocol/racp.hpp"
#include "protocol/uuids.hpp"
#include "service_examples.hpp"

namespace protocol::test {
namespace {

/// Another app's request at the control point that we have no requests of.
constexpr std::string_view kCommandRequest = "command_req_high_limits";

struct Outcome {
    std::optional<ParseError> error;
    json value;
};

Outcome show(const ServiceExample& example, ByteView bytes) {
    JsonSink sink;
    const auto error =
        describeCharacteristic(example.service, example.characteristic, example.direction, bytes, sink);
    return {error, sink.result()};
}

bool isText(const ServiceExample& example) {
    return example.expect.contains("text");
}

/// After op code and operator these may end or have a filter type: the pump's side reads both, to refuse a
/// request precisely.
bool isHistoryRequest(const ServiceExample& example) {
    return example.direction == Direction::ToPump && example.service == uuid::kInsulinDelivery &&
           example.characteristic == uuid::kRecordAccessControlPoint;
}

bool endsWithCrc(const ServiceExample& example) {
    return example.service == uuid::kContinuousGlucoseMonitoring &&
           example.characteristic != uuid::kRecordAccessControlPoint &&
           example.characteristic != uuid::kCgmTimeOfNextCalibration &&
           example.expect.value("e2e_crc_supported", true);
}

TEST(ServiceValue, DescribesEachExample) {
    const auto examples = serviceExamples();
    EXPECT_EQ(examples.size(), 138U);
    for (const ServiceExample& example : examples) {
        const Outcome shown = show(example, example.bytes);
        EXPECT_EQ(shown.error, std::nullopt) << example.name << ": " << toString(*shown.error);
        if (example.name == kCommandRequest) {
            EXPECT_EQ(shown.value, (json{{"raw", "8e1401"}}));
        } else {
            EXPECT_EQ(shown.value, example.expect) << example.name;
        }
    }
}

TEST(ServiceValue, RejectsEachExampleCutAnywhere) {
    for (const ServiceExample& example : serviceExamples()) {
        if (isText(example) || example.name == kCommandRequest) continue;
        for (std::size_t length = 0; length < example.bytes.size(); ++length) {
            const Outcome shown = show(example, ByteView(example.bytes).first(length));
            if (isHistoryRequest(example) && length == 2) continue;
            ASSERT_TRUE(shown.error) << example.name << " " << length;
            EXPECT_EQ(shown.error->code, ParseError::Code::Truncated) << example.name << " " << length;
            EXPECT_LE(shown.error->offset, length) << example.name << " " << length;
            EXPECT_FALSE(shown.error->field.empty());
            EXPECT_EQ(shown.value, json::object()) << example.name;
        }
    }
}

TEST(ServiceValue, RejectsEachExampleWithOneByteMore) {
    for (const ServiceExample& example : serviceExamples()) {
        if (isText(example) || example.name == kCommandRequest) continue;
        if (isHistoryRequest(example) && example.bytes.size() == 2) continue;
        Bytes longer = example.bytes;
        longer.push_back(0);
        const Outcome shown = show(example, longer);
        ASSERT_TRUE(shown.error) << example.name;
        const auto code = endsWithCrc(example) && example.characteristic != uuid::kCgmFeature
                              ? ParseError::Code::BadChecksum
                              : ParseError::Code::Trailing;
        EXPECT_EQ(toString(shown.error->code), toString(code)) << example.name;
    }
}

TEST(ServiceValue, RejectsEachDamageOfAnExampleWithE2eCrc) {
    int tried = 0;
    for (const ServiceExample& example : serviceExamples()) {
        if (!endsWithCrc(example)) continue;
        for (std::size_t bit = 0; bit < 8 * example.bytes.size(); ++bit) {
            Bytes damaged = example.bytes;
            damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << (bit % 8));
            const Outcome shown = show(example, damaged);
            // A flipped "E2E-CRC supported" of CGM Feature leaves nothing to check.
            if (example.characteristic == uuid::kCgmFeature && bit == 12) continue;
            ASSERT_TRUE(shown.error) << example.name << " bit " << bit;
            const auto code = shown.error->code;
            EXPECT_TRUE(code == ParseError::Code::BadChecksum || code == ParseError::Code::Truncated)
                << example.name << " bit " << bit << ": " << toString(*shown.error);
            ++tried;
        }
    }
    EXPECT_GT(tried, 2000);
}

/// parse, then serialize.
template <auto Parse>
Parsed<Bytes> recode(ByteView bytes) {
    const auto parsed = Parse(bytes);
    if (!parsed.has_value()) return parsed.error();
    return serialize(*parsed);
}

template <typename Racp>
Parsed<Bytes> recodeResponse(ByteView bytes) {
    const auto parsed = Racp::parseResponse(bytes);
    if (!parsed.has_value()) return parsed.error();
    return Racp::serialize(*parsed);
}

using Recode = Parsed<Bytes> (*)(ByteView bytes);

Recode recoderOf(const ServiceExample& example) {
    static const std::map<std::pair<std::string_view, std::string_view>, Recode> recoders{
        {{uuid::kDeviceInformation, uuid::kPnpId}, &recode<idd::parsePnpId>},
        {{uuid::kDeviceInformation, uuid::kSystemId}, &recode<idd::parseSystemId>},
        {{uuid::kBattery, uuid::kBatteryLevel}, &recode<idd::parseBatteryLevel>},
        {{uuid::kCurrentTimeService, uuid::kCurrentTime}, &recode<parseCurrentTime>},
        {{uuid::kInsulinDelivery, uuid::kGstBatteryLevel}, &recode<idd::parseBatteryLevel>},
        {{uuid::kInsulinDelivery, uuid::kIddStatusChanged}, &recode<idd::parseStatusChanged>},
        {{uuid::kInsulinDelivery, uuid::kIddStatus}, &recode<idd::parseStatus>},
        {{uuid::kInsulinDelivery, uuid::kIddAnnunciationStatus}, &recode<idd::parseAnnunciation>},
        {{uuid::kInsulinDelivery, uuid::kIddFeatures}, &recode<idd::parseFeatures>},
        {{uuid::kInsulinDelivery, uuid::kIddStatusReaderControlPoint},
         &recode<idd::status_reader::parseResponse>},
        {{uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint}, &recodeResponse<HistoryRacp>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmMeasurement}, &recode<cgm::parseMeasurement>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmFeature}, &recode<cgm::parseFeature>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmStatus}, &recode<cgm::parseStatus>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionStartTime},
         &recode<cgm::parseSessionStartTime>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSessionRunTime}, &recode<cgm::parseSessionRunTime>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kRecordAccessControlPoint}, &recodeResponse<GlucoseRacp>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmSpecificOpsControlPoint},
         &recode<cgm::specific_ops::parseResponse>},
        {{uuid::kContinuousGlucoseMonitoring, uuid::kCgmTimeOfNextCalibration},
         &recode<cgm::parseTimeOfNextCalibration>},
    };
    if (example.characteristic == fullUuid(0x0106)) return &recode<idd::parseCommandResponse>;
    if (example.characteristic == fullUuid(0x0107)) return &recode<idd::parseCommandData>;
    return recoders.at({example.service, example.characteristic});
}

TEST(ServiceValue, SerializesEachExampleOfThePumpToTheSameBytes) {
    for (const ServiceExample& example : serviceExamples()) {
        if (example.direction == Direction::ToPump) continue; // only chosen requests can be written
        if (isText(example)) {
            EXPECT_EQ(idd::serializeText(idd::parseText(example.bytes)), example.bytes) << example.name;
            continue;
        }
        const auto bytes = recoderOf(example)(example.bytes);
        ASSERT_TRUE(bytes.has_value()) << example.name;
        EXPECT_EQ(toHex(*bytes), toHex(example.bytes)) << example.name;
    }
}

TEST(ServiceValue, ShowsCharacteristicsWithoutALayoutRaw) {
    JsonSink sink;
    const Bytes bytes = hex("010203");
    EXPECT_EQ(describeCharacteristic(uuid::kContinuousGlucoseMonitoring, fullUuid(0x0205),
                                     Direction::FromPump, bytes, sink),
              std::nullopt);
    EXPECT_EQ(sink.result(), (json{{"raw", "010203"}}));
}

} // namespace
} // namespace protocol::test
