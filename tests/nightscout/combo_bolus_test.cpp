// SPDX-License-Identifier: MIT
// Square and dual boluses (docs/nightscout/mapping.md 8.4).
#include <gtest/gtest.h>

#include "bolus_bodies.hpp"
#include "history_builder.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using namespace std::chrono_literals;
using history::BolusType;
using nlohmann::json;
using test::Bodies;
using test::correction;
using test::HistoryBuilder;
using test::note;
using test::with;

json dual() {
    return {{"eventType", "Combo Bolus"},
            {"enteredinsulin", "6.5"},
            {"insulin", 4},
            {"duration", 120},
            {"splitNow", "62"},
            {"splitExt", "38"},
            {"relative", 1.25},
            {"programmed", 6.5},
            {"type", "dual"}};
}

json square() {
    return {{"eventType", "Combo Bolus"}, {"enteredinsulin", "3.5"}, {"duration", 90},    {"splitNow", "0"},
            {"splitExt", "100"},          {"relative", 2.333},       {"programmed", 3.5}, {"type", "square"}};
}

TEST(DualBolus, IsOpenWhileItRunsAndStaysSoWhenComplete) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{dual()});
    builder.at(2h).deliveredCombo(5, BolusType::MultiwaveAlias, 4000, 2500, 120);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{dual()});
}

TEST(DualBolus, CarriesTheCarbohydratesFromTheBeginning) {
    HistoryBuilder builder;
    builder.at(0s).meal(60).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{with(dual(), "carbs", 60)});
    EXPECT_TRUE(map(builder.run(), test::settings()).at(0).supersedes.has_value());
}

TEST(DualBolus, StoppedShowsWhatWasDelivered) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120);
    const auto open = map(builder.run(), test::settings());
    builder.at(30min).deliveredCombo(5, BolusType::Multiwave, 4000, 500, 30);
    const auto final = map(builder.run(), test::settings());
    ASSERT_EQ(final.size(), 1U);
    EXPECT_EQ(final[0].identifier, open[0].identifier);
    EXPECT_EQ(final[0].time, open[0].time);
    json expected = with(with(dual(), "enteredinsulin", "4.5"), "duration", 30);
    expected = with(with(expected, "relative", 1), "notes", "Stopped: 4.5 of 6.5 U delivered");
    EXPECT_EQ(test::ownFields(builder.run()),
              Bodies{with(with(expected, "splitNow", "89"), "splitExt", "11")});
}

TEST(DualBolus, StoppedInItsFirstPartIsAllNow) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120);
    builder.at(1min).deliveredCombo(5, BolusType::Multiwave, 1500, 0, 0);
    const auto body = test::ownFields(builder.run()).at(0);
    EXPECT_EQ(body.at("splitNow"), "100");
    EXPECT_EQ(body.at("splitExt"), "0");
    EXPECT_EQ(body.at("duration"), 0);
    EXPECT_EQ(body.at("insulin"), 1.5);
    EXPECT_FALSE(body.contains("relative"));
}

TEST(DualBolus, WithoutADeliveryRecordClaimsNoInsulinAnHourAfterItsDuration) {
    HistoryBuilder builder;
    builder.at(0s).meal(20).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120).at(3h).tick();
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{with(dual(), "carbs", 20)});
    EXPECT_TRUE(mapRecords(builder.run(), test::settings()).warnings.empty());
    const auto open = map(builder.run(), test::settings());
    builder.at(3h + 1s).tick();
    const auto mapped = mapRecords(builder.run(), test::settings());
    ASSERT_EQ(mapped.documents.size(), 1U);
    EXPECT_EQ(mapped.documents[0].identifier, open[0].identifier);
    EXPECT_EQ(mapped.documents[0].time, open[0].time);
    EXPECT_EQ(test::ownFields(builder.run()),
              (Bodies{{{"eventType", "Combo Bolus"},
                       {"enteredinsulin", "0"},
                       {"duration", 0},
                       {"splitNow", "100"},
                       {"splitExt", "0"},
                       {"programmed", 6.5},
                       {"type", "dual"},
                       {"carbs", 20},
                       {"notes", "No delivery record of 6.5 U, not counted"}}}));
    EXPECT_EQ(mapped.warnings, (std::vector<MappingWarning>{{MappingWarningKind::DeliveryNotKnown, 5001}}));
}

TEST(SquareBolus, WithAnUnreadableDeliveryClaimsNoInsulin) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Extended, 0, 3500, 90).at(90min);
    builder.add(history::EventType::BolusDeliveredPart1,
                history::BolusDeliveredPart1{5, BolusType::Extended, test::units(0),
                                             protocol::MedFloat::fromFloat(0x007fffff), 90});
    builder.tick();
    const auto bodies = test::ownFields(builder.run());
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_FALSE(bodies[0].contains("relative"));
    EXPECT_EQ(bodies[1], note("Square bolus 3.5 U over 90 min; No delivery record of 3.5 U, not counted"));
}

TEST(DualBolus, DeliveredAsAFastOneIsAFastOne) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120);
    const auto open = map(builder.run(), test::settings());
    builder.at(2min).delivered(5, 3000);
    const auto final = map(builder.run(), test::settings());
    ASSERT_EQ(final.size(), 1U);
    EXPECT_EQ(final[0].identifier, open[0].identifier);
    EXPECT_EQ(test::ownFields(builder.run()),
              Bodies{with(correction(3, 6.5), "notes", "Stopped: 3 of 6.5 U delivered")});
    HistoryBuilder nothing; // nothing delivered: it stays what it was to be
    nothing.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120).at(2min).delivered(5, 0);
    EXPECT_EQ(test::ownFields(nothing.run()).at(0).at("type"), "dual");
    EXPECT_FALSE(test::ownFields(nothing.run()).at(0).contains("insulin"));
}

