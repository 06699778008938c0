// SPDX-License-Identifier: MIT
// Suspended, resumed, set changes (docs/nightscout/mapping.md 7, 8.6, 8.10).
#include <gtest/gtest.h>

#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using history::RestartedReason;
using history::StoppedReason;
using nlohmann::json;
using test::HistoryBuilder;

json suspended(int minutes, const char* reason) {
    return {{"eventType", "Temp Basal"}, {"duration", minutes}, {"absolute", 0}, {"rate", 0},
            {"temp", "absolute"},        {"reason", reason}};
}
json note(const char* text) {
    return {{"eventType", "Note"}, {"notes", text}};
}
using Bodies = std::vector<json>;

TEST(Suspension, BeforeLowIsShownAtOnceAndFinalAtTheRestart) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(100s).stopped(StoppedReason::PredictedLowSgSuspended);
    EXPECT_EQ(test::ownFields(builder.run())[1], suspended(20, "Suspended before low"));
    EXPECT_EQ(test::ownFields(builder.run())[2], note("Insulin delivery suspended: predicted low"));
    builder.at(1000s).restarted(RestartedReason::LowAutoResumeSg).at(1100s).autoBasal(50);
    const auto all = test::ownFields(builder.run());
    EXPECT_EQ(all[1], suspended(15, "Suspended before low"));
    EXPECT_EQ(all[3].at("reason"), "SmartGuard, no basal");
    EXPECT_EQ(all[4], note("Insulin delivery resumed: glucose recovered"));
}

TEST(Suspension, ByTheUserIsShownAfterTwoMinutes) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(100s).stopped(StoppedReason::UserSuspended).at(219s).tick();
    EXPECT_EQ(test::ownFields(builder.run()).size(), 1U);
    builder.at(220s).tick();
    EXPECT_EQ(test::ownFields(builder.run())[1], suspended(30, "Suspended by user"));
}

TEST(Suspension, ByTheUserIsShownByTheLiveStateBeforeTheNextRecord) {
    using therapy::LiveDelivery;
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(100s).stopped(StoppedReason::UserSuspended);
    builder.at(103s).shows(LiveDelivery::Stopped).at(222s).shows(LiveDelivery::Stopped);
    EXPECT_EQ(test::ownFields(builder.run()).size(), 1U); // 119 s by the host's clock
    builder.at(223s).shows(LiveDelivery::Stopped);
    EXPECT_EQ(test::ownFields(builder.run())[1], suspended(30, "Suspended by user"));
    // Nothing else is logged without a sensor: the lease goes on by the live state.
    builder.at(100s + 35min).shows(LiveDelivery::Stopped);
    EXPECT_EQ(test::ownFields(builder.run())[1], suspended(60, "Suspended by user"));
    builder.at(100s + 40min).restarted(RestartedReason::UserSelectsResume).shows(LiveDelivery::Running);
    builder.at(100s + 45min).autoBasal(50);
    EXPECT_EQ(test::ownFields(builder.run())[1], suspended(40, "Suspended by user"));
}

TEST(Suspension, ByTheUserIsNotShownByALiveStateOfAnotherOne) {
    using therapy::LiveDelivery;
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(10s).shows(LiveDelivery::Stopped);
    builder.at(1000s).autoBasal(50).at(1100s).stopped(StoppedReason::UserSuspended);
    builder.at(1200s).shows(LiveDelivery::Stopped);
    EXPECT_EQ(test::ofType(test::ownFields(builder.run()), "Temp Basal").size(), 3U); // with the gap
    builder.at(1110s).restarted(RestartedReason::UserSelectsResume);
    builder.at(1150s).shows(LiveDelivery::Running).at(1300s).autoBasal(50);
    for (const auto& body : test::ofType(test::ownFields(builder.run()), "Temp Basal")) {
        EXPECT_NE(body.at("reason"), "Suspended by user");
    }
}

TEST(Suspension, OfLessThanTwoMinutesIsNotShownUnlessThereWasNeed) {
    for (const auto reason : {StoppedReason::UserSuspended, StoppedReason::AlarmSuspended}) {
        HistoryBuilder builder;
        builder.at(0s).autoBasal(50).at(100s).stopped(reason).at(150s).restarted(
            RestartedReason::UserClearsAlarm);
        builder.at(300s).autoBasal(50);
        const auto shown = test::ofType(test::bodies(map(builder.run(), test::settings())), "Note").size();
        EXPECT_EQ(shown, reason == StoppedReason::AlarmSuspended ? 2U : 0U);
    }
}

