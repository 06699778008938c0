// SPDX-License-Identifier: MIT
#include "therapy/clock_offset.hpp"

#include <gtest/gtest.h>

#include "therapy/utc_converter.hpp"

namespace therapy {
namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using protocol::history::RecordingReason;
using std::chrono::seconds;
using Verdict = ReadingJudgement::Verdict;

constexpr auto kPeriodic = RecordingReason::Periodic;
constexpr auto kSet = RecordingReason::SetDateTime;
constexpr auto kLoss = RecordingReason::DateTimeLoss;
constexpr LocalSeconds kDay = std::chrono::local_days{std::chrono::year{2026} / 1 / 20};
constexpr UtcSeconds kUtcDay = std::chrono::sys_days{std::chrono::year{2026} / 1 / 20};

TEST(PreciseOffset, IsTheNearestQuarterOfAnHourWhileThePumpIsNearlyRight) {
    EXPECT_EQ(preciseOffset(1h), 1h);
    EXPECT_EQ(preciseOffset(1h + 30s), 1h);
    EXPECT_EQ(preciseOffset(1h - 90s), 1h);
    EXPECT_EQ(preciseOffset(5h + 45min - 1min), 5h + 45min);
    EXPECT_EQ(preciseOffset(-3h - 31min), -3h - 30min);
}

TEST(PreciseOffset, LeavesOutThePumpsErrorBeyondThat) {
    EXPECT_EQ(preciseOffset(1h + 31s), 1h + 1min);
    EXPECT_EQ(preciseOffset(1h - 91s), 1h - 1min);
    EXPECT_EQ(preciseOffset(1h + 570s), 1h + 10min) << "rounded up: nothing lies in the future";
    EXPECT_EQ(preciseOffset(1h + 606s), 1h + 11min);
}

TEST(PreciseOffset, StaysOnceItIsInUse) {
    EXPECT_EQ(preciseOffset(1h + 85s, 1h + 1min), 1h + 1min);
    EXPECT_EQ(preciseOffset(1h - 30s, 1h + 1min), 1h + 1min);
    EXPECT_EQ(preciseOffset(1h - 31s, 1h + 1min), 1h) << "back to the quarter when it is due anyway";
    EXPECT_EQ(preciseOffset(1h + 91s, 1h + 1min), 1h + 2min);
}

/// A clock that drifts for days through every error.
TEST(PreciseOffset, KeepsEveryTimeWithinTwoMinutesAndOutOfTheFuture) {
    for (const int direction : {1, -1}) {
        seconds inUse = preciseOffset(1h);
        for (int error = 0; error < 4000; error += 3) {
            const seconds measured = 1h + seconds{direction * error};
            inUse = preciseOffset(measured, inUse);
            const seconds published = measured - inUse; // later than true by this
            EXPECT_LE(published, 30s) << error;
            EXPECT_GE(published, -90s) << error;
        }
    }
}

TEST(PossibleOffset, IsOneThatAZoneHas) {
    EXPECT_TRUE(isPossibleOffset(-12h - 15min));
    EXPECT_FALSE(isPossibleOffset(-12h - 15min - 1s));
    EXPECT_TRUE(isPossibleOffset(14h + 15min));
    EXPECT_FALSE(isPossibleOffset(14h + 15min + 1s));
}

class Reading : public testing::Test {
protected:
    ReadingJudgement judge(seconds offset, UtcSeconds at = kUtcDay + 12h, bool insist = false) {
        const ClockReading reading{LocalSeconds{at.time_since_epoch() + offset}, at, vouched};
        auto judgement = judgeReading(TimeLine(references), known, reading, insist);
        if (judgement.keep) {
            std::erase_if(known, [&](const auto& old) { return old.from == judgement.keep->from; });
            known.push_back(*judgement.keep);
        }
        return judgement;
    }
    std::vector<Reference> references{{10, 0s, kPeriodic, kDay + 10h}, {20, 3600s, kPeriodic, kDay + 11h}};
    std::vector<ClockOffset> known;
    bool vouched = true;
};

TEST_F(Reading, MeasuresASegmentOnce) {
    const auto first = judge(1h + 12s);
    EXPECT_EQ(first.verdict, Verdict::Measured);
    EXPECT_EQ(first.keep->offset, 1h);
    EXPECT_EQ(first.keep->measured, 1h + 12s);
    EXPECT_EQ(first.keep->from, 10U);
    EXPECT_EQ(judge(1h + 14s).verdict, Verdict::Kept);
    EXPECT_EQ(known.size(), 1U);
    EXPECT_EQ(known.front().measured, 1h + 14s);
}

TEST_F(Reading, CorrectsTheOffsetFromTheNextReferenceOn) {
    judge(1h + 25s);
    const auto drifted = judge(1h + 31s, kUtcDay + 36h);
    EXPECT_EQ(drifted.verdict, Verdict::Corrected);
    EXPECT_EQ(drifted.keep->offset, 1h + 1min);
    EXPECT_EQ(drifted.keep->from, 21U);
}

TEST_F(Reading, FarFromTheLastIsASetThatTheRecordsDoNotKnowYet) {
    judge(1h);
    EXPECT_EQ(judge(1h + 30s).verdict, Verdict::Kept);
    EXPECT_EQ(judge(1h + 61s).verdict, Verdict::SetExpected);
    EXPECT_EQ(judge(2h).verdict, Verdict::SetExpected);
    EXPECT_EQ(known.size(), 1U);
    EXPECT_EQ(judge(1h + 30s + 38s, kUtcDay + 36h).verdict, Verdict::Corrected) << "ten seconds in a day";
    EXPECT_EQ(judge(2h, kUtcDay + 37h, true).verdict, Verdict::Corrected) << "it was our clock";
}

TEST_F(Reading, OfAClockThatIsLostHoldsItsSegment) {
    judge(1h);
    references.push_back(
        {30, 0s, kLoss, LocalSeconds{std::chrono::local_days{std::chrono::year{2020} / 1 / 1}}});
    const ClockReading reading{references.back().time + 60s, kUtcDay + 13h};
    EXPECT_EQ(judgeReading(TimeLine(references), known, reading).verdict, Verdict::Lost);
}

TEST_F(Reading, OfNoZoneIsALossEvenWithoutItsRecord) {
    references = {{10, 0s, kPeriodic, kDay - 24h * 400}};
    const auto judgement = judge(-24h * 400);
    EXPECT_EQ(judgement.verdict, Verdict::Lost);
    EXPECT_EQ(judgement.keep->source, OffsetSource::Lost);
}

TEST_F(Reading, OfAWrongDayThatSomebodySetCountsWhenOurClockIsVouchedFor) {
    references = {{10, 0s, kPeriodic, kDay + 10h}, {20, 600s, kSet, kDay + 34h}};
    vouched = false;
    EXPECT_EQ(judge(25h).verdict, Verdict::Lost);
    known.clear();
    vouched = true;
    EXPECT_EQ(judge(25h).keep->offset, 25h);
}

TEST_F(Reading, AfterThePumpWasOffKeepsTheOffsetInUse) {
    judge(1h + 40s); // corrected by a minute
    EXPECT_EQ(known.back().offset, 1h + 1min);
    references.push_back({30, 60s, kPeriodic, kDay + 15h});
    EXPECT_EQ(judge(1h + 20s).keep->offset, 1h + 1min);
    EXPECT_EQ(known.back().from, 30U);
}

class Conversion : public testing::Test {
protected:
    std::string at(std::uint32_t number, bool newest = true) {
        const TimeLine timeLine(references);
        const auto local = timeLine.localTime({0xf00c, number, 60});
        if (!local) return "none";
        const auto offset = UtcConverter(timeLine, zone, known, {.later = newest}).offsetOf(*local);
        if (!offset.value) return offset.hold == Hold::LostClock ? "lost" : "waits";
        return std::to_string(*offset.value / 1min) + " " + std::to_string(static_cast<int>(offset.source));
    }
    void measured(std::uint32_t from, seconds offset) {
        known.push_back({from, preciseOffset(offset), offset, {}, OffsetSource::Measured});
    }
    /// 60: the zone's.
    Zone zone = Zone::find("Europe/Berlin").value();
    std::vector<ClockOffset> known;
    std::vector<Reference> references{{10, 0s, kPeriodic, kDay + 10h},
                                      {20, 1800s, kSet, kDay + 11h + 30min}, // +1 h
                                      {30, 1800s, kSet, kDay + 10h + 30min}, // -1:30 h
                                      {40, 0s, kPeriodic, kDay + 20h},       // not known
                                      {50, 3600s, kSet, kDay + 22h}};        // +1 h
};

TEST_F(Conversion, ChainsInBothDirectionsOverKnownChanges) {
    measured(20, 2h);
    EXPECT_EQ(at(11), "60 2");
    EXPECT_EQ(at(21), "120 1");
    EXPECT_EQ(at(31), "30 2");
    EXPECT_EQ(at(41), "waits");
    EXPECT_EQ(at(51), "waits");
}

TEST_F(Conversion, WaitsOnlyWithTheNewestSegmentOfTheNewestRun) {
    EXPECT_EQ(at(31), "60 4");
    EXPECT_EQ(at(41), "waits");
    EXPECT_EQ(at(51), "waits");
    EXPECT_EQ(at(51, false), "60 4");
    measured(50, 3h);
    EXPECT_EQ(at(41), "120 2");
    EXPECT_EQ(at(31), "60 4");
}

TEST_F(Conversion, TakesTheNearestMeasurementThenTheLater) {
    measured(10, 1h);
    measured(30, 30min + 20min);
    EXPECT_EQ(at(21), "140 2");
}

TEST_F(Conversion, HoldsASegmentWhoseClockIsLostAndNoOther) {
    measured(20, 2h);
    known.push_back({30, 0s, -24h * 900, {}, OffsetSource::Lost});
    EXPECT_EQ(at(21), "120 1");
    EXPECT_EQ(at(31), "lost");
}

TEST_F(Conversion, ChainsExactlyBeforeItRounds) {
    references = {{10, 0s, kPeriodic, kDay + 10h}, {20, 1800s, kSet, kDay + 10h + 30min + 80s}};
    measured(10, 1h - 80s);
    EXPECT_EQ(at(11), "60 1");
    EXPECT_EQ(at(21), "60 2") << "the user set it right";
}

TEST_F(Conversion, ACorrectionHoldsFromTheNextReferenceOn) {
    references = {{10, 3600s, kPeriodic, kDay + 10h},
                  {20, 3600s, kPeriodic, kDay + 11h},
                  {30, 3600s, kPeriodic, kDay + 12h}};
    measured(10, 1h);
    known.push_back({21, 1h + 1min, 1h + 31s, {}, OffsetSource::Measured});
    EXPECT_EQ(at(5), "60 1");
    EXPECT_EQ(at(29), "60 1");
    EXPECT_EQ(at(30), "61 1");
    EXPECT_EQ(at(31), "61 1");
}

/// Set to summer time, and then moved again before anybody read it: the reading is not of this segment.
TEST_F(Reading, OfASegmentThatWasSetAgainWithoutARecordIsNotTakenForIt) {
    judge(1h);
    references.push_back({30, 3600s, kSet, kDay + 13h});
    const UtcSeconds now = kUtcDay + 11h + 31min;
    EXPECT_EQ(judge(2h + 40min, now).verdict, Verdict::SetExpected);
    EXPECT_EQ(judge(-3h, now).verdict, Verdict::SetExpected);
    EXPECT_EQ(judge(2h + 10s, now).verdict, Verdict::Measured);
}

} // namespace
} // namespace therapy
