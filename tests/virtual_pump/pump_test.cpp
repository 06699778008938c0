// SPDX-License-Identifier: MIT
#include "virtual_pump/pump.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "protocol/history/assembler.hpp"
#include "protocol/history/record.hpp"
#include "protocol/uuids.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

namespace sake = protocol::sake;
namespace uuid = protocol::uuid;
using namespace std::chrono_literals;
using protocol::Bytes;
using protocol::ByteView;
using virtual_pump::AttError;
using virtual_pump::Pump;
using virtual_pump::PumpSettings;

constexpr protocol::LocalSeconds kNow = std::chrono::local_days{2026y / 3 / 14} + 9h + 26min;

/// Bytes that count up: predictable, and never the same twice.
sake::RandomSource countingRandom() {
    return [next = std::uint8_t{0}](std::span<std::uint8_t> out) mutable {
        for (std::uint8_t& octet : out) octet = next++;
    };
}

std::size_t handle(std::string_view characteristic, std::string_view service = uuid::kInsulinDelivery) {
    const auto& table = virtual_pump::characteristics();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& spec) {
        return spec.uuid == characteristic && spec.serviceUuid == service;
    });
    EXPECT_NE(found, table.end());
    return static_cast<std::size_t>(found - table.begin());
}
const std::size_t kRacp = handle(uuid::kRecordAccessControlPoint);
const std::size_t kHistory = handle(uuid::kIddHistoryData);
const std::size_t kStatusChanged = handle(uuid::kIddStatusChanged);

Bytes hex(std::string_view text) {
    const auto bytes = protocol::fromHex(text);
    return bytes.has_value() ? *bytes : Bytes{};
}

/// The bridge's side in memory, down to bytes.
class Bridge {
public:
    Bridge(Pump& pump, sake::KeyDatabase keys) : pump_(pump), server_(std::move(keys), countingRandom()) {}

    /// False when the pump fell silent or the handshake failed.
    bool handshake() {
        pump_.connected();
        std::optional<sake::Message> toPump = sake::kStartSignal;
        while (toPump) {
            const auto answer = pump_.portNotified(*toPump);
            if (!answer) return false;
            const auto next = server_.receive(*answer);
            if (!next.has_value()) {
                error = next.error();
                return false;
            }
            toPump = *next;
        }
        session_.emplace(server_.takeSession());
        return true;
    }
    void subscribeHistory() {
        pump_.subscribe(kHistory, true);
        pump_.subscribe(kRacp, true);
    }

    /// Empty: did not decrypt.
    std::optional<Bytes> decrypt(ByteView frame) {
        auto plain = session_->receiver.decrypt(frame);
        if (!plain.has_value()) {
            ++refused;
            return std::nullopt;
        }
        lost += plain->lost;
        return std::move(plain->plain);
    }

    /// All records that come for the request; the response is kept.
    std::vector<Bytes> fetch(std::string_view request, std::optional<std::size_t> fullPiece = std::nullopt) {
        std::vector<Bytes> records;
        const auto sink = [&records](Bytes record) { records.push_back(std::move(record)); };
        protocol::history::Assembler assembler(fullPiece);
        EXPECT_EQ(pump_.write(kRacp, hex(request)), std::nullopt);
        response.clear();
        while (auto outgoing = pump_.nextOutgoing()) {
            if (outgoing->characteristic == kRacp) {
                EXPECT_TRUE(outgoing->indication);
                assembler.flush(sink);
                response = protocol::toHex(outgoing->value);
                break;
            }
            EXPECT_EQ(outgoing->characteristic, kHistory);
            EXPECT_FALSE(outgoing->indication);
            longest = std::max(longest, outgoing->value.size());
            if (const auto plain = decrypt(outgoing->value)) assembler.add(*plain, sink);
        }
        return records;
    }

    std::optional<sake::HandshakeError> error;
    std::string response;
    std::size_t longest = 0; ///< bytes of a notification
    unsigned lost = 0;
    unsigned refused = 0;

private:
    Pump& pump_;
    sake::Server server_;
    std::optional<sake::Session> session_;
};

