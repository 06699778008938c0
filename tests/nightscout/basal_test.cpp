// SPDX-License-Identifier: MIT
// SmartGuard's steps and gaps, and the manual rate (docs/nightscout/mapping.md 8.5, 8.7).
#include <gtest/gtest.h>

#include <array>

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
json manual(int minutes, double rate, const char* reason = "Basal pattern") {
    return {{"eventType", "Temp Basal"}, {"duration", minutes}, {"absolute", rate}, {"rate", rate},
            {"temp", "absolute"},        {"reason", reason}};
}
json temporary(int minutes, double rate) {
    return manual(minutes, rate, "Temp basal");
}
std::vector<json> basal(const therapy::HistoryRun& run) {
    return test::ownFields(run, test::only(Feature::Basal));
}
using Bodies = std::vector<json>;

TEST(AutoBasal, IsShownAtTwelveTimesItsAmountForSevenMinutes) {
    HistoryBuilder builder;
    builder.autoBasal(50).at(390s).autoBasal(125);
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), step(0.125, 1.5)}));
}

TEST(AutoBasal, LeavesAGapWhenTheNextStepIsOverdue) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(391s).autoBasal(50);
    const auto documents = map(builder.run(), test::only(Feature::Basal));
    ASSERT_EQ(documents.size(), 3U);
    EXPECT_EQ(test::ownFields(builder.run())[1], gap(2));
    EXPECT_EQ(documents[1].time, test::kStart + 300s + 0ms);
    EXPECT_EQ(documents[1].kind, Kind::Gap);
}

TEST(AutoBasal, DecidesOnAGapOnlyWhenARecordIsPastTheTolerance) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(390s).tick();
    EXPECT_EQ(basal(builder.run()), Bodies{step(0.05, 0.6)});
    builder.at(391s).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(30)}));
}

TEST(AutoBasal, RenewsTheLeaseOfAnOpenGapEveryTenMinutes) {
    HistoryBuilder builder;
    builder.at(0s).autoBasal(50).at(15min).tick();
    EXPECT_EQ(basal(builder.run())[1], gap(30));
    builder.at(15min + 1s).tick();
    EXPECT_EQ(basal(builder.run())[1], gap(40));
    builder.at(11h + 5min).tick();
    EXPECT_EQ(basal(builder.run())[1], gap(600));
}

TEST(AutoBasal, LeavesNoGapBeforeASuspensionOrAManualTime) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50);
    builder.at(200s).stopped(history::StoppedReason::PredictedLowSgSuspended).at(1h).tick();
    EXPECT_EQ(basal(builder.run()).size(), 2U);
    HistoryBuilder left;
    left.at(0s).therapyContext(true).autoBasal(50).at(300s).transition(Cl1TransitionKind::OutAlarm);
    left.at(1h).tick();
    EXPECT_EQ(basal(left.run()), (Bodies{step(0.05, 0.6), manual(80, 0.85)}));
}

TEST(AutoBasal, FillsTheTimeFromTheBeginningOfSmartGuardToItsFirstStep) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(false).at(10min).transition(Cl1TransitionKind::IntoAuto);
    builder.at(10min + 61s).autoBasal(50);
    EXPECT_EQ(basal(builder.run()), (Bodies{manual(10, 0.85), gap(2), step(0.05, 0.6)}));
    HistoryBuilder soon;
    soon.at(0s).therapyContext(false).at(10min).transition(Cl1TransitionKind::IntoAuto);
    soon.at(10min + 60s).autoBasal(50);
    EXPECT_EQ(basal(soon.run()), (Bodies{manual(10, 0.85), step(0.05, 0.6)}));
}

TEST(ManualBasal, IsOpenedByEachOtherRateAndByNoEqualOne) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(3h - 5s).patternRate(850, 900).at(3h).therapyContext(false, false,
                                                                                                 900);
    builder.at(4h - 5s).patternRate(900, 900).at(4h).therapyContext(false, false, 900);
    EXPECT_EQ(basal(builder.run()), (Bodies{manual(60, 0.85), manual(90, 0.9)}));
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
    EXPECT_EQ(basal(builder.run()),
              (Bodies{manual(10, 0.85), temporary(20, 1.02), temporary(10, 0.5), manual(30, 0.85)}));
}

std::vector<MappingWarning> warnings(const therapy::HistoryRun& run) {
    return mapRecords(run, test::only(Feature::Basal)).warnings;
}

HistoryBuilder relativeRate(int tenths) {
    const auto factor = test::MedFloat::number(tenths, -1, test::MedFloat::Width::Sfloat);
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(130min);
    builder.add(history::EventType::TbrAdjustmentStarted,
                history::TbrAdjustmentStarted{0, history::TbrType::Relative, factor, 60, {}});
    builder.at(150min);
    builder.add(history::EventType::TbrAdjustmentEnded,
                history::TbrAdjustmentEnded{0, history::TbrType::Relative, 20, {}, {}, {}});
    builder.at(160min).tick();
    return builder;
}

TEST(ManualBasal, BelievesATemporaryRateUpToTwiceThePattern) {
    const auto twice = relativeRate(20);
    EXPECT_EQ(basal(twice.run()), (Bodies{manual(10, 0.85), temporary(20, 1.7), manual(30, 0.85)}));
    EXPECT_TRUE(warnings(twice.run()).empty());

    const auto more = relativeRate(21);
    EXPECT_EQ(basal(more.run()), (Bodies{manual(10, 0.85), manual(30, 0.85)}));
    EXPECT_EQ(warnings(more.run()),
              (std::vector<MappingWarning>{{MappingWarningKind::TemporaryRateRefused, 5001}}));
}

