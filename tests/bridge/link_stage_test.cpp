// SPDX-License-Identifier: MIT
#include "bridge/status/link_stage.hpp"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using namespace std::chrono_literals;

const LinkStages::Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14}};

TEST(LinkStages, FollowAConnectionFromAdvertisingToFollowing) {
    LinkStages stages{kStart};
    stages.link(ble::LinkState::AdvertisingPairing, kStart + 1s);
    stages.link(ble::LinkState::Connected, kStart + 2s);
    stages.session(SessionStage::Connected, kStart + 2s);
    stages.link(ble::LinkState::Subscribed, kStart + 3s);
    stages.session(SessionStage::Handshaking, kStart + 3s);
    stages.session(SessionStage::Discovering, kStart + 4s);
    stages.link(ble::LinkState::Ready, kStart + 5s);
    stages.session(SessionStage::Syncing, kStart + 6s);
    stages.session(SessionStage::Following, kStart + 7s);
    stages.session(SessionStage::Waiting, kStart + 8s);
    stages.link(ble::LinkState::AdvertisingReconnect, kStart + 9s);
    std::vector<LinkStage> seen;
    for (const auto& transition : stages.transitions()) seen.push_back(transition.stage);
    EXPECT_EQ(seen, (std::vector{LinkStage::Starting, LinkStage::Pairing, LinkStage::Connected,
                                 LinkStage::Handshaking, LinkStage::Discovering, LinkStage::Syncing,
                                 LinkStage::Following, LinkStage::Lost, LinkStage::Reconnecting}));
    EXPECT_EQ(stages.present().at, kStart + 9s);
}

TEST(LinkStages, TakeAPollWhileFollowingForNoNews) {
    LinkStages stages{kStart};
    stages.link(ble::LinkState::Connected, kStart);
    stages.session(SessionStage::Syncing, kStart + 1s);
    stages.session(SessionStage::Following, kStart + 2s);
    const auto count = stages.transitions().size();
    stages.session(SessionStage::Syncing, kStart + 62s);
    EXPECT_EQ(stages.present().stage, LinkStage::Syncing);
    stages.session(SessionStage::Following, kStart + 63s);
    EXPECT_EQ(stages.transitions().size(), count);
    EXPECT_EQ(stages.present().at, kStart + 2s);
}

TEST(LinkStages, PassOverWhatASessionSaysAfterItsLinkIsLost) {
    LinkStages stages{kStart};
    stages.link(ble::LinkState::AdvertisingReconnect, kStart);
    stages.session(SessionStage::Following, kStart + 1s);
    stages.session(SessionStage::Waiting, kStart + 1s);
    EXPECT_EQ(stages.present().stage, LinkStage::Reconnecting);
}

TEST(LinkStages, KeepTheNewestTransitionsOnly) {
    LinkStages stages{kStart};
    for (int i = 0; i < 50; ++i) {
        stages.link(ble::LinkState::AdvertisingReconnect, kStart + 2s * i);
        stages.link(ble::LinkState::Connected, kStart + 2s * i + 1s);
    }
    EXPECT_EQ(stages.transitions().size(), LinkStages::kKept);
    EXPECT_EQ(stages.present(), (LinkStages::Transition{LinkStage::Connected, kStart + 99s}));
}

} // namespace
} // namespace bridge
