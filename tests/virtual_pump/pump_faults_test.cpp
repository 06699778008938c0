// SPDX-License-Identifier: MIT
// The virtual pump with faults on demand.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "pump_fixture.hpp"

namespace virtual_pump {
namespace {

using namespace test;
using namespace std::chrono_literals;

class AFaultyPump : public PumpTest {};

TEST_F(AFaultyPump, RefusesAKeyDatabaseOfAnotherDevice) {
    auto keys = keys_.second;
    keys.local = sake::DeviceType::GlucoseSensor;
    EXPECT_THROW(makePump({}, keys), std::invalid_argument);
}

// --- faults ---

TEST_F(AFaultyPump, AnswersWithRandomBytesToOtherKeys) {
    const auto others = sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                           [](std::span<std::uint8_t> out) {
                                               std::uint8_t next = 77;
                                               for (auto& byte : out) byte = next += 3;
                                           });
    Pump pump = makePump({}, others.second);
    Bridge bridge(pump, keys_.first);
    EXPECT_FALSE(bridge.handshake());
    EXPECT_EQ(bridge.error, sake::HandshakeError::TagMismatch);
    EXPECT_FALSE(pump.sessionUp());
}

TEST_F(AFaultyPump, AnswersWithRandomBytesOnDemand) {
    Pump pump = makePump(withFaults({.answerRandom = true}));
    Bridge bridge(pump, keys_.first);
    EXPECT_FALSE(bridge.handshake());
    EXPECT_EQ(bridge.error, sake::HandshakeError::TagMismatch);
}

TEST_F(AFaultyPump, FallsSilentInAnyStage) {
    for (const int stage : {-1, 0, 2, 4}) {
        Pump pump = makePump(withFaults({.silentAtStage = stage}));
        Bridge bridge(pump, keys_.first);
        EXPECT_FALSE(bridge.handshake());
        EXPECT_FALSE(bridge.error.has_value());
        EXPECT_FALSE(pump.sessionUp());
    }
}

TEST_F(AFaultyPump, DropsTheLinkOnce) {
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

TEST_F(AFaultyPump, LosesANotification) {
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

TEST_F(AFaultyPump, DamagesTheMacOfANotification) {
    Pump pump = makePump(withFaults({.corruptMacAt = 1}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    auto expected = records_;
    expected.erase(expected.begin());
    EXPECT_EQ(bridge.fetch(kAll), expected);
    EXPECT_EQ(bridge.refused, 1U);
}

TEST_F(AFaultyPump, SendsANotificationTwice) {
    Pump pump = makePump(withFaults({.duplicateAt = 300}));
    Bridge bridge(pump, keys_.first);
    ASSERT_TRUE(bridge.handshake());
    bridge.subscribeHistory();
    EXPECT_EQ(bridge.fetch(kAll), records_);
    EXPECT_EQ(bridge.response, "0f0f33f0");
    EXPECT_EQ(bridge.refused, 1U);
}

} // namespace
} // namespace virtual_pump
