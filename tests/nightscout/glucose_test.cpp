// SPDX-License-Identifier: MIT
// Sensor glucose -> entries (docs/nightscout/mapping.md 9).
#include <gtest/gtest.h>

#include "history_builder.hpp"

namespace nightscout {
namespace {

using namespace std::chrono_literals;
using test::HistoryBuilder;

std::string directionOfLast(const therapy::HistoryRun& run,
                            const MappingSettings& settings = test::settings()) {
    const auto documents = map(run, settings);
    if (documents.empty() || documents.back().sequenceNumber != run.records.back().sequenceNumber) {
        return "held back";
    }
    return nlohmann::json::parse(documents.back().body).at("direction").get<std::string>();
}

/// Two samples a quarter of an hour apart.
therapy::HistoryRun change(int first, int second) {
    HistoryBuilder builder;
    builder.at(0s).glucose(static_cast<std::uint16_t>(first));
    builder.at(15min).glucose(static_cast<std::uint16_t>(second));
    return builder.run();
}

TEST(GlucoseEntry, HasIntegerValueAndInstant) {
    HistoryBuilder builder(100010);
    builder.at(180s).glucose(142);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].collection, Collection::Entries);
    EXPECT_EQ(documents[0].feature, Feature::Cgm);
    EXPECT_EQ(documents[0].eventType, "sgv");
    const auto body = test::bodies(documents)[0];
    EXPECT_TRUE(body.at("sgv").is_number_integer());
    EXPECT_TRUE(body.at("date").is_number_integer());
    EXPECT_EQ(body.at("date"), 1773476940000);
    EXPECT_EQ(body.at("dateString"), "2026-03-14T08:29:00.000Z");
    EXPECT_EQ(body.at("type"), "sgv");
    EXPECT_FALSE(body.contains("enteredBy"));
    EXPECT_FALSE(body.contains("created_at"));
}

TEST(GlucoseEntry, IsDatedByItsSampleNotByItsLogging) {
    HistoryBuilder builder;
    builder.at(30min).glucose(120, 25min).glucose(125, 20min);
    const auto documents = map(builder.run(), test::settings());
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].time, test::kStart + 5min);
    EXPECT_EQ(documents[1].time, test::kStart + 10min);
}

TEST(GlucoseEntry, NeverFallsBelowForty) {
    HistoryBuilder builder;
    builder.glucose(39).glucose(1).glucose(40);
    for (const auto& body : test::bodies(map(builder.run(), test::settings()))) {
        EXPECT_EQ(body.at("sgv"), 40);
    }
}

TEST(GlucoseEntry, SaysSentinelsForValuesOutOfRange) {
    HistoryBuilder builder;
    builder.glucose(0x030d).glucose(0x0309).glucose(0x0308);
    const auto bodies = test::bodies(map(builder.notFromBeginning(), test::settings()));
    ASSERT_EQ(bodies.size(), 3U);
    EXPECT_EQ(bodies[0].at("sgv"), 40);
    EXPECT_EQ(bodies[1].at("sgv"), 40);
    EXPECT_EQ(bodies[2].at("sgv"), 401);
    for (const auto& body : bodies) EXPECT_EQ(body.at("direction"), "RATE OUT OF RANGE");

    auto settings = test::settings();
    settings.lowSentinel = 49;
    settings.highSentinel = 400;
    const auto others = test::bodies(map(builder.run(), settings));
    EXPECT_EQ(others[0].at("sgv"), 49);
    EXPECT_EQ(others[2].at("sgv"), 400);
}