TEST(Suspension, EndsByEvidenceOfDeliveryWhenTheRestartIsMissing) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(100s).stopped(StoppedReason::AutoSuspended).at(700s).autoBasal(50);
    const auto all = test::ownFields(builder.run());
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[1], suspended(10, "Suspended by auto-suspend"));
    EXPECT_EQ(all[2], note("Insulin delivery suspended: auto-suspend"));
}

TEST(Suspension, GoesOnInANewDocumentInEachThirdOfTheDay) {
    HistoryBuilder builder; // at 08:26 UTC
    builder.at(0s).therapyContext(true).at(10s).stopped(StoppedReason::LowSgSuspended);
    for (auto time = 1h; time < 10h; time += 1h) builder.at(time).therapyContext(true, true);
    const auto all = test::ownFields(builder.run(), test::only(Feature::Basal));
    ASSERT_EQ(all.size(), 4U); // at 09:26, 16:26 and 17:26
    EXPECT_EQ(all[0], suspended(60, "Suspended on low"));
    EXPECT_EQ(all[3].at("reason"), "Suspended by user"); // what the context says
}

TEST(Suspension, InManualModeGivesWayToThePatternAtTheRestart) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(130min).stopped(StoppedReason::UserSuspended);
    builder.at(140min).restarted(RestartedReason::UserSelectsResume).at(142min).tick();
    EXPECT_EQ(test::ownFields(builder.run(), test::only(Feature::Basal)).size(), 2U);
    builder.at(142min + 1s).tick();
    const auto all = test::bodies(map(builder.run(), test::only(Feature::Basal)));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1].at("duration"), 10);
    EXPECT_EQ(all[2].at("absolute"), 0.85);
    EXPECT_EQ(all[2].at("created_at"), "2026-03-14T10:46:00.002Z");
}

/// Stop, restart, stop for the reservoir, restart: as captures show it.
HistoryBuilder setChange() {
    HistoryBuilder builder(1000);
    builder.at(0s).autoBasal(50).at(40s).stopped(StoppedReason::UserSuspended);
    builder.at(90s).restarted(RestartedReason::UserSelectsResume);
    builder.at(96s).stopped(StoppedReason::NotSeated).at(230s).restarted(RestartedReason::UserSelectsResume);
    builder.at(300s).autoBasal(50);
    return builder;
}

TEST(SetChange, IsOneSuspensionAndTwoChangesAtTheLastRestart) {
    const auto documents = map(setChange().run(), test::settings());
    const auto all = test::bodies(documents);
    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[1].at("duration"), 4);
    EXPECT_EQ(all[1].at("reason"), "Suspended by user, for reservoir change");
    EXPECT_EQ(all[2].at("eventType"), "Insulin Change");
    EXPECT_EQ(all[3].at("eventType"), "Site Change");
    for (const auto& body : {all[2], all[3]}) {
        EXPECT_EQ(body.at("created_at"), "2026-03-14T08:29:50.003Z");
        EXPECT_EQ(body.at("pumpId"), 1003);
    }
    EXPECT_EQ(documents[2].kind, Kind::Insulin);
    EXPECT_EQ(documents[3].kind, Kind::Site);
    EXPECT_TRUE(test::ofType(all, "Note").empty());
}

TEST(SetChange, FollowsTheSettings) {
    auto settings = test::settings();
    settings.insulinChange = false;
    settings.siteChange = SiteChangeRule::Primed;
    EXPECT_EQ(map(setChange().run(), settings).size(), 4U);
    HistoryBuilder primed;
    primed.at(0s).stopped(StoppedReason::NotSeated).at(60s).stopped(StoppedReason::Unknown08);
    primed.at(200s).restarted(RestartedReason::UserSelectsResume).at(400s).tick();
    EXPECT_EQ(test::ofType(test::bodies(map(primed.run(), settings)), "Site Change").size(), 1U);
    settings.siteChange = SiteChangeRule::Off;
    EXPECT_TRUE(test::ofType(test::bodies(map(primed.run(), settings)), "Site Change").empty());
}

} // namespace
} // namespace nightscout