TEST(FastBolus, DeliveredAsADualOneIsADualOne) {
    HistoryBuilder builder;
    builder.at(0s).programmed(5, 6500);
    EXPECT_TRUE(map(builder.run(), test::settings()).empty());
    builder.at(50min).deliveredCombo(5, BolusType::Multiwave, 4000, 2500, 50);
    const auto body = test::ownFields(builder.run()).at(0);
    EXPECT_EQ(body.at("type"), "dual");
    EXPECT_EQ(body.at("insulin"), 4);
    EXPECT_EQ(body.at("relative"), 3);
}

TEST(DualBolus, BeginsLaterByTheStartOffsetOfItsDelivery) {
    for (const std::uint32_t offset : {600U, 86400U, 86401U}) {
        HistoryBuilder builder;
        builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 120).at(2h);
        builder.add(
            history::EventType::BolusDeliveredPart1,
            history::BolusDeliveredPart1{5, BolusType::Multiwave, test::units(4000), test::units(2500), 110});
        builder.add(history::EventType::BolusDeliveredPart2,
                    history::BolusDeliveredPart2{0, offset, {}, {}, {}});
        const auto expected = test::kStart + std::chrono::seconds{offset <= 86400 ? offset : 0};
        EXPECT_EQ(map(builder.run(), test::settings()).at(0).time, expected);
    }
}

TEST(DualBolus, IsDeliveredAsLateAsAnHourAfterItsDuration) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Multiwave, 4000, 2500, 480);
    builder.at(9h).deliveredCombo(5, BolusType::Multiwave, 4000, 2000, 480);
    EXPECT_EQ(test::ownFields(builder.run()).at(0).at("enteredinsulin"), "6");
}

TEST(SquareBolus, HasANoteBecauseNothingElseIsDrawn) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Extended, 0, 3500, 90);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{square(), note("Square bolus 3.5 U over 90 min")}));
    builder.at(90min).deliveredCombo(5, BolusType::Extended, 0, 3500, 90);
    EXPECT_EQ(test::ownFields(builder.run()), (Bodies{square(), note("Square bolus 3.5 U over 90 min")}));
}

TEST(SquareBolus, WithCarbohydratesHasNoNote) {
    HistoryBuilder builder;
    builder.at(0s).meal(20).programmedCombo(5, BolusType::Extended, 0, 3500, 90);
    EXPECT_EQ(test::ownFields(builder.run()), Bodies{with(square(), "carbs", 20)});
}

TEST(SquareBolus, StoppedBeforeDeliveryStaysWithoutInsulin) {
    HistoryBuilder builder;
    builder.at(0s).programmedCombo(5, BolusType::Extended, 0, 3500, 90);
    builder.at(10s).deliveredCombo(5, BolusType::Extended, 0, 0, 0);
    const auto bodies = test::ownFields(builder.run());
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_EQ(bodies[0].at("enteredinsulin"), "0");
    EXPECT_EQ(bodies[0].at("splitExt"), "100");
    EXPECT_FALSE(bodies[0].contains("insulin"));
    EXPECT_FALSE(bodies[0].contains("relative"));
    EXPECT_EQ(bodies[1], note("Square bolus 3.5 U over 90 min; Stopped: 0 of 3.5 U delivered"));
}

TEST(SquareBolus, HasTheIdentityOfThePublishedVector) {
    const auto run = test::runFromHex(
        "0ef0a0860100100e3cea07030e091a00\n"
        "5a00c98601000807cc003c00000000230000ff5a00\n",
        1h);
    const auto bodies = test::bodies(map(run, test::settings()));
    ASSERT_EQ(bodies.size(), 2U);
    EXPECT_EQ(bodies[0].at("identifier"), "055de31e-fc49-5450-b9a7-d0cf2ba7b14e");
    EXPECT_EQ(bodies[0].at("created_at"), "2026-03-14T08:56:00.041Z");
}

TEST(SquareBolus, SeenOnlyAsDeliveredHasADocumentOfItsOwn) {
    HistoryBuilder builder;
    builder.at(90min).deliveredCombo(5, BolusType::Extended, 0, 3500, 90);
    const auto bodies = test::ownFields(builder.run());
    ASSERT_EQ(bodies.size(), 2U);
    json expected = with(square(), "notes", "start unknown");
    expected.erase("programmed"); // no record tells it
    EXPECT_EQ(bodies[0], expected);
}

TEST(BolusOfUnknownType, IsToldByItsAmounts) {
    HistoryBuilder builder;
    builder.programmedCombo(1, BolusType::Undetermined, 1000, 0, 0)
        .deliveredCombo(1, BolusType{0x77}, 1000, 0, 0);
    builder.programmedCombo(2, BolusType{0x77}, 1000, 2000, 60);
    builder.programmedCombo(3, BolusType{0x77}, 0, 2000, 60);
    const auto bodies = test::ownFields(builder.run());
    ASSERT_EQ(bodies.size(), 4U);
    EXPECT_EQ(bodies[0], correction(1, 1));
    EXPECT_EQ(bodies[1].at("type"), "dual");
    EXPECT_EQ(bodies[2].at("type"), "square");
}

} // namespace
} // namespace nightscout