TEST(GlucoseEntry, AboveThePumpsRangeIsTheHighSentinel) {
    HistoryBuilder builder;
    builder.at(0s).glucose(400).at(5min).glucose(401).at(10min).glucose(0x02ff).at(20min).glucose(390);
    const auto bodies = test::bodies(map(builder.run(), test::settings()));
    ASSERT_EQ(bodies.size(), 4U);
    EXPECT_EQ(bodies[0].at("sgv"), 400);
    EXPECT_EQ(bodies[0].at("direction"), "NOT COMPUTABLE");
    for (const int i : {1, 2}) {
        EXPECT_EQ(bodies[static_cast<std::size_t>(i)].at("sgv"), 401);
        EXPECT_EQ(bodies[static_cast<std::size_t>(i)].at("direction"), "RATE OUT OF RANGE");
    }
    // Values out of range are no samples: the last one counts from the first.
    EXPECT_EQ(bodies[3].at("direction"), "Flat");
}

TEST(GlucoseEntry, IsNotMadeOfCodesWithoutAValue) {
    HistoryBuilder builder;
    for (const int code : {0, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x030c, 0x03ff, 0xffff}) {
        builder.glucose(static_cast<std::uint16_t>(code));
    }
    EXPECT_TRUE(map(builder.run(), test::only(Feature::Cgm)).empty());
}

TEST(GlucoseEntry, IsHeldBackUntilItsSampleIsDated) {
    HistoryBuilder builder;
    builder.glucose(100);
    therapy::HistoryRun run = builder.run();
    run.records[0].sampleTime.reset();
    EXPECT_TRUE(map(run, test::settings()).empty());
}

TEST(Direction, FollowsTheRateInDexcomMeaning) {
    EXPECT_EQ(directionOfLast(change(150, 150)), "Flat");
    EXPECT_EQ(directionOfLast(change(150, 164)), "Flat");
    EXPECT_EQ(directionOfLast(change(150, 165)), "FortyFiveUp");
    EXPECT_EQ(directionOfLast(change(150, 179)), "FortyFiveUp");
    EXPECT_EQ(directionOfLast(change(150, 180)), "SingleUp");
    EXPECT_EQ(directionOfLast(change(150, 194)), "SingleUp");
    EXPECT_EQ(directionOfLast(change(150, 195)), "DoubleUp");
    EXPECT_EQ(directionOfLast(change(150, 136)), "Flat");
    EXPECT_EQ(directionOfLast(change(150, 135)), "FortyFiveDown");
    EXPECT_EQ(directionOfLast(change(150, 120)), "SingleDown");
    EXPECT_EQ(directionOfLast(change(150, 60)), "DoubleDown");
}

TEST(Direction, FollowsThePumpsArrowsWhenAsked) {
    auto settings = test::settings();
    settings.directions = DirectionStyle::Arrows;
    EXPECT_EQ(directionOfLast(change(150, 164), settings), "Flat");
    EXPECT_EQ(directionOfLast(change(150, 165), settings), "SingleUp");
    EXPECT_EQ(directionOfLast(change(150, 180), settings), "DoubleUp");
    EXPECT_EQ(directionOfLast(change(150, 195), settings), "TripleUp");
    EXPECT_EQ(directionOfLast(change(150, 105), settings), "TripleDown");
}

TEST(Direction, PrefersTheSampleClosestToAQuarterOfAnHour) {
    HistoryBuilder builder;
    builder.at(0min).glucose(300); // 20 min before: 100 down
    builder.at(6min).glucose(170); // 14 min before: the one, 30 up
    builder.at(15min).glucose(210);
    builder.at(20min).glucose(200);
    EXPECT_EQ(directionOfLast(builder.run()), "SingleUp");
}

TEST(Direction, FallsBackToFiveMinutes) {
    HistoryBuilder builder;
    builder.at(0min).glucose(100);
    builder.at(5min).glucose(110);
    EXPECT_EQ(directionOfLast(builder.run()), "SingleUp");
    HistoryBuilder tooYoung;
    tooYoung.at(0s).glucose(100);
    tooYoung.at(209s).glucose(110);
    EXPECT_EQ(directionOfLast(tooYoung.run()), "NOT COMPUTABLE");
    HistoryBuilder tooOld;
    tooOld.at(0s).glucose(100);
    tooOld.at(21min + 1s).glucose(110);
    EXPECT_EQ(directionOfLast(tooOld.run()), "NOT COMPUTABLE");
}

