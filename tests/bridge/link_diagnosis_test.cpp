// SPDX-License-Identifier: MIT
// Each failure of docs/protocol/link.md 12 from a script of events, and normal days without any.
#include "bridge/status/link_diagnosis.hpp"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using namespace std::chrono_literals;
using ble::Disconnected;
using ble::LinkState;
using protocol::sake::HandshakeError;
using Reason = ble::EndReason;

class LinkDiagnosisTest : public testing::Test {
protected:
    void advertise(LinkState state) { diagnosis.link(state, now); }
    void connect() {
        now += 5s;
        diagnosis.link(LinkState::Connected, now);
        keep(diagnosis.event(ble::Connected{}, now));
    }
    void subscribe() {
        now += 2s;
        diagnosis.link(LinkState::Subscribed, now);
        keep(diagnosis.event(ble::PortSubscribed{}, now));
    }
    void leave(Reason reason = Reason::LinkLost, bool bonded = true) {
        now += 3s;
        keep(diagnosis.event(Disconnected{reason, bonded}, now));
    }
    void session() {
        connect();
        subscribe();
        diagnosis.handshakeDone();
        now += 10s;
        diagnosis.worked();
    }
    void keep(const std::optional<LinkDiagnosis::Finding>& finding) {
        if (finding) reported.push_back(finding->fault);
    }
    [[nodiscard]] std::optional<LinkFault> present() const {
        const auto finding = diagnosis.current(now);
        return finding ? std::optional(finding->fault) : std::nullopt;
    }

    LinkDiagnosis diagnosis;
    LinkDiagnosis::Time now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14}};
    std::vector<LinkFault> reported;
};

using Faults = std::vector<LinkFault>;

TEST_F(LinkDiagnosisTest, IsSilentThroughAPairingAndADayOfReconnects) {
    advertise(LinkState::AdvertisingPairing);
    now += 40s;
    session();
    now += 1h;
    leave();
    for (int i = 0; i < 50; ++i) {
        advertise(LinkState::AdvertisingReconnect);
        now += 2min;
        EXPECT_EQ(present(), std::nullopt);
        session();
        EXPECT_EQ(present(), std::nullopt);
        leave();
    }
    EXPECT_TRUE(reported.empty());
}

TEST_F(LinkDiagnosisTest, LetsOneFailureOfAnyKindPass) {
    advertise(LinkState::AdvertisingPairing);
    connect();
    leave(Reason::LinkLost, false);
    advertise(LinkState::AdvertisingPairing);
    session();
    connect();
    leave();
    session();
    connect();
    subscribe();
    leave();
    session();
    connect();
    leave(Reason::NoRequest);
    session();
    connect();
    subscribe();
    keep(diagnosis.handshakeFailed(HandshakeError::FrameMac, now));
    leave(Reason::HandshakeFailed);
    session();
    EXPECT_TRUE(reported.empty());
    EXPECT_EQ(present(), std::nullopt);
}

TEST_F(LinkDiagnosisTest, DoesNotCareForStrangersWhileItWaitsForItsPump) {
    advertise(LinkState::AdvertisingReconnect);
    for (const auto reason : {Reason::LinkLost, Reason::NoRequest, Reason::NotSubscribed})
        for (int n = 0; n < 3; ++n) {
            connect();
            leave(reason, false);
        }
    EXPECT_TRUE(reported.empty());
}

TEST_F(LinkDiagnosisTest, KnowsDiscoveryAnswersThatAreTooLong) {
    advertise(LinkState::AdvertisingPairing);
    connect();
    leave(); // bonded, but gone before it subscribed
    EXPECT_EQ(present(), std::nullopt);
    connect();
    leave();
    EXPECT_EQ(present(), LinkFault::DiscoveryAnswersTooLong);
    connect();
    leave();
    EXPECT_EQ(reported, Faults{LinkFault::DiscoveryAnswersTooLong}) << "reported once";
    EXPECT_EQ(diagnosis.current(now)->times, 3U);
    session();
    EXPECT_EQ(present(), std::nullopt);
}

TEST_F(LinkDiagnosisTest, TellsAgainWhatComesAgain) {
    for (int i = 0; i < 2; ++i) {
        advertise(LinkState::AdvertisingReconnect);
        for (int failed = 0; failed < 2; ++failed) {
            connect();
            subscribe();
            leave();
        }
        session();
        leave();
    }
    EXPECT_EQ(reported, (Faults{LinkFault::LeavesHandshake, LinkFault::LeavesHandshake}));
}

