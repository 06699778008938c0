// SPDX-License-Identifier: MIT
// The pairing rule of docs/architecture.md 4, by what breaks it.
#include "a_link.hpp"

namespace ble {
namespace {

using namespace test;
using testing::Contains;
using testing::Not;

constexpr const char* kPump = "00:23:F7:12:34:56";

class Pairing : public ALink {
protected:
    Pairing() {
        settings_.limits.turn = 20ms;
        settings_.limits.backOff = 1ms;
    }
    bool untilState(LinkState state) {
        return until([this, state] { return link_->state() == state; });
    }
};

TEST_F(Pairing, IsOpenForItsTimeAndAgainWhenToldTo) {
    settings_.limits.pairing = 50ms;
    start({.userOpensPairing = false});
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing));
    ASSERT_TRUE(untilState(LinkState::PairingClosed));
    link_->openPairing();
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing));
    ASSERT_TRUE(untilState(LinkState::PairingClosed));
}

TEST_F(Pairing, LetsAPumpInThatComesAfterItWasOpenedAgain) {
    settings_.limits.pairing = 50ms;
    start({.userOpensPairing = false});
    ASSERT_TRUE(untilState(LinkState::PairingClosed));
    settings_.limits.pairing = 10min;
    double_->openPairing(true);
    link_->openPairing();
    double_->openPairing(true);
    // The window may close again before the pump has come: it is opened as often as it takes.
    ASSERT_TRUE(until([&] {
        if (link_->state() == LinkState::PairingClosed) link_->openPairing();
        return handshakes_ > 0;
    }));
    EXPECT_TRUE(bonds_->isProven(kPump, ""));
}

// Seen: pairing ended for good when any device bonded and left without a handshake.
TEST_F(Pairing, KeepsABondWithoutAHandshakeAsACandidate) {
    mute_ = true;
    startDaemon({.userOpensPairing = false});
    startLink();
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing));
    double_->openPairing(true);
    ASSERT_TRUE(until([&] { return countOf("subscribed") == 1; }));
    EXPECT_TRUE(double_->bonded());
    EXPECT_TRUE(bonds_->isCandidate(kPump));
    double_->leave();
    ASSERT_TRUE(untilState(LinkState::AdvertisingBoth));
    EXPECT_TRUE(double_->bonded());
    mute_ = false;
    double_->comeBack();
    ASSERT_TRUE(untilReady());
    EXPECT_TRUE(bonds_->isProven(kPump, ""));
    double_->leave();
    EXPECT_TRUE(untilState(LinkState::AdvertisingReconnect)) << "the handshake has proven it";
}

TEST_F(Pairing, FindsTheBridgeAgainWhenThePumpHasForgottenACandidate) {
    mute_ = true;
    start();
    ASSERT_TRUE(until([&] { return countOf("subscribed") == 1; }));
    mute_ = false;
    double_->forgetBond(); // its screen said that pairing has failed; the user chooses us again
    ASSERT_TRUE(untilReady());
    EXPECT_TRUE(bonds_->isProven(kPump, ""));
}

TEST_F(Pairing, GivesACandidateUpAfterItsTime) {
    mute_ = true;
    settings_.limits.candidate = 100ms;
    start();
    ASSERT_TRUE(until([&] { return countOf("subscribed") == 1; }));
    double_->leave();
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing)) << "pairing is still open";
    EXPECT_FALSE(double_->bonded());
    EXPECT_FALSE(bonds_->isCandidate(kPump));
}

TEST_F(Pairing, RemovesCandidatesWhenTheUserOpensIt) {
    bonds_->addCandidate(kPump);
    settings_.openPairing = true;
    start({.userOpensPairing = false, .bonded = true});
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing));
    EXPECT_FALSE(double_->bonded());
}

// Seen: a serial number in another case, or a wrong one, deleted the bond at the next start.
TEST_F(Pairing, LeavesAProvenBondWhateverSerialNumberIsConfigured) {
    bonds_->setProven(kPump);
    settings_.pumpSerial = "NG7654321H";
    start({.bonded = true, .nameKnownAtOnce = true, .reconnectDelay = 20ms});
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(states_.front(), LinkState::AdvertisingReconnect);
    EXPECT_TRUE(double_->bonded());
}

TEST_F(Pairing, LeavesAProvenBondWhenTheUserOpensIt) {
    bonds_->setProven(kPump);
    settings_.openPairing = true;
    start({.bonded = true, .nameKnownAtOnce = true, .reconnectDelay = 20ms});
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(states_.front(), LinkState::AdvertisingBoth);
    EXPECT_TRUE(double_->bonded());
    double_->leave();
    EXPECT_TRUE(untilState(LinkState::AdvertisingReconnect)) << "a handshake ends it";
}

