// SPDX-License-Identifier: MIT
// A pump in whose visit one thing is wrong: its services do not show, an answer is none, a checksum does not
// fit. The rest of the visit, or the next one, is as ever.
#include <gtest/gtest.h>

#include <algorithm>

#include "bridge/status/link_diagnosis.hpp"
#include "session_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;
using ble::PumpCharacteristic;
using bridge::LinkFault;
using bridge::SessionStage;

class AnOddVisit : public SessionFixture {
protected:
    AnOddVisit() {
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        records.erase(records.begin(), records.end() - 400);
    }
    void linkEvent(const ble::LinkEvent& event) override { report(diagnosis.event(event, kUtcNow)); }
    void handshakeEnded(std::optional<sake::HandshakeError> error) override {
        if (!error) diagnosis.handshakeDone();
    }
    void synced(const bridge::PumpInfo& who) override {
        SessionFixture::synced(who);
        diagnosis.worked();
    }
    void report(const std::optional<bridge::LinkDiagnosis::Finding>& finding) {
        if (finding) found.push_back(finding->fault);
    }
    [[nodiscard]] std::size_t timesLogged(const std::string& words) const {
        const std::string text = logText.str();
        std::size_t times = 0;
        for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++times;
        return times;
    }

    bridge::LinkDiagnosis diagnosis;
    std::vector<LinkFault> found;
};

TEST_F(AnOddVisit, WhoseDiscoveryNeverEndsIsNamedAndTheNextOneWorks) {
    settings.discoveryTimeout = 1ms;
    start();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    link->leave();
    for (int visit = 1; visit <= 3; ++visit) {
        link->arriveUnresolved();
        ASSERT_TRUE(runUntil([&] { return link->disconnects() == visit; })) << logText.str();
        ASSERT_TRUE(runUntil([this] { return stages.back() == SessionStage::Waiting; }));
        EXPECT_EQ(link->dropReason(), ble::EndReason::ServicesNotFound);
        EXPECT_EQ(found.size(), visit < 2 ? 0U : 1U) << "reported when it has happened again, and once";
    }
    EXPECT_EQ(timesLogged("the pump's services were not found in time"), 6U) << "dropping, and ended";
    const auto finding = diagnosis.current(kUtcNow);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->fault, LinkFault::ServicesNotFound);
    EXPECT_EQ(finding->times, 3U);
    EXPECT_FALSE(finding->remedy.empty());

    const int before = syncs;
    link->arrive();
    ASSERT_TRUE(runUntil([&] { return syncs > before; })) << logText.str();
    expectEverythingStored();
    EXPECT_FALSE(diagnosis.current(kUtcNow));
}

// The answers to the questions for the last and the first record come first.
TEST_F(AnOddVisit, WhoseReportEndsInNoResponseIsAskedAgain) {
    start();
    link->garbleAnswer(4);
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    EXPECT_EQ(timesLogged("record access response ff"), 1U);
    EXPECT_EQ(link->disconnects(), 0);
    expectEverythingStored();
}

TEST_F(AnOddVisit, WhoseFirstAnswerIsNoneIsEndedAndTheNextOneWorks) {
    start();
    link->garbleAnswer(1);
    ASSERT_TRUE(runUntil([this] { return link->disconnects() > 0; })) << logText.str();
    EXPECT_EQ(link->dropReason(), ble::EndReason::SessionFailed);
    EXPECT_EQ(syncs, 0) << "an answer that is none does not mean that there are no records";
    ASSERT_TRUE(runUntil([this] { return stages.back() == SessionStage::Waiting; }));
    link->arrive();
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    expectEverythingStored();
}

TEST_F(AnOddVisit, WithAWrongChecksumLacksThatReadingAlone) {
    settings.follow.routine = 1ms;
    settings.follow.poll = 5ms;
    start();
    link->spoil(PumpCharacteristic::CgmSessionStartTime);
    ASSERT_TRUE(runUntil([this] { return syncs > 3 && status.has_value(); })) << logText.str();
    const auto reads = std::ranges::count(link->operations(), PumpCharacteristic::CgmSessionStartTime,
                                          &MemoryLink::Operation::characteristic);
    ASSERT_GT(reads, 1);
    EXPECT_FALSE(status->sessionStart);
    EXPECT_TRUE(status->sessionRunTime && status->status && status->measurement && status->batteryPercent);
    EXPECT_EQ(timesLogged("CGM Session Start Time is unreadable: bad_checksum"), 1U) << logText.str();
    EXPECT_EQ(link->disconnects(), 0);
    expectEverythingStored();
}

} // namespace
