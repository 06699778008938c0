// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "pump_fixture.hpp"

namespace virtual_pump {
namespace {

using namespace test;
using namespace std::chrono_literals;

class VirtualPump : public PumpTest {};

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

} // namespace
} // namespace virtual_pump
