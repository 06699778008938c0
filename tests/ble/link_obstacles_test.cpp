// SPDX-License-Identifier: MIT
// What the real bluetoothd and the real kernel have put in the way of the link.
#include "a_link.hpp"

namespace ble {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

TEST_F(ALink, WaitsWhileBluetoothdPowersTheAdapterItself) {
    start({.powersItselfAfter = 30ms});
    EXPECT_TRUE(untilReady());
    EXPECT_THAT(problems_, Not(testing::Contains(LinkErrorKind::AdapterBlocked)));
    EXPECT_EQ(states_.front(), LinkState::AdapterMissing);
}

TEST_F(ALink, TriesAgainWhenBluetoothdStaysBusy) {
    settings_.limits.call = 50ms;
    start({.powersItselfAfter = 1h});
    ASSERT_TRUE(until([&] { return hasProblem(LinkErrorKind::AdapterOff); }));
    EXPECT_EQ(link_->state(), LinkState::AdapterMissing);
}

TEST_F(ALink, SwitchesTheAdapterOnAgain) {
    start();
    ASSERT_TRUE(untilReady());
    double_->switchOff();
    EXPECT_TRUE(untilReady(2));
    EXPECT_THAT(states_, testing::Contains(LinkState::AdapterMissing));
}

TEST_F(ALink, TakesTheAdvertisementBackWhileTheAdapterIsOff) {
    start();
    ASSERT_TRUE(untilReady());
    double_->leave();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingReconnect; }));
    double_->switchOff();
    double_->comeBack(); // at once when the adapter is on and advertises
    EXPECT_TRUE(untilReady(2));
    EXPECT_EQ(double_->cccdTraps(), 0U) << "a pump came before the application was new";
}

TEST_F(ALink, SaysThatItRefusedAPairing) {
    settings_.pumpSerial = "NG7654321H";
    start({.nameKnownAtOnce = true});
    ASSERT_TRUE(until([&] { return events_.size() == 2; }));
    EXPECT_EQ(events_.back(), "disconnected: pairing refused");
    EXPECT_THAT(journal_.str(), HasSubstr("refused a pairing"));
}

} // namespace
} // namespace ble
