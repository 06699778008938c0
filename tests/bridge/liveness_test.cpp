// SPDX-License-Identifier: MIT
#include "bridge/liveness.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <string>

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using ble::LinkState;

class LivenessTest : public ::testing::Test {
protected:
    /// Moves at the limit, and is overdue a moment later; the service manager hears of it no more.
    void expectLimit(std::chrono::milliseconds limit) {
        now += limit;
        EXPECT_TRUE(liveness.moves());
        now += 1ms;
        EXPECT_FALSE(liveness.moves());
        EXPECT_FALSE(liveness.moves());
    }
    void expectNoLimit() {
        now += std::chrono::days{40};
        EXPECT_TRUE(liveness.moves());
    }
    void connect() {
        liveness.linkStateChanged(LinkState::AdvertisingReconnect);
        now += 7h;
        liveness.linkStateChanged(LinkState::Connected);
        liveness.stageReached(SessionStage::Connected);
    }
    [[nodiscard]] std::size_t logged(const std::string& text) const {
        std::size_t count = 0;
        const std::string all = journal.str();
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
        return count;
    }

    std::chrono::steady_clock::time_point now{100h};
    std::ostringstream journal;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(journal)};
    LivenessLimits limits{
        .preparation = 3min, .handshake = 2min, .discovery = 6min, .syncing = 11min, .following = 17min};
    Liveness liveness{limits, [this] { return now; }, log};
};

TEST_F(LivenessTest, AsksTheStartToComeToAnAdvertisement) {
    expectLimit(limits.preparation);
    EXPECT_EQ(logged("has been \"starting\" for 180 s"), 1U);
}

TEST_F(LivenessTest, LetsTheLinkWaitForEverWhereItMay) {
    for (const auto state :
         {LinkState::BluezMissing, LinkState::AdapterMissing, LinkState::AdvertisingPairing,
          LinkState::AdvertisingReconnect, LinkState::AdvertisingBoth, LinkState::PairingClosed}) {
        liveness.linkStateChanged(state);
        expectNoLimit();
    }
    EXPECT_EQ(journal.str(), "");
}

TEST_F(LivenessTest, LetsTheLinkTryAgainForEverOnceItHasSaidWhatIsInItsWay) {
    connect();
    liveness.stageReached(SessionStage::Waiting);
    liveness.linkProblemChanged(ble::LinkProblem{});
    expectNoLimit();
    liveness.linkProblemChanged(std::nullopt);
    expectLimit(limits.preparation);
}

TEST_F(LivenessTest, GivesEachStateOfASessionItsOwnTime) {
    struct Case {
        SessionStage stage;
        std::chrono::milliseconds limit;
    };
    for (const auto& [stage, limit] :
         {Case{SessionStage::Connected, limits.handshake}, Case{SessionStage::Handshaking, limits.handshake},
          Case{SessionStage::Discovering, limits.discovery}, Case{SessionStage::Syncing, limits.syncing},
          Case{SessionStage::Following, limits.following}}) {
        SCOPED_TRACE(name(stage));
        connect();
        liveness.stageReached(stage);
        expectLimit(limit);
        EXPECT_EQ(logged("has been \"" + std::string(name(stage)) + "\" for"), 1U);
    }
}

TEST_F(LivenessTest, CountsFromTheLastProgressOfTheWork) {
    connect();
    liveness.stageReached(SessionStage::Following);
    for (int poll = 0; poll < 100; ++poll) {
        now += limits.following;
        EXPECT_TRUE(liveness.moves());
        liveness.progressed();
    }
    expectLimit(limits.following);
}

TEST_F(LivenessTest, AsksForAnAdvertisementAfterAConnection) {
    connect();
    now += 1min;
    liveness.stageReached(SessionStage::Waiting);
    expectLimit(limits.preparation);
    EXPECT_EQ(logged("\"between two connections\""), 1U);
}

TEST_F(LivenessTest, AsksTheSessionToHearOfTheConnectionThatTheLinkHas) {
    liveness.linkStateChanged(LinkState::AdvertisingReconnect);
    now += 7h;
    liveness.linkStateChanged(LinkState::Connected);
    EXPECT_TRUE(liveness.moves()) << "the session hears of it a moment later";
    expectLimit(limits.preparation);
}

TEST_F(LivenessTest, IsNotMistakenWhenTheLinkAdvertisesBeforeTheSessionHasHeardOfTheEnd) {
    connect();
    liveness.linkStateChanged(LinkState::AdvertisingReconnect);
    liveness.stageReached(SessionStage::Waiting);
    expectNoLimit();
}

TEST_F(LivenessTest, LogsOnceThatItIsOverdueAndOnceThatItMovesAgain) {
    connect();
    now += limits.handshake + 1s;
    for (int feed = 0; feed < 3; ++feed) EXPECT_FALSE(liveness.moves());
    liveness.stageReached(SessionStage::Waiting);
    liveness.linkStateChanged(LinkState::AdvertisingReconnect);
    for (int feed = 0; feed < 3; ++feed) EXPECT_TRUE(liveness.moves());
    EXPECT_EQ(logged("the watchdog is not fed"), 1U);
    EXPECT_EQ(logged("the link moves again"), 1U);
}

TEST(LivenessLimits, LeaveRoomForEveryDeadlineOfLinkAndSession) {
    const ble::LinkLimits link;
    const SessionSettings session;
    const auto limits = livenessLimits(link, session);
    const auto drop = link.call + link.disconnection;
    EXPECT_GT(limits.preparation, link.retry + link.backOff + 10 * link.call);
    EXPECT_GT(limits.handshake, session.handshakeTimeout + drop);
    EXPECT_GT(limits.handshake, link.subscription + drop);
    EXPECT_GT(limits.discovery, session.discoveryTimeout + session.handshakeTimeout + drop);
    EXPECT_GT(limits.syncing, session.report + session.handshakeTimeout + drop);
    EXPECT_GT(limits.following, session.follow.poll + session.report);
}

TEST(LivenessLimits, FollowTheSettings) {
    SessionSettings slow;
    slow.follow.poll += 1h;
    slow.report += 2h;
    const auto usual = livenessLimits({}, {});
    const auto limits = livenessLimits({}, slow);
    EXPECT_EQ(limits.syncing, usual.syncing + 2h);
    EXPECT_EQ(limits.following, usual.following + 3h);
    EXPECT_EQ(limits.handshake, usual.handshake);
}

} // namespace
} // namespace bridge::test