// Seen: a bluetoothd that ended took its device back before its name was gone; pairing stayed open for ten
// minutes.
TEST_F(Pairing, IsNotOpenedByABluetoothdThatEnds) {
    bonds_->setProven(kPump);
    start({.bonded = true, .nameKnownAtOnce = true, .reconnectDelay = 10min});
    ASSERT_TRUE(untilState(LinkState::AdvertisingReconnect));
    double_->takeDeviceBack();
    ASSERT_TRUE(untilState(LinkState::AdvertisingPairing)) << "as if somebody had removed the bond";
    double_->restart();
    ASSERT_TRUE(untilState(LinkState::AdvertisingReconnect)) << "and not both";
}

TEST_F(Pairing, IgnoresWhoFailsThreeTimesForGrowingTimes) {
    settings_.limits.request = 10ms;
    startDaemon();
    double_->leave();
    startLink();
    const auto visit = [this] {
        const auto gone = [this] {
            return std::count_if(seen_.begin(), seen_.end(),
                                 [](const auto& event) { return event.kind == Kind::Disconnected; });
        };
        const auto before = gone();
        ASSERT_TRUE(untilState(LinkState::AdvertisingPairing));
        double_->strangerConnects();
        ASSERT_TRUE(until([&] { return gone() > before; }));
    };
    for (int n = 0; n < 3; ++n) visit();
    ASSERT_TRUE(until([&] { return events_.size() == 6; }));
    for (int n = 0; n < 3; ++n) visit();
    EXPECT_EQ(countOf("connected"), 3U) << "sent away at once";
    ahead_ += 61s;
    visit();
    ASSERT_TRUE(until([&] { return countOf("connected") == 4; }));
    ahead_ += 61s;
    visit();
    EXPECT_EQ(countOf("connected"), 4U) << "two minutes now";
    double_->comeBack();
    EXPECT_TRUE(untilReady()) << "the pump is not kept out";
}

TEST_F(Pairing, NeverIgnoresTheProvenPump) {
    mute_ = true;
    bonds_->setProven(kPump);
    start({.bonded = true, .nameKnownAtOnce = true});
    for (std::size_t n = 1; n <= 6; ++n) {
        ASSERT_TRUE(until([&] { return countOf("subscribed") == n; }));
        if (n == 6) mute_ = false;
        double_->dropLink();
    }
    EXPECT_TRUE(untilReady());
}

// The link is lost while the pump still looks for our services: nothing of it has shown on the bus.
TEST_F(Pairing, CountsNothingAgainstTheProvenPumpThatIsLostBeforeItsFirstRequest) {
    bonds_->setProven(kPump);
    const DoubleSettings lost{.bonded = true,
                              .nameKnownAtOnce = true,
                              .discoveryDelay = std::chrono::hours(1),
                              .resolveDelay = std::chrono::hours(1)};
    start(lost);
    for (std::size_t n = 1; n <= 6; ++n) {
        ASSERT_TRUE(until([&] { return countOf("connected") == n && link_->peer(); }));
        double_->dropLink();
        ASSERT_TRUE(until([&] { return countOf("disconnected: link lost") == n; }));
    }
    EXPECT_EQ(countOf("subscribed"), 0U);
    EXPECT_THAT(journal_.str(), testing::HasSubstr("first request none"));
    EXPECT_THAT(journal_.str(), Not(testing::HasSubstr("ignored")));
    EXPECT_THAT(journal_.str(), Not(testing::HasSubstr("sent away")));
    double_->leave();
    ASSERT_TRUE(untilState(LinkState::AdvertisingReconnect));
    EXPECT_EQ(std::count(states_.begin(), states_.end(), LinkState::AdvertisingPairing), 0);
    double_.reset();
    startDaemon({.bonded = true, .nameKnownAtOnce = true});
    EXPECT_TRUE(untilReady());
}

// Seen: with 125 ms connection events the subscription came 9.9 s after connecting, and each return was
// dropped.
TEST_F(Pairing, GivesASlowPumpItsTimeOnReturnAsWell) {
    bonds_->setProven(kPump);
    settings_.limits.request = 100ms;
    settings_.limits.subscription = 20s;
    start({.bonded = true, .nameKnownAtOnce = true, .discoveryDelay = 500ms});
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(countOf("connected"), 1U);
}

TEST_F(Pairing, DropsWhoAsksButDoesNotSubscribe) {
    settings_.limits.subscription = 100ms;
    start({.discoveryDelay = 10s});
    ASSERT_TRUE(until([&] { return events_.size() >= 3; }));
    EXPECT_THAT(events_, Contains("disconnected: not subscribed in time"));
    EXPECT_THAT(events_, Not(Contains("disconnected: no request in time")));
}

TEST_F(Pairing, SaysHowLongDiscoveryTook) {
    start();
    ASSERT_TRUE(untilReady());
    EXPECT_THAT(journal_.str(),
                testing::ContainsRegex("from connecting: first request [0-9.]+ s, last request of "
                                       "discovery [0-9.]+ s, subscription [0-9.]+ s"));
}

} // namespace
} // namespace ble
