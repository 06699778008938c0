// SPDX-License-Identifier: MIT
// Fast boluses, automatic corrections and carbohydrates (docs/nightscout/mapping.md 7 and 8.1 to 8.3).
#include <gtest/gtest.h>

#include "bolus_bodies.hpp"
#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using history::BolusActivation;
using history::BolusType;
using nlohmann::json;
using test::Bodies;
using test::carbs;
using test::correction;
using test::HistoryBuilder;
using test::meal;
using test::note;
using test::with;

TEST(FastBolus, AppearsOnceItIsDeliveredAndBeginsWhenItWasProgrammed) {
    HistoryBuilder builder;
    builder.at(60s).programmed(1, 2500);
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    builder.at(160s).delivered(1, 2500);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].kind, Kind::Bolus);
    EXPECT_EQ(documents[0].feature, Feature::Bolus);
    EXPECT_EQ(documents[0].sequenceNumber, 5000U);
    EXPECT_EQ(documents[0].time, test::kStart + 60s + 0ms);
    EXPECT_EQ(documents[0].supersedes, std::nullopt);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{correction(2.5, 2.5)});
}

TEST(FastBolus, WithCarbohydratesIsAMealBolusThatReplacesTheCarbCorrection) {
    HistoryBuilder builder;
    builder.at(60s).meal(45).programmed(1, 11200).at(500s).delivered(1, 11200);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{meal(11.2, 11.2, 45)});
    EXPECT_EQ(documents[0].supersedes,
              identifier("NG1234567H", Kind::Carbs, protocol::toHex(builder.run().records[0].raw)));
}

TEST(FastBolus, OfTheCalculatorWithoutCarbohydratesIsACorrection) {
    HistoryBuilder builder;
    builder.at(60s).meal(0).programmed(1, 1000).at(120s).delivered(1, 1000);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{correction(1, 1)});
}

TEST(FastBolus, IsAMealBolusWhenThePumpSaysSo) {
    HistoryBuilder builder;
    builder.add(history::EventType::BolusProgrammedPart1,
                history::BolusProgrammedPart1{1, BolusType::Fast, test::units(1000), test::units(0), 0});
    builder.add(history::EventType::BolusProgrammedPart2,
                history::BolusProgrammedPart2{4 + 16, {}, {}, BolusActivation::Manual});
    builder.delivered(1, 1000);
    auto expected = with(correction(1, 1), "eventType", "Meal Bolus");
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{with(expected, "activation", "manual")});
}

TEST(FastBolus, TakesAMealUpToAMinuteBeforeItAndNoOther) {
    HistoryBuilder near;
    near.at(0s).meal(30).at(60s).tick().programmed(1, 2000).delivered(1, 2000);
    EXPECT_EQ(test::ownFields(near.run()), Bodies{meal(2, 2, 30)});

    HistoryBuilder far;
    far.at(0s).meal(30).at(61s).programmed(1, 2000).delivered(1, 2000);
    EXPECT_EQ(test::ownFields(far.run()), (Bodies{carbs(30), correction(2, 2)}));

    HistoryBuilder twice;
    twice.at(0s).meal(30).programmed(1, 2000).delivered(1, 2000).at(30s).programmed(2, 500).delivered(2, 500);
    EXPECT_EQ(test::ownFields(twice.run()), (Bodies{meal(2, 2, 30), correction(0.5, 0.5)}));
}

TEST(FastBolus, IsHeldBackUntilItsMealCannotBeMissing) {
    HistoryBuilder builder;
    builder.at(60s).programmed(1, 1000).delivered(1, 1000);
    EXPECT_TRUE(map(builder.notFromBeginning(), test::settings()).empty());
    HistoryBuilder longer;
    longer.at(0s).tick().at(61s).programmed(1, 1000).delivered(1, 1000);
    EXPECT_EQ(map(longer.notFromBeginning(), test::settings()).size(), 1U);
}

TEST(FastBolus, StoppedSaysHowMuchWasDelivered) {
    HistoryBuilder builder;
    builder.programmed(1, 11200).delivered(1, 4750);
    EXPECT_EQ(test::ownFields(builder.run()),
              Bodies{with(correction(4.75, 11.2), "notes", "Stopped: 4.75 of 11.2 U delivered")});
}