class VirtualPump : public testing::Test {
protected:
    static constexpr std::string_view kAll = "33330f";

    Pump makePump(PumpSettings settings = {}) { return makePump(settings, keys_.second); }
    Pump makePump(const PumpSettings& settings, const sake::KeyDatabase& keys) {
        Pump pump(settings, keys, countingRandom(), [] { return kNow; });
        pump.setHistory(records_);
        return pump;
    }
    PumpSettings withFaults(virtual_pump::Faults faults) {
        PumpSettings settings;
        settings.faults = std::move(faults);
        return settings;
    }

    /// {the bridge's, the pump's}
    const std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ = sake::generatePair(
        sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, countingRandom());
    const std::vector<Bytes> records_ = [] {
        auto records = virtual_pump::generateHistory({1, 1, 65500, kNow});
        records.resize(300);
        return records;
    }();
};

TEST_F(VirtualPump, ShakesHandsAndServesItsHistory) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    EXPECT_TRUE(pump.sessionUp());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch(kAll), records_);
    EXPECT_EQ(bridge.response, "0f0f33f0");
    EXPECT_EQ(bridge.lost + bridge.refused, 0U);
    EXPECT_EQ(pump.counters().handshakes, 1U);
    EXPECT_EQ(pump.counters().reports, 1U);
    EXPECT_EQ(pump.counters().recordsSent, records_.size());
}

TEST_F(VirtualPump, WorksFromTheFileOfTheBridgeAlone) {
    Pump pump = makePump({}, keys_.first);
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch("33690f"), std::vector<Bytes>({records_.back()}));
}

TEST_F(VirtualPump, FragmentsRecordsAtTheSmallMtu) {
    PumpSettings settings;
    settings.mtu = 23;
    Pump pump = makePump(settings);
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch(kAll, 17), records_);
    EXPECT_EQ(bridge.longest, 20U);
    EXPECT_EQ(pump.counters().recordsSent, records_.size());
}

TEST_F(VirtualPump, RunsOneCounterOverReadsAndNotifications) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    for (int i = 0; i < 3; ++i) {
        const auto features = pump.read(handle(uuid::kIddFeatures));
        ASSERT_TRUE(features.has_value());
        EXPECT_EQ(bridge.decrypt(*features), hex("ffff006400fede801f"));
        EXPECT_EQ(bridge.fetch("33660f"), std::vector<Bytes>({records_.front()}));
        const auto status = pump.read(handle(uuid::kIddStatus));
        ASSERT_TRUE(status.has_value());
        const auto plain = bridge.decrypt(*status);
        ASSERT_TRUE(plain.has_value());
        EXPECT_EQ(protocol::toHex(*plain).substr(0, 4), "5596");
    }
    EXPECT_EQ(bridge.lost + bridge.refused, 0U);
}

TEST_F(VirtualPump, ReadsPlainValuesWithoutASession) {
    Pump pump = makePump();
    const auto read = [&](std::string_view characteristic, std::string_view service) {
        const auto value = pump.read(handle(characteristic, service));
        return value.has_value() ? protocol::toHex(*value) : "refused";
    };
    EXPECT_EQ(read(uuid::kSerialNumber, uuid::kDeviceInformation), "4e47313233343536374800");
    EXPECT_EQ(read(uuid::kModelNumber, uuid::kDeviceInformation), "4d4d542d3138383500");
    EXPECT_EQ(read(uuid::kSoftwareRevision, uuid::kDeviceInformation), "00");
    EXPECT_EQ(read(uuid::kCurrentTime, uuid::kCurrentTimeService), "ea07030e091a00060000"); // a Saturday
    EXPECT_EQ(pump.read(handle(uuid::kRegulatoryCertification, uuid::kDeviceInformation)).error(),
              AttError::RequestNotSupported);
}