TEST(ManualBasal, BelievesNoGreaterFactorOfATherapyContextEither) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).at(3h);
    history::TherapyContext context;
    context.flags = history::TherapyContext::BasalRateActive | history::TherapyContext::TbrActive;
    context.basalRate = test::units(850);
    context.tbrType = history::TbrType::Relative;
    context.tbrAdjustment = test::units(120'000); // percent, as some other pump would write it
    builder.add(history::EventType::TherapyContext, context);
    builder.at(4h).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{manual(60, 0.85)}));
    EXPECT_EQ(warnings(builder.run()).size(), 1U);
}

TEST(SmartGuardEnd, ByAnAlarmEndsTheZeroAndClaimsNothing) {
    constexpr std::array<std::uint16_t, 4> kEnds{819, 820, 824, 826};
    for (const auto fault : kEnds) {
        HistoryBuilder builder;
        builder.at(0s).therapyContext(true).autoBasal(50).at(900s).annunciation(fault, 1);
        builder.at(58min).tick();
        EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(10)})) << fault;
        // The next evidence: a context, or a rate.
        builder.at(1h).therapyContext(false).tick();
        EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(10), manual(20, 0.85)})) << fault;
    }
    HistoryBuilder other;
    other.at(0s).therapyContext(true).autoBasal(50).at(900s).annunciation(821, 1).at(30min).tick();
    EXPECT_EQ(basal(other.run()), (Bodies{step(0.05, 0.6), gap(50)}));
}

TEST(SmartGuardEnd, ByAnAlarmIsFollowedByTheRateThatThePumpTells) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50).at(900s).annunciation(820, 1);
    builder.at(2000s).patternRate(850, 900).at(40min).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(10), manual(30, 0.9)}));
}

TEST(SmartGuardEnd, ByAnAlarmWithinTheStepLeavesNoGap) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50).at(300s).annunciation(820, 1).at(1h).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6)}));
}

TEST(SmartGuardEnd, ByTheLiveStateEndsTheZeroAlsoWhenMoreRecordsHaveCome) {
    for (const auto mode : {therapy::LiveMode::Manual, therapy::LiveMode::SafeBasal}) {
        HistoryBuilder builder;
        builder.at(0s).therapyContext(true).autoBasal(50).at(600s).shows(therapy::LiveMode::SmartGuard);
        builder.at(900s).tick().at(901s).shows(mode);
        EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(11)}));
        builder.at(59min).tick();
        EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(11)}));
        builder.at(1h).autoBasal(25).at(62min).tick();
        EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(11), step(0.025, 0.3)}));
    }
}

TEST(SmartGuardEnd, IntoSafeBasalClaimsNoPatternEither) {
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50).at(900s).tick().shows(therapy::LiveMode::SafeBasal);
    builder.at(3595s).patternRate(850, 900).at(1h).therapyContext(true).at(90min).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), gap(10)}));
    builder.stopped(history::StoppedReason::AlarmSuspended).at(100min);
    builder.restarted(history::RestartedReason::UserClearsAlarm).at(2h).tick();
    const auto all = basal(builder.run()); // safe basal goes on after a stop: no zero from the restart
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[2].at("reason"), "Suspended by pump alarm");
}

TEST(SmartGuardEnd, InTheLiveStateDoesNotComeBeforeARecordThatWasLoggedLater) {
    // The mode was read, and then a step that was logged before it (the pump's clock is a minute slow).
    HistoryBuilder builder;
    builder.at(0s).therapyContext(true).autoBasal(50).at(400s).shows(therapy::LiveMode::Manual);
    builder.at(340s).autoBasal(50).at(1h).tick();
    EXPECT_EQ(basal(builder.run()), (Bodies{step(0.05, 0.6), step(0.05, 0.6)}));
}

TEST(ManualBasal, SaysNothingWhileSmartGuardIsOn) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(true).at(3h - 5s).patternRate(850, 900).at(3h).therapyContext(true).tick();
    EXPECT_TRUE(basal(builder.run()).empty());
}

TEST(ManualBasal, BeginsANewDocumentInEachThirdOfTheDay) {
    HistoryBuilder builder; // at 08:26 UTC
    for (auto time = 2h; time < 12h; time += 1h) builder.at(time).therapyContext(false);
    EXPECT_EQ(basal(builder.run()), (Bodies{manual(360, 0.85), manual(60, 0.85), manual(140, 0.85)}));
}

TEST(ManualBasal, CanBeLeftToTheProfileOfTheSite) {
    HistoryBuilder builder;
    builder.therapyContext(false).tick();
    auto settings = test::only(Feature::Basal);
    settings.manualBasal = false;
    EXPECT_TRUE(map(builder.run(), settings).empty());
}

TEST(ManualBasal, IsHeldBackWhileOlderRecordsMayTellTheRate) {
    HistoryBuilder builder;
    builder.at(2h).therapyContext(false).tick();
    EXPECT_TRUE(map(builder.notFromBeginning(), test::only(Feature::Basal)).empty());
}

} // namespace
} // namespace nightscout