TEST_F(LinkDiagnosisTest, BlamesBondOrRadioWhereItHasWorkedBefore) {
    advertise(LinkState::AdvertisingReconnect);
    session();
    leave();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(present(), std::nullopt);
        connect();
        leave();
    }
    EXPECT_EQ(reported, Faults{LinkFault::BondOrRadio});
}

TEST_F(LinkDiagnosisTest, KnowsAPairingThatComesToNothing) {
    advertise(LinkState::AdvertisingPairing);
    connect();
    leave(Reason::LinkLost, false);
    connect();
    leave(Reason::LinkLost, false);
    EXPECT_EQ(reported, Faults{LinkFault::PairingFailed});
}

TEST_F(LinkDiagnosisTest, KnowsAPumpThatNeverSubscribes) {
    advertise(LinkState::AdvertisingReconnect);
    connect();
    leave(Reason::NotSubscribed);
    connect();
    leave(Reason::NotSubscribed);
    EXPECT_EQ(reported, Faults{LinkFault::NoSubscription});
}

// The pump answers wrong keys with silence as well (docs/protocol/sake.md 6.6); nothing is wrong with the
// radio.
TEST_F(LinkDiagnosisTest, NamesTheKeysWhenThePumpFallsSilentInTheHandshake) {
    advertise(LinkState::AdvertisingReconnect);
    for (int i = 0; i < 2; ++i) {
        connect();
        subscribe();
        leave(Reason::HandshakeTimeout);
    }
    ASSERT_EQ(reported, Faults{LinkFault::SilentInHandshake});
    EXPECT_NE(diagnosis.current(now)->remedy.find("key database"), std::string::npos);
    EXPECT_EQ(diagnosis.current(now)->remedy.find("closer"), std::string::npos);
}

TEST_F(LinkDiagnosisTest, KnowsThatSomebodyWantsToPairWhilePairingIsClosed) {
    advertise(LinkState::AdvertisingReconnect);
    connect();
    leave(Reason::PairingRefused, false);
    EXPECT_EQ(reported, Faults{LinkFault::WantsToPair});
}

TEST_F(LinkDiagnosisTest, SaysThatPairingHasBeenClosedUntilItIsOpenAgain) {
    advertise(LinkState::AdvertisingPairing);
    now += 10min;
    advertise(LinkState::PairingClosed);
    EXPECT_EQ(present(), LinkFault::PairingClosed);
    advertise(LinkState::AdvertisingPairing);
    EXPECT_EQ(present(), std::nullopt);
}

TEST_F(LinkDiagnosisTest, NamesWhatIsInTheWayOnThisComputerBeforeAllElse) {
    using Kind = ble::LinkErrorKind;
    const std::vector<std::pair<Kind, LinkFault>> known{
        {Kind::BluezMissing, LinkFault::BluetoothdMissing},
        {Kind::AdapterMissing, LinkFault::AdapterMissing},
        {Kind::AdapterBlocked, LinkFault::AdapterBlocked},
        {Kind::AdapterOff, LinkFault::AdapterOff},
        {Kind::AccessDenied, LinkFault::BusDenied},
        {Kind::HandlesUsedUp, LinkFault::HandlesUsedUp},
        {Kind::AdvertisementsUsedUp, LinkFault::AdvertisementsUsedUp},
        {Kind::AdvertisementEnded, LinkFault::AdvertisementEnded},
        {Kind::Refused, LinkFault::BluetoothdRefuses}};
    advertise(LinkState::AdvertisingPairing);
    now += 1h;
    for (const auto& [kind, fault] : known) {
        keep(diagnosis.problem(ble::LinkProblem{kind, "what bluetoothd said"}, now));
        keep(diagnosis.problem(ble::LinkProblem{kind, "what bluetoothd said"}, now)); // again
        EXPECT_EQ(present(), fault);
        EXPECT_NE(diagnosis.current(now)->sentence.find("what bluetoothd said"), std::string::npos);
        EXPECT_FALSE(diagnosis.current(now)->remedy.empty());
    }
    EXPECT_EQ(reported.size(), known.size()) << "each once";
    keep(diagnosis.problem(std::nullopt, now));
    EXPECT_EQ(present(), LinkFault::NobodyPairs);
}