TEST_F(VirtualPump, KeepsEncryptedValuesUntilTheSessionIsUp) {
    Pump pump = makePump();
    pump.connected();
    pump.subscribe(kRacp, true);
    pump.subscribe(kHistory, true);
    EXPECT_EQ(pump.read(handle(uuid::kIddStatus)).error(), AttError::ReadNotPermitted);
    EXPECT_EQ(pump.write(kRacp, hex(kAll)), AttError::WriteNotPermitted);
    EXPECT_FALSE(pump.nextOutgoing().has_value());
}

TEST_F(VirtualPump, RefusesRequestsBeforeBothSubscriptions) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    EXPECT_EQ(pump.write(kRacp, hex(kAll)), AttError::CccdImproperlyConfigured);
    pump.subscribe(kRacp, true);
    EXPECT_EQ(pump.write(kRacp, hex(kAll)), AttError::CccdImproperlyConfigured);
    pump.subscribe(kHistory, true);
    EXPECT_EQ(pump.write(kRacp, hex(kAll)), std::nullopt);
}

TEST_F(VirtualPump, LetsOnlyAnAbortInWhileAProcedureRuns) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    ASSERT_EQ(pump.write(kRacp, hex(kAll)), std::nullopt);
    ASSERT_TRUE(pump.nextOutgoing().has_value());
    EXPECT_EQ(pump.write(kRacp, hex("5a330f")), AttError::ProcedureInProgress);
    EXPECT_EQ(pump.write(kRacp, hex("550f")), std::nullopt);
    const auto outgoing = pump.nextOutgoing();
    ASSERT_TRUE(outgoing.has_value());
    EXPECT_EQ(protocol::toHex(outgoing->value), "0f0f55f0");
    EXPECT_EQ(bridge.fetch("5a330f"), std::vector<Bytes>{});
    EXPECT_EQ(bridge.response, "660f2c010000");
}

TEST_F(VirtualPump, HasAnotherRecordAccessPointInItsGlucoseService) {
    Pump pump = makePump();
    const auto other = handle(uuid::kRecordAccessControlPoint, "0000181f-0000-1000-8000-00805f9b34fb");
    EXPECT_LT(other, kRacp);
    pump.connected();
    EXPECT_EQ(pump.write(other, hex(kAll)), AttError::CccdImproperlyConfigured);
    pump.subscribe(other, true);
    EXPECT_EQ(pump.write(other, hex(kAll)), std::nullopt);
    EXPECT_EQ(pump.write(other, hex("0106")), AttError::ProcedureInProgress);
    const auto outgoing = pump.nextOutgoing();
    ASSERT_TRUE(outgoing.has_value());
    EXPECT_EQ(outgoing->characteristic, other);
    EXPECT_EQ(protocol::toHex(outgoing->value), "06003302");
}

TEST_F(VirtualPump, TellsOfANewRecordOncePerSubscription) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    pump.subscribe(kStatusChanged, true);
    EXPECT_FALSE(pump.nextOutgoing().has_value());
    const auto expectOneIndication = [&] {
        const auto outgoing = pump.nextOutgoing();
        ASSERT_TRUE(outgoing.has_value());
        EXPECT_EQ(outgoing->characteristic, kStatusChanged);
        EXPECT_TRUE(outgoing->indication);
        const auto flags = bridge.decrypt(outgoing->value);
        ASSERT_TRUE(flags.has_value());
        EXPECT_NE(flags->at(0) & 0x80U, 0U) << "history event recorded";
        EXPECT_FALSE(pump.nextOutgoing().has_value());
    };
    pump.append(records_.back());
    pump.append(records_.back());
    expectOneIndication();
    pump.append(records_.back());
    EXPECT_FALSE(pump.nextOutgoing().has_value());
    pump.subscribe(kStatusChanged, false);
    pump.subscribe(kStatusChanged, true); // what is latched is told again
    expectOneIndication();
}