TEST(FastBolus, IsNotStoppedByHalfAStep) {
    HistoryBuilder builder;
    builder.programmed(1, 1000).delivered(1, 988).at(60s).programmed(2, 1000).delivered(2, 987);
    const auto bodies = test::ownFields(builder.run());
    EXPECT_FALSE(bodies.at(0).contains("notes"));
    EXPECT_TRUE(bodies.at(1).contains("notes"));
}

TEST(FastBolus, StoppedBeforeDeliveryIsNoInsulin) {
    HistoryBuilder plain;
    plain.programmed(1, 2500).delivered(1, 0);
    EXPECT_EQ(test::ownFields(plain.run()), Bodies{note("Bolus of 2.5 U stopped before delivery")});
    HistoryBuilder withMeal;
    withMeal.meal(40).programmed(1, 2500).delivered(1, 0);
    EXPECT_EQ(test::ownFields(withMeal.run()), Bodies{carbs(40)});
}

TEST(FastBolus, WithoutADeliveryRecordIsANoteAfterTwoHours) {
    HistoryBuilder builder;
    builder.at(0s).meal(40).programmed(1, 2500).at(2h).tick();
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    builder.at(2h + 1s).tick();
    EXPECT_EQ(test::ownFields(builder.run()),
              (Bodies{carbs(40), note("Bolus of 2.5 U programmed, no delivery record")}));
}

TEST(FastBolus, WithAnUnreadableAmountIsANoteAndNoInsulin) {
    HistoryBuilder builder;
    builder.meal(20).programmed(1, 2500);
    builder.add(history::EventType::BolusDeliveredPart1,
                history::BolusDeliveredPart1{1, BolusType::Fast, protocol::MedFloat::fromFloat(0x007fffff),
                                             test::units(0), 0});
    builder.tick();
    EXPECT_EQ(test::ownFields(builder.run()),
              (Bodies{carbs(20), note("Bolus of 2.5 U delivered, amount unreadable")}));
}

TEST(BolusPairing, TakesTheNearestEarlierProgrammedWithTheId) {
    HistoryBuilder builder;
    builder.at(0s).programmed(7, 1000).at(10min).programmed(7, 2000).at(11min).delivered(7, 2000);
    builder.at(12min).delivered(7, 1000);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{correction(1, 1), correction(2, 2)}));
}

TEST(BolusPairing, DoesNotReachBeyondAnHourAfterTheProgrammedDuration) {
    HistoryBuilder near;
    near.at(0s).programmed(7, 1000).at(60min).delivered(7, 1000);
    EXPECT_EQ(test::ownFields(near.run()), Bodies{correction(1, 1)});
    HistoryBuilder far;
    far.at(0s).programmed(7, 1000).at(60min + 1s).delivered(7, 1000).at(3h).tick();
    const auto unpaired = json{{"eventType", "Correction Bolus"},
                               {"insulin", 1},
                               {"type", "normal"},
                               {"activation", "recommended"},
                               {"notes", "start unknown"}};
    EXPECT_EQ(test::ownFields(far.run()),
              (Bodies{note("Bolus of 1 U programmed, no delivery record"), unpaired}));
}

TEST(BolusPairing, KeepsSeveralRunningBolusesApart) {
    HistoryBuilder builder;
    builder.programmed(254, 1000).programmed(255, 2000).programmed(0, 3000);
    builder.at(60s).delivered(255, 2000).delivered(0, 3000).delivered(254, 1000);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{correction(1, 1), correction(2, 2), correction(3, 3)}));
}

TEST(DeliveredAlone, BeginsBeforeItByTheStartOffset) {
    HistoryBuilder builder;
    builder.at(500s).delivered(1, 1500, BolusActivation::Manual, 100);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].time, test::kStart + 400s);
    EXPECT_EQ(documents[0].identifier,
              identifier("NG1234567H", Kind::Bolus, protocol::toHex(builder.run().records[0].raw)));
    const auto body = test::ownFields(builder.run())[0];
    EXPECT_EQ(body.at("notes"), "start unknown");
    EXPECT_EQ(body.at("activation"), "manual");
    EXPECT_FALSE(body.contains("programmed"));
}

TEST(DeliveredAlone, DoesNotBelieveAStartOffsetOfMoreThanADay) {
    HistoryBuilder builder;
    builder.at(500s).delivered(1, 1500, BolusActivation::Manual, 86401);
    EXPECT_EQ(map(builder.run(), test::settings()).at(0).time, test::kStart + 500s);
}