TEST(Direction, IgnoresSentinelsAndCodes) {
    HistoryBuilder builder;
    builder.at(0min).glucose(0x030d).glucose(0x0301);
    builder.at(15min).glucose(110);
    EXPECT_EQ(directionOfLast(builder.run()), "NOT COMPUTABLE");
}

TEST(Direction, UsesTheSamplesOwnTimesWhenValuesAreBackFilled) {
    HistoryBuilder builder;
    builder.at(0min).tick();
    builder.at(60min).glucose(100, 35min).glucose(130, 20min);
    EXPECT_EQ(directionOfLast(builder.run()), "SingleUp");
}

TEST(Direction, IsNotChangedByValuesThatAreBackFilledLater) {
    HistoryBuilder builder;
    builder.at(0min).tick();
    builder.at(30min).glucose(100);
    const auto early = map(builder.run(), test::settings());
    builder.at(31min).glucose(40, 16min);
    const auto late = map(builder.run(), test::settings());
    EXPECT_EQ(early.at(0), late.at(0));
}

TEST(Direction, HoldsTheEntryBackUntilTheHistoryReachesTwentyOneMinutesBack) {
    HistoryBuilder builder;
    builder.at(0s).tick();
    builder.at(21min).glucose(100);
    EXPECT_EQ(directionOfLast(builder.notFromBeginning()), "held back"); // one more could lie at 21 min
    EXPECT_EQ(directionOfLast(builder.run()), "NOT COMPUTABLE");
    HistoryBuilder longer;
    longer.at(0s).tick();
    longer.at(21min + 1s).glucose(100);
    EXPECT_EQ(directionOfLast(longer.notFromBeginning()), "NOT COMPUTABLE");
}

TEST(Direction, IsNotHeldBackForEverByAVeryLateValue) {
    HistoryBuilder builder;
    builder.at(0s).tick();
    builder.at(kContext + 1s).glucose(100, kContext);
    EXPECT_EQ(directionOfLast(builder.notFromBeginning()), "NOT COMPUTABLE");
}

TEST(Direction, IsThePumpsOwnTrendWhereItIsKnown) {
    therapy::HistoryRun run = change(100, 160); // 4 mg/dL a minute by history
    const auto withTrend = [&](std::int32_t trend) {
        run.records.back().trend = trend;
        return directionOfLast(run);
    };
    EXPECT_EQ(withTrend(0), "Flat");
    EXPECT_EQ(withTrend(999), "Flat");
    EXPECT_EQ(withTrend(1000), "FortyFiveUp");
    EXPECT_EQ(withTrend(-590), "Flat");
    EXPECT_EQ(withTrend(-1160), "FortyFiveDown");
    EXPECT_EQ(withTrend(-2000), "SingleDown");
    EXPECT_EQ(withTrend(3000), "DoubleUp");
    auto arrows = test::settings();
    arrows.directions = DirectionStyle::Arrows;
    EXPECT_EQ(directionOfLast(run, arrows), "TripleUp");
}

TEST(Direction, WithATrendWaitsForNoOlderRecords) {
    HistoryBuilder builder;
    builder.glucose(120);
    therapy::HistoryRun run = builder.notFromBeginning();
    EXPECT_EQ(directionOfLast(run), "held back");
    run.records.back().trend = -1500;
    EXPECT_EQ(directionOfLast(run), "FortyFiveDown");
}

TEST(Direction, OfASentinelStaysOutOfRange) {
    HistoryBuilder builder;
    builder.glucose(0x0308);
    therapy::HistoryRun run = builder.run();
    run.records.back().trend = 2000;
    EXPECT_EQ(directionOfLast(run), "RATE OUT OF RANGE");
}

} // namespace
} // namespace nightscout