TEST_F(VirtualPump, ForgetsTheSessionWithTheLink) {
    Pump pump = makePump();
    Bridge first(pump, keys_.first);
    ASSERT_TRUE(first.handshake());
    first.subscribeHistory();
    ASSERT_EQ(pump.write(kRacp, hex(kAll)), std::nullopt);
    pump.disconnected();
    EXPECT_FALSE(pump.sessionUp());
    EXPECT_FALSE(pump.nextOutgoing().has_value());

    Bridge second(pump, keys_.first);
    ASSERT_TRUE(second.handshake());
    EXPECT_EQ(pump.write(kRacp, hex(kAll)), AttError::CccdImproperlyConfigured);
    second.subscribeHistory();
    EXPECT_EQ(second.fetch(kAll), records_);
    EXPECT_EQ(pump.counters().handshakes, 2U);
}

TEST_F(VirtualPump, IgnoresThePortOnceTheSessionIsUp) {
    Pump pump = makePump();
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    EXPECT_FALSE(pump.portNotified(sake::kStartSignal).has_value());
    EXPECT_TRUE(pump.sessionUp());
}

TEST_F(VirtualPump, RefusesAKeyDatabaseOfAnotherDevice) {
    auto keys = keys_.second;
    keys.local = sake::DeviceType::GlucoseSensor;
    EXPECT_THROW(makePump({}, keys), std::invalid_argument);
}

// --- faults ---

TEST_F(VirtualPump, AnswersWithRandomBytesToOtherKeys) {
    const auto others = sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                           [](std::span<std::uint8_t> out) {
                                               std::uint8_t next = 77;
                                               for (auto& octet : out) octet = next += 3;
                                           });
    Pump pump = makePump({}, others.second);
    Bridge bridge(pump, keys_.first);
    EXPECT_FALSE(bridge.handshake());
    EXPECT_EQ(bridge.error, sake::HandshakeError::TagMismatch);
    EXPECT_FALSE(pump.sessionUp());
}

TEST_F(VirtualPump, AnswersWithRandomBytesOnDemand) {
    Pump pump = makePump(withFaults({.answerRandom = true}));
    Bridge bridge(pump, keys_.first);
    EXPECT_FALSE(bridge.handshake());
    EXPECT_EQ(bridge.error, sake::HandshakeError::TagMismatch);
}

TEST_F(VirtualPump, FallsSilentInAnyStage) {
    for (const int stage : {-1, 0, 2, 4}) {
        Pump pump = makePump(withFaults({.silentAtStage = stage}));
        Bridge bridge(pump, keys_.first);
        EXPECT_FALSE(bridge.handshake());
        EXPECT_FALSE(bridge.error.has_value());
        EXPECT_FALSE(pump.sessionUp());
    }
}

TEST_F(VirtualPump, DropsTheLinkOnce) {
    Pump pump = makePump(withFaults({.dropLinkAfter = 10}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch(kAll).size(), 10U);
    EXPECT_EQ(bridge.response, "");
    EXPECT_TRUE(pump.wantsDisconnect());
    pump.disconnected();
    EXPECT_FALSE(pump.wantsDisconnect());

    Bridge again(pump, keys_.first);
    ASSERT_TRUE(again.handshake());
    again.subscribeHistory();
    EXPECT_EQ(again.fetch(kAll), records_);
}

TEST_F(VirtualPump, LosesANotification) {
    Pump pump = makePump(withFaults({.loseAt = 5}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    auto expected = records_;
    expected.erase(expected.begin() + 4);
    EXPECT_EQ(bridge.fetch(kAll), expected);
    EXPECT_EQ(bridge.lost, 1U);
    EXPECT_EQ(bridge.fetch(kAll), records_); // only once
}

TEST_F(VirtualPump, DamagesTheMacOfANotification) {
    Pump pump = makePump(withFaults({.corruptMacAt = 1}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    auto expected = records_;
    expected.erase(expected.begin());
    EXPECT_EQ(bridge.fetch(kAll), expected);
    EXPECT_EQ(bridge.refused, 1U);
}

TEST_F(VirtualPump, SendsANotificationTwice) {
    Pump pump = makePump(withFaults({.duplicateAt = 300}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch(kAll), records_);
    EXPECT_EQ(bridge.response, "0f0f33f0");
    EXPECT_EQ(bridge.refused, 1U);
}

} // namespace