TEST_F(LinkDiagnosisTest, KnowsTheWrongKeyDatabaseAtOnce) {
    advertise(LinkState::AdvertisingPairing);
    connect();
    subscribe();
    keep(diagnosis.handshakeFailed(HandshakeError::TagMismatch, now));
    leave(Reason::HandshakeFailed);
    EXPECT_EQ(reported, Faults{LinkFault::WrongKeys});
    EXPECT_EQ(present(), LinkFault::WrongKeys);
    EXPECT_EQ(diagnosis.current(now)->times, 1U) << "the end of that connection is no second fault";
}

TEST_F(LinkDiagnosisTest, GivesTheReasonOfOtherHandshakeErrors) {
    advertise(LinkState::AdvertisingReconnect);
    for (int i = 0; i < 2; ++i) {
        connect();
        subscribe();
        keep(diagnosis.handshakeFailed(HandshakeError::BadVersion, now));
        leave(Reason::HandshakeFailed);
    }
    ASSERT_EQ(reported, Faults{LinkFault::HandshakeFailed});
    EXPECT_EQ(diagnosis.current(now)->sentence, protocol::sake::explain(HandshakeError::BadVersion));
}

TEST_F(LinkDiagnosisTest, KnowsSessionsThatFallOutOfStep) {
    advertise(LinkState::AdvertisingReconnect);
    for (int i = 0; i < 2; ++i) {
        connect();
        subscribe();
        diagnosis.handshakeDone();
        keep(diagnosis.outOfStep(now));
        leave(Reason::OutOfStep);
    }
    EXPECT_EQ(reported, Faults{LinkFault::OutOfStep});
}

// Each of these visits shakes hands first.
TEST_F(LinkDiagnosisTest, KnowsWhatGoesWrongAgainAndAgainAfterTheHandshake) {
    const std::vector<std::pair<Reason, LinkFault>> known{
        {Reason::ServicesNotFound, LinkFault::ServicesNotFound}, {Reason::WrongPump, LinkFault::WrongPump}};
    advertise(LinkState::AdvertisingReconnect);
    for (const auto& [reason, fault] : known) {
        reported.clear();
        for (int i = 0; i < 3; ++i) {
            connect();
            subscribe();
            diagnosis.handshakeDone();
            if (i == 2) {
                EXPECT_EQ(present(), fault) << "while it is tried again";
            }
            leave(reason);
        }
        EXPECT_EQ(reported, Faults{fault}) << "once";
    }
}

TEST_F(LinkDiagnosisTest, SaysThatNobodyPairsAfterAMinute) {
    advertise(LinkState::AdvertisingPairing);
    now += 59s;
    EXPECT_EQ(present(), std::nullopt);
    now += 1s;
    EXPECT_EQ(present(), LinkFault::NobodyPairs);
}

TEST_F(LinkDiagnosisTest, SaysAfterAWhileThatThePumpStaysAway) {
    advertise(LinkState::AdvertisingReconnect);
    session();
    leave();
    advertise(LinkState::AdvertisingReconnect);
    now += 14min;
    EXPECT_EQ(present(), std::nullopt);
    now += 1min;
    EXPECT_EQ(present(), LinkFault::HeldElsewhere);
    connect(); // somebody else looks at us
    leave(Reason::NoRequest, false);
    advertise(LinkState::AdvertisingReconnect);
    EXPECT_EQ(present(), LinkFault::HeldElsewhere);
    session();
    EXPECT_EQ(present(), std::nullopt);
}

TEST_F(LinkDiagnosisTest, NamesPrivacyWhenOnlyThePairingWorked) {
    advertise(LinkState::AdvertisingPairing);
    session();
    leave();
    advertise(LinkState::AdvertisingReconnect);
    now += 15min;
    EXPECT_EQ(present(), LinkFault::NeverCameBack);
}

TEST_F(LinkDiagnosisTest, DoesNotBlameThePumpForWhatTheHostDoes) {
    advertise(LinkState::AdvertisingReconnect);
    for (int i = 0; i < 5; ++i) {
        connect();
        leave(Reason::HostGone);
        diagnosis.link(LinkState::BluezMissing, now);
        now += 1h;
        EXPECT_EQ(present(), std::nullopt);
        advertise(LinkState::AdvertisingReconnect);
    }
    EXPECT_TRUE(reported.empty());
}

} // namespace
} // namespace bridge
