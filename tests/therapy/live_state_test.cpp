// SPDX-License-Identifier: MIT
// What was read of the pump's present state, as the history's meaning needs it.
#include "therapy/live_state.hpp"

#include <gtest/gtest.h>

#include "therapy/pump_status.hpp"

namespace therapy {
namespace {

using namespace std::chrono_literals;
using protocol::history::TherapyControlState;
namespace reader = protocol::idd::status_reader;

constexpr UtcSeconds kNow{std::chrono::seconds{1773477513}};

PumpStatus reading(TherapyControlState state, UtcSeconds at) {
    PumpStatus status;
    status.status.emplace();
    status.status->therapyControlState = state;
    status.statusReadAt = at;
    return status;
}

TEST(LiveState, JoinsReadingsThatSayTheSame) {
    LiveState state;
    EXPECT_FALSE(noteStatus(state, reading(TherapyControlState::Undetermined, kNow), 6));
    EXPECT_TRUE(noteStatus(state, reading(TherapyControlState::Run, kNow), 7));
    EXPECT_FALSE(noteStatus(state, reading(TherapyControlState::Run, kNow + 5min), 8));
    ASSERT_EQ(state.delivery.size(), 1U);
    EXPECT_EQ(state.delivery[0], (LiveReading<LiveDelivery>{LiveDelivery::Running, 7, kNow, kNow + 5min}));
}

TEST(LiveState, GoesOnBeingNewsWhileDeliveryIsStopped) {
    LiveState state;
    EXPECT_TRUE(noteStatus(state, reading(TherapyControlState::Stop, kNow), 7));
    EXPECT_TRUE(noteStatus(state, reading(TherapyControlState::Pause, kNow + 1min), 7));
    EXPECT_EQ(state.delivery.size(), 1U);
}

TEST(LiveState, KnowsModeAnnunciationAndMealUnit) {
    LiveState state;
    PumpStatus status;
    status.readAt = kNow;
    status.algorithm.emplace();
    status.algorithm->shield = reader::AutoModeShield::SafeBasal;
    status.annunciation =
        protocol::idd::Annunciation{protocol::idd::Annunciation::Present, 5, 0xf007, {}, {}};
    status.displayFormat = reader::DisplayFormat{reader::DisplayFormat::CarbExchanges, std::nullopt};
    EXPECT_TRUE(noteStatus(state, status, 7));
    EXPECT_TRUE(state.mode.empty() && state.annunciation.empty()); // nobody said when they were read
    status.algorithmReadAt = status.annunciationReadAt = kNow;
    EXPECT_TRUE(noteStatus(state, status, 7));
    EXPECT_EQ(state.mode.at(0).value, LiveMode::SafeBasal);
    EXPECT_EQ(state.annunciation.at(0).value, (LiveAnnunciation{0xf007, 5}));
    EXPECT_EQ(state.mealUnitAt(3), MealUnit::Exchanges);
    status.annunciation->flags = 0;
    EXPECT_TRUE(noteStatus(state, status, 8));
    EXPECT_EQ(state.annunciation.at(1).value, LiveAnnunciation{});
    EXPECT_FALSE(noteStatus(state, status, 8));
}

TEST(LiveState, ForgetsWhatIsOlderThanTwoDaysButTheLast) {
    LiveState state;
    note(state.mode, LiveMode::SmartGuard, 1, kNow);
    note(state.mode, LiveMode::Manual, 2, kNow + 1h);
    note(state.mode, LiveMode::SmartGuard, 3, kNow + 49h);
    EXPECT_EQ(state.mode.size(), 3U);
    note(state.mode, LiveMode::Manual, 4, kNow + 49h + 1s);
    ASSERT_EQ(state.mode.size(), 3U);
    EXPECT_EQ(state.mode[0].newest, 2U);
}

} // namespace
} // namespace therapy