TEST(DeliveredAlone, WaitsForTheHistoryInWhichItMayHaveBeenProgrammed) {
    HistoryBuilder builder;
    builder.at(0s).tick().at(9h).delivered(1, 1500);
    EXPECT_TRUE(map(builder.notFromBeginning(), test::settings()).empty());
    HistoryBuilder longer;
    longer.at(0s).tick().at(9h + 1s).delivered(1, 1500);
    EXPECT_EQ(map(longer.notFromBeginning(), test::settings()).size(), 1U);
}

TEST(DeliveredAlone, WaitsForItsSecondPart) {
    HistoryBuilder builder;
    builder.delivered(1, 1500);
    therapy::HistoryRun run = builder.run();
    run.records.pop_back();
    EXPECT_TRUE(map(run, test::settings()).empty());
}

TEST(DeliveredAlone, OfSmartGuardIsAnAutoCorrection) {
    HistoryBuilder builder;
    builder.delivered(1, 500, BolusActivation::Commanded);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{{{"eventType", "SMB"},
                                                       {"insulin", 0.5},
                                                       {"type", "SMB"},
                                                       {"isSMB", true},
                                                       {"automatic", true},
                                                       {"notes", "start unknown"}}}));
}

json autoCorrection(const char* eventType) {
    return {{"eventType", eventType}, {"insulin", 0.7}, {"programmed", 0.7},
            {"type", "SMB"},          {"isSMB", true},  {"automatic", true}};
}

TEST(AutoCorrection, IsNamedBySetting) {
    HistoryBuilder builder;
    builder.programmed(3, 700, BolusActivation::Commanded).delivered(3, 700, BolusActivation::Commanded);
    auto settings = test::settings();
    EXPECT_EQ(test::ownFields(builder.run(), settings), Bodies{autoCorrection("SMB")});
    settings.autoCorrection = AutoCorrectionEventType::CorrectionBolus;
    EXPECT_EQ(test::ownFields(builder.run(), settings), Bodies{autoCorrection("Correction Bolus")});
    settings.autoCorrection = AutoCorrectionEventType::ComboBolus;
    EXPECT_EQ(test::ownFields(builder.run(), settings), Bodies{autoCorrection("Combo Bolus")});
}

TEST(AutoCorrection, HasTheIdentityOfThePublishedVector) {
    const auto run = test::runFromHex(
        "0ef0a0860100100e3cea07030e091a00\n"
        "5a00c5860100d305cb0033c0cf6af9000000000000\n"
        "6600c6860100d30506005a\n"
        "6900c7860100f005cb0033a90100fd000000000000\n"
        "9600c8860100f00507000000005a3c3302\n",
        1h);
    const auto bodies = test::bodies(map(run, test::settings()));
    ASSERT_EQ(bodies.size(), 1U);
    EXPECT_EQ(bodies[0].at("identifier"), "9e351026-415b-5bf8-8781-6296505222a9");
    EXPECT_EQ(bodies[0].at("created_at"), "2026-03-14T08:50:51.037Z");
    EXPECT_EQ(bodies[0].at("insulin").dump(), "0.425");
    EXPECT_EQ(bodies[0].at("programmed").dump(), "0.7");
    EXPECT_EQ(bodies[0].at("notes"), "Stopped: 0.425 of 0.7 U delivered");
}

TEST(AutoCorrection, LeavesAMealToTheUsersBolus) {
    HistoryBuilder builder;
    builder.at(0s).meal(30).at(10s).programmed(3, 700, BolusActivation::Commanded);
    builder.at(40s).delivered(3, 700, BolusActivation::Commanded);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{carbs(30), autoCorrection("SMB")}));
}

TEST(AutoCorrection, IsNeverTakenForTheUsersWhateverTellsTheMode) {
    HistoryBuilder left;
    left.at(0s).therapyContext(false).at(20min).transition(history::Cl1TransitionKind::OutAlarm).at(30min);
    left.programmed(3, 700, BolusActivation::Commanded).delivered(3, 700, BolusActivation::Commanded);
    EXPECT_EQ(test::ownFields(left.run(), test::only(Feature::Bolus)), Bodies{autoCorrection("SMB")});
    HistoryBuilder first; // before any record of SmartGuard, and perhaps of more
    first.programmed(3, 700, BolusActivation::Commanded).delivered(3, 700, BolusActivation::Commanded);
    EXPECT_EQ(test::ownFields(first.run()), Bodies{autoCorrection("SMB")});
    EXPECT_EQ(test::ownFields(first.notFromBeginning()), Bodies{autoCorrection("SMB")});
}

