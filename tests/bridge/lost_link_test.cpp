// SPDX-License-Identifier: MIT
// A link that is lost at any step of a visit: the next one makes it good.
#include <gtest/gtest.h>

#include <algorithm>

#include "session_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;
using bridge::SessionStage;

class ALostLink : public SessionFixture {
protected:
    ALostLink() {
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        records.erase(records.begin(), records.end() - 400);
    }

    /// Until the session waits for the pump for the given time, and has nothing left to do for the visit.
    testing::AssertionResult untilLost(int time) {
        const auto lost = runUntil([&] { return std::ranges::count(stages, SessionStage::Waiting) == time; });
        settle();
        return lost;
    }
    void expectTheNextVisitToBringEverything() {
        const int before = syncs;
        link->arrive();
        ASSERT_TRUE(runUntil([&] { return syncs > before; })) << logText.str();
        expectEverythingStored();
    }
};

TEST_F(ALostLink, AtAnyMessageOfTheHandshakeIsMadeGood) {
    constexpr int kMessages = 4; // the start signal, and messages 0, 2 and 4
    start();
    for (int message = 1; message <= kMessages; ++message) {
        link->leaveAtPortMessage(message);
        if (message > 1) link->arrive();
        ASSERT_TRUE(untilLost(message)) << message << logText.str();
        EXPECT_EQ(pump->counters().handshakes, 0U) << message;
    }
    expectTheNextVisitToBringEverything();
    EXPECT_EQ(pump->counters().handshakes, 1U);
    EXPECT_EQ(link->disconnects(), 0);
}

TEST_F(ALostLink, DuringDiscoveryIsMadeGood) {
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    link->leave();
    ASSERT_TRUE(untilLost(1)) << logText.str();
    link->arriveUnresolved();
    ASSERT_TRUE(runUntil([this] { return stages.back() == SessionStage::Discovering; })) << logText.str();
    link->leave();
    ASSERT_TRUE(untilLost(2)) << logText.str();
    expectTheNextVisitToBringEverything();
}

TEST_F(ALostLink, AtAnyOperationOfAVisitIsMadeGood) {
    constexpr int kOperations = 40;
    start();
    for (int operation = 1; operation <= kOperations; ++operation) {
        link->leaveAtOperation(operation);
        if (operation > 1) link->arrive();
        ASSERT_TRUE(untilLost(operation)) << operation << logText.str();
    }
    expectTheNextVisitToBringEverything();
    EXPECT_EQ(pump->counters().handshakes, static_cast<unsigned>(kOperations) + 1U);
}

} // namespace
