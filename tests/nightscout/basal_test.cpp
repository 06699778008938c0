// SPDX-License-Identifier: MIT
// SmartGuard's steps and gaps, and the manual rate (docs/nightscout/mapping.md 8.5, 8.7).
#include <gtest/gtest.h>

#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using history::Cl1TransitionKind;
using nlohmann::json;
using test::HistoryBuilder;

json step(double units, double rate) {
    return {
        {"eventType", "Temp Basal"}, {"duration", 7},     {"absolute", rate},       {"rate", rate},
        {"temp", "absolute"},        {"automatic", true}, {"reason", "SmartGuard"}, {"microbolus", units}};
}
json gap(int minutes) {
    return {{"eventType", "Temp Basal"},
            {"duration", minutes},
            {"absolute", 0},
            {"rate", 0},
            {"temp", "absolute"},
            {"automatic", true},
            {"reason", "SmartGuard, no basal"}};
}
json manual(int minutes, double rate) {
    return {{"eventType", "Temp Basal"}, {"duration", minutes},      {"absolute", rate}, {"rate", rate},
            {"temp", "absolute"},        {"reason", "Basal pattern"}};
}
std::vector<json> basal(const therapy::HistoryRun& stretch) {
    return test::ownFields(stretch, test::only(Feature::Basal));
}
using Bodies = std::vector<json>;

TEST(AutoBasal, IsShownAtTwelveTimesItsAmountForSevenMinutes) {
    HistoryBuilder builder;
    builder.autoBasal(50).at(390s).autoBasal(125);
    EXPECT_EQ(basal(builder.stretch()), (Bodies{step(0.05, 0.6), step(0.125, 1.5)}));
}

TEST(AutoBasal, LeavesAGapWhenTheNextStepIsOverdue) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(391s).autoBasal(50);
    const auto documents = map(builder.stretch(), test::only(Feature::Basal));
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_EQ(test::ownFields(builder.stretch())[1], gap(2));
    EXPECT_EQ(documents[1].time, test::kStart + 300s + 0ms);
    EXPECT_EQ(documents[1].kind, Kind::Gap);
}

TEST(AutoBasal, DecidesOnAGapOnlyWhenARecordIsPastTheTolerance) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(390s).tick();
    EXPECT_EQ(basal(builder.stretch()), Bodies{step(0.05, 0.6)});
    builder.at(391s).tick();
    EXPECT_EQ(basal(builder.stretch()), (Bodies{step(0.05, 0.6), gap(30)}));
}

TEST(AutoBasal, RenewsTheLeaseOfAnOpenGapEveryTenMinutes) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(15min).tick();
    EXPECT_EQ(basal(builder.stretch())[1], gap(30));
    builder.at(15min + 1s).tick();
    EXPECT_EQ(basal(builder.stretch())[1], gap(40));
    builder.at(11h + 5min).tick();
    EXPECT_EQ(basal(builder.stretch())[1], gap(600));
}

TEST(AutoBasal, LeavesNoGapBeforeASuspensionOrAManualTime) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50);
    builder.at(200s).stopped(history::StoppedReason::PredictedLowSgSuspended).at(1h).tick();
    EXPECT_EQ(basal(builder.stretch()).size(), 2U);
    HistoryBuilder left;
    left.at(0s).therapyContext(true).autoBasal(50).at(300s).transition(Cl1TransitionKind::OutAlarm);
    left.at(1h).tick();
    EXPECT_EQ(basal(left.stretch()), (Bodies{step(0.05, 0.6), manual(80, 0.85)}));
}

TEST(AutoBasal, FillsTheTimeFromTheBeginningOfSmartGuardToItsFirstStep) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(false).at(10min).transition(Cl1TransitionKind::IntoAuto);
    builder.at(10min + 61s).autoBasal(50);
    EXPECT_EQ(basal(builder.stretch()), (Bodies{manual(10, 0.85), gap(2), step(0.05, 0.6)}));
    HistoryBuilder soon;
    soon.at(0s).therapyContext(false).at(10min).transition(Cl1TransitionKind::IntoAuto);
    soon.at(10min + 60s).autoBasal(50);
    EXPECT_EQ(basal(soon.stretch()), (Bodies{manual(10, 0.85), step(0.05, 0.6)}));
}

TEST(ManualBasal, IsOpenedByEachOtherRateAndByNoEqualOne) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(3h - 5s).patternRate(850, 900).at(3h).therapyContext(false, false,
                                                                                                 900);
    builder.at(4h - 5s).patternRate(900, 900).at(4h).therapyContext(false, false, 900);
    EXPECT_EQ(basal(builder.stretch()), (Bodies{manual(60, 0.85), manual(90, 0.9)}));
}

TEST(ManualBasal, FollowsTemporaryRates) {
    const auto sfloat = [](int mantissa, int exponent) {
        return test::MedFloat::number(mantissa, static_cast<std::int8_t>(exponent),
                                      test::MedFloat::Width::Sfloat);
    };
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(130min);
    builder.add(history::EventType::TbrAdjustmentStarted,
                history::TbrAdjustmentStarted{0, history::TbrType::Relative, sfloat(12, -1), 60, {}});
    builder.patternRate(850, 1020).at(150min);
    builder.add(history::EventType::TbrAdjustmentChanged,
                history::TbrAdjustmentChanged{0, history::TbrType::Absolute, sfloat(5, -1), 60, 20, {}});
    builder.patternRate(1020, 500).at(160min);
    builder.add(history::EventType::TbrAdjustmentEnded,
                history::TbrAdjustmentEnded{0, history::TbrType::Absolute, 30, {}, {}, {}});
    builder.patternRate(500, 850).at(170min).tick();
    EXPECT_EQ(basal(builder.stretch()),
              (Bodies{manual(10, 0.85), manual(20, 1.02), manual(10, 0.5), manual(30, 0.85)}));
}

TEST(ManualBasal, SaysNothingWhileSmartGuardIsOn) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(true).at(3h - 5s).patternRate(850, 900).at(3h).therapyContext(true).tick();
    EXPECT_TRUE(basal(builder.stretch()).empty());
}

TEST(ManualBasal, BeginsANewDocumentInEachThirdOfTheDay) {
    HistoryBuilder builder; // at 08:26 UTC
    for (auto time = 2h; time < 12h; time += 1h) builder.at(time).therapyContext(false);
    EXPECT_EQ(basal(builder.stretch()), (Bodies{manual(360, 0.85), manual(60, 0.85), manual(140, 0.85)}));
}

TEST(ManualBasal, CanBeLeftToTheProfileOfTheSite) {
    HistoryBuilder builder;
    builder.therapyContext(false).tick();
    auto settings = test::only(Feature::Basal);
    settings.manualBasal = false;
    EXPECT_TRUE(map(builder.stretch(), settings).empty());
}

TEST(ManualBasal, IsHeldBackWhileOlderRecordsMayTellTheRate) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).tick();
    EXPECT_TRUE(map(builder.notFromBeginning(), test::only(Feature::Basal)).empty());
}

} // namespace
} // namespace nightscout