TEST(AutoCorrection, IsKnownByEitherSecondPart) {
    HistoryBuilder builder;
    builder.at(0s).programmed(3, 700, BolusActivation::Commanded).at(30s);
    builder.delivered(3, 700, BolusActivation::Commanded);
    auto run = builder.run();
    run.records[1].record.reset();
    EXPECT_EQ(test::ownFields(run), Bodies{autoCorrection("SMB")});
    run = builder.run();
    run.records[3].record.reset();
    EXPECT_EQ(test::ownFields(run), Bodies{autoCorrection("SMB")});
}

TEST(Carbs, AloneAreDecidedTenMinutesLater) {
    HistoryBuilder builder;
    builder.at(0s).meal(45).at(10min).tick();
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    builder.at(10min + 1s).tick();
    EXPECT_EQ(test::ownFields(builder.notFromBeginning()), Bodies{carbs(45)});
    EXPECT_EQ(map(builder.run(), test::settings()).at(0).kind, Kind::Carbs);
}

TEST(Carbs, AloneAreDecidedByTheNextBolus) {
    HistoryBuilder builder;
    builder.at(0s).meal(45).at(5min).programmed(1, 1000);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{carbs(45)});
}

TEST(Carbs, WaitForTheBolusTheyBelongTo) {
    HistoryBuilder builder;
    builder.at(0s).meal(45).programmed(1, 25000).at(15min).tick();
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
}

TEST(Carbs, OfZeroGramsOrWithoutANumberAreNothing) {
    HistoryBuilder builder;
    builder.at(0s).meal(0);
    builder.add(history::EventType::Meal, history::Meal{protocol::MedFloat::fromSfloat(0x07ff)});
    builder.at(1h).tick();
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
}

json exchanges(json body, const char* notes) {
    body.erase("carbs");
    body["notes"] = notes;
    return body;
}

TEST(Exchanges, AreANoteAndNeverGrams) {
    HistoryBuilder builder;
    builder.counts(therapy::MealUnit::Exchanges);
    builder.at(0s).meal(3).programmed(1, 2500).at(160s).delivered(1, 2000);
    builder.at(1h).meal(1).at(2h).tick();
    EXPECT_EQ(test::ownFields(builder.run()),
              (Bodies{exchanges(meal(2, 2.5, 3), "Stopped: 2 of 2.5 U delivered; 3 exchanges"),
                      note("1 exchange")}));
    const auto documents = map(builder.run(), test::settings());
    EXPECT_EQ(documents[0].supersedes,
              identifier("NG1234567H", Kind::Carbs, protocol::toHex(builder.run().records[0].raw)));
    EXPECT_EQ(documents[1].kind, Kind::Carbs);
}

TEST(Exchanges, BecomeGramsByTheSetting) {
    HistoryBuilder builder;
    builder.counts(therapy::MealUnit::Exchanges);
    builder.at(0s).meal(3).programmed(1, 2500).at(160s).delivered(1, 2500).at(1h).meal(1).at(2h).tick();
    auto settings = test::settings();
    settings.gramsPerExchange = Amount{12 * Amount::kOne};
    EXPECT_EQ(test::ownFields(builder.run(), settings), (Bodies{meal(2.5, 2.5, 36), carbs(12)}));
}

TEST(Exchanges, CountFromWhereThePumpBeganToCountThem) {
    HistoryBuilder builder;
    builder.at(0s).tick().counts(therapy::MealUnit::Grams).at(1s).meal(45).at(1h).tick();
    builder.counts(therapy::MealUnit::Exchanges).at(1h + 1s).meal(2).at(2h).tick();
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{carbs(45), note("2 exchanges")}));
}

TEST(Carbs, KeepTheirDecimals) {
    HistoryBuilder builder;
    builder.add(history::EventType::Meal,
                history::Meal{protocol::MedFloat::number(125, -1, protocol::MedFloat::Width::Sfloat)});
    builder.at(1h).tick();
    EXPECT_EQ(test::ownFields(builder.run()).at(0).at("carbs").dump(), "12.5");
}

} // namespace
} // namespace nightscout
