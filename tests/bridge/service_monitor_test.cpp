// SPDX-License-Identifier: MIT
#include "bridge/status/service_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ServiceMonitorTest : public ::testing::Test {
protected:
    void connectInVain() {
        monitor.linkStateChanged(ble::LinkState::Connected);
        monitor.linkEvent(ble::Connected{});
        monitor.linkEvent(ble::Disconnected{ble::EndReason::LinkLost, true});
        monitor.linkStateChanged(ble::LinkState::AdvertisingReconnect);
    }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    std::chrono::sys_seconds now{std::chrono::sys_days{std::chrono::year{2026} / 7 / 14}};
    std::ostringstream journal;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(journal)};
    ServiceMonitor monitor{store, zone, {}, [this] { return now; }, log};
};

TEST_F(ServiceMonitorTest, KnowsHowTheServiceIs) {
    monitor.linkStateChanged(ble::LinkState::AdvertisingReconnect);
    now += 30s;
    monitor.linkStateChanged(ble::LinkState::Connected);
    monitor.linkEvent(ble::Connected{});
    monitor.stageReached(SessionStage::Following);
    therapy::PumpStatus read;
    read.batteryPercent = 50;
    monitor.statusRead({}, read);
    const auto state = monitor.gather();
    EXPECT_EQ(state.link.stage, LinkStage::Following);
    EXPECT_EQ(state.link.since, now);
    EXPECT_EQ(state.startedAt, now - 30s);
    EXPECT_EQ(state.utcOffset, 2h);
    EXPECT_EQ(state.pumpStatus->batteryPercent, 50);
    EXPECT_FALSE(state.upload.configured);
    EXPECT_THAT(state.problems, IsEmpty());
}

TEST_F(ServiceMonitorTest, LogsAFaultOfTheLinkOnceAndShowsItUntilItIsGone) {
    monitor.linkStateChanged(ble::LinkState::AdvertisingReconnect);
    for (int i = 0; i < 4; ++i) connectInVain();
    const auto problems = monitor.gather().problems;
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_EQ(name(problems[0]), "discovery-answers-too-long");
    EXPECT_EQ(problems[0].since, now);
    const auto text = journal.str();
    const auto first = text.find("answers are too long for it");
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(text.find("answers are too long for it", first + 1), std::string::npos);
    monitor.synced({});
    EXPECT_THAT(monitor.gather().problems, IsEmpty());
}

TEST_F(ServiceMonitorTest, PutsAMissingHostBeforeOlderFaults) {
    monitor.linkStateChanged(ble::LinkState::AdvertisingReconnect);
    connectInVain();
    connectInVain();
    monitor.linkProblemChanged(ble::LinkProblem{ble::LinkErrorKind::BluezMissing, {}});
    monitor.linkStateChanged(ble::LinkState::BluezMissing);
    const auto problems = monitor.gather().problems;
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_EQ(sentence(problems[0]), "bluetoothd does not run");
}

TEST_F(ServiceMonitorTest, ShowsWrongKeys) {
    monitor.linkEvent(ble::Connected{});
    monitor.linkEvent(ble::PortSubscribed{});
    monitor.handshakeEnded(protocol::sake::HandshakeError::TagMismatch);
    EXPECT_EQ(name(monitor.gather().problems.at(0)), "wrong-keys");
    monitor.handshakeEnded(std::nullopt);
    EXPECT_THAT(monitor.gather().problems, IsEmpty());
}

} // namespace
} // namespace bridge::test
