// SPDX-License-Identifier: MIT
#include "therapy/time_line.hpp"

#include <gtest/gtest.h>

#include "../protocol/history/examples.hpp"

namespace therapy {
namespace {

using namespace protocol;
using namespace protocol::history;
using namespace protocol::history::test;

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr auto kPeriodic = RecordingReason::Periodic;
constexpr auto kSet = RecordingReason::SetDateTime;
constexpr auto kLoss = RecordingReason::DateTimeLoss;
constexpr auto kUndetermined = RecordingReason::Undetermined;

constexpr LocalSeconds kDay = std::chrono::local_days{std::chrono::year{2026} / 3 / 28};
constexpr LocalSeconds kDefaultDate = std::chrono::local_days{std::chrono::year{2020} / 1 / 1};

Header at(std::uint32_t sequenceNumber, std::uint16_t offset) {
    return {0xf00c, sequenceNumber, offset};
}

std::string textOf(const std::optional<LocalTime>& time) {
    return time ? toString(time->time) : "none";
}

std::string_view nameOf(TimeMethod method) {
    switch (method) {
        case TimeMethod::Reference:
            return "reference";
        case TimeMethod::BackFromNextReference:
            return "back_from_next_reference";
        case TimeMethod::RecomputedAfterLoss:
            return "recomputed_after_loss";
    }
    return "";
}

std::optional<std::int16_t> timeOffset(const Record& record) {
    return std::visit(
        [](const auto& event) -> std::optional<std::int16_t> {
            if constexpr (requires { event.timeOffsetMinutes; }) return event.timeOffsetMinutes;
            return std::nullopt;
        },
        record.data);
}

TEST(HistoryTimeLine, DatesThePublishedSequence) {
    std::vector<Record> records;
    std::vector<Reference> references;
    const auto lines = readExamples("history-timeline.jsonl");
    for (const auto& line : lines) {
        records.push_back(*decode(hex(line.at("hex").get<std::string>())));
        if (const auto reference = toReference(records.back())) references.push_back(*reference);
    }
    const TimeLine timeLine(references);
    std::size_t reference = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& expect = lines[i].at("expect");
        const auto name = lines[i].at("name").get<std::string>();
        const Header& header = records[i].header;
        const auto local = timeLine.localTime(header);
        ASSERT_TRUE(local) << name;
        EXPECT_EQ(toString(local->time), expect.at("local_time")) << name;
        EXPECT_EQ(nameOf(local->method), expect.at("method")) << name;
        if (expect.contains("sample_local_time")) {
            const auto sample = timeLine.sampleTime(header, timeOffset(records[i]).value());
            EXPECT_EQ(textOf(sample), expect.at("sample_local_time")) << name;
        }
        if (!toReference(records[i])) continue;
        if (expect.contains("clock_change_s")) {
            const auto change = timeLine.clockChange(reference);
            const auto& expected = expect.at("clock_change_s");
            EXPECT_EQ(change.has_value(), expected.is_number()) << name;
            if (change) {
                EXPECT_EQ(change->count(), expected) << name;
            }
        }
        ++reference;
    }
    // First reference, clock set forward, set back, lost, set again.
    std::vector<std::uint32_t> begins;
    for (const ClockSegment& segment : timeLine.segments()) begins.push_back(segment.firstSequenceNumber);
    EXPECT_EQ(begins, (std::vector<std::uint32_t>{5005, 5026, 5029, 5031, 5033}));
    EXPECT_EQ(timeLine.segments()[1].clockChange, 3600s);
    EXPECT_EQ(timeLine.segments()[2].clockChange, -1800s);
    EXPECT_EQ(timeLine.segments()[4].clockChange, std::nullopt);
    EXPECT_EQ(timeLine.localTime(records[32].header)->segment, 4U)
        << "on the clock that was set after the loss";
    EXPECT_EQ(timeLine.localTime(records[28].header)->segment, 1U);
}

TEST(HistoryTimeLine, DatesNothingWithoutAReference) {
    EXPECT_EQ(TimeLine().localTime(at(5, 0)), std::nullopt);
    EXPECT_EQ(TimeLine().sampleTime(at(5, 0), 0), std::nullopt);
    EXPECT_TRUE(TimeLine().segments().empty());
}

TEST(HistoryTimeLine, TakesTheLastReferenceBeforeTheRecord) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay + 1h}, {20, 3600s, kPeriodic, kDay + 2h}});
    EXPECT_EQ(textOf(timeLine.localTime(at(9, 60))), "2026-03-28T00:01:00");
    EXPECT_EQ(textOf(timeLine.localTime(at(10, 3600))), "2026-03-28T01:00:00");
    EXPECT_EQ(textOf(timeLine.localTime(at(11, 0))), "2026-03-28T01:00:00");
    EXPECT_EQ(textOf(timeLine.localTime(at(19, 3600))), "2026-03-28T02:00:00");
    EXPECT_EQ(textOf(timeLine.localTime(at(21, 5))), "2026-03-28T02:00:05");
    EXPECT_EQ(textOf(timeLine.localTime(at(1000000, 5))), "2026-03-28T02:00:05");
    EXPECT_EQ(timeLine.segments().size(), 1U);
    EXPECT_EQ(timeLine.clockChange(1), 0s);
    EXPECT_EQ(timeLine.clockChange(0), std::nullopt);
    EXPECT_EQ(timeLine.clockChange(2), std::nullopt);
}

TEST(HistoryTimeLine, DatesBackFromAClockSetReferenceOnItsClock) {
    const TimeLine timeLine({{10, 600s, kSet, kDay + 3h}});
    const auto before = timeLine.localTime(at(8, 120));
    ASSERT_TRUE(before);
    EXPECT_EQ(toString(before->time), "2026-03-28T02:52:00");
    EXPECT_EQ(before->method, TimeMethod::BackFromNextReference);
    EXPECT_EQ(before->segment, 0U);
}

TEST(HistoryTimeLine, DatesNothingBackFromALoss) {
    const TimeLine timeLine({{10, 0s, kLoss, kDefaultDate}, {12, 600s, kSet, kDay}});
    EXPECT_EQ(timeLine.localTime(at(8, 120)), std::nullopt);
    EXPECT_EQ(textOf(timeLine.localTime(at(10, 0))), "2020-01-01T00:00:00");
}

TEST(HistoryTimeLine, DatesNothingToAfterTheReferenceItCountsBackFrom) {
    const TimeLine timeLine({{10, 600s, kPeriodic, kDay}});
    EXPECT_EQ(textOf(timeLine.localTime(at(9, 600))), "2026-03-28T00:00:00");
    EXPECT_EQ(timeLine.localTime(at(9, 601)), std::nullopt);
}

TEST(HistoryTimeLine, HoldsRecordsAfterALossBackUntilTheClockIsSet) {
    const TimeLine lost({{10, 3600s, kPeriodic, kDay}, {20, 0s, kLoss, kDefaultDate}});
    EXPECT_EQ(lost.localTime(at(21, 30)), std::nullopt);
    const TimeLine still({{20, 0s, kLoss, kDefaultDate}, {30, 3600s, kPeriodic, kDefaultDate + 1h}});
    EXPECT_EQ(still.localTime(at(21, 30)), std::nullopt);
    EXPECT_EQ(still.localTime(at(31, 30)), std::nullopt);
    EXPECT_EQ(still.segments().size(), 1U) << "the lost clock runs undisturbed";
}

TEST(HistoryTimeLine, CountsBackOverPeriodicReferencesOfALostClock) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay},
                             {20, 0s, kLoss, kDefaultDate},
                             {30, 3600s, kPeriodic, kDefaultDate + 1h},
                             {40, 600s, kSet, kDay + 5h}});
    const auto first = timeLine.localTime(at(21, 60));
    const auto second = timeLine.localTime(at(31, 60));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(toString(first->time), "2026-03-28T03:51:00");
    EXPECT_EQ(toString(second->time), "2026-03-28T04:51:00");
    EXPECT_EQ(second->method, TimeMethod::RecomputedAfterLoss);
    EXPECT_EQ(first->segment, 2U);
    EXPECT_EQ(timeLine.clockChange(2), 0s);
    EXPECT_EQ(timeLine.clockChange(3), std::nullopt)
        << "from the default date: not a change of the clock before";
    EXPECT_EQ(textOf(timeLine.localTime(at(41, 60))), "2026-03-28T05:01:00");
}

TEST(HistoryTimeLine, DatesNothingBetweenTwoLosses) {
    const TimeLine timeLine(
        {{20, 0s, kLoss, kDefaultDate}, {30, 0s, kLoss, kDefaultDate}, {40, 600s, kSet, kDay}});
    EXPECT_EQ(timeLine.localTime(at(21, 0)), std::nullopt);
    EXPECT_EQ(textOf(timeLine.localTime(at(31, 30))), "2026-03-27T23:50:30");
}

TEST(HistoryTimeLine, BeginsASegmentWhereTheClockMovedMoreThanRounding) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay},
                             {20, 3600s, kUndetermined, kDay + 1h + 30s},
                             {30, 3600s, kPeriodic, kDay + 2h - 1s},
                             {40, 600s, kSet, kDay + 2h + 10min - 1s}});
    ASSERT_EQ(timeLine.segments().size(), 2U);
    EXPECT_EQ(timeLine.segments()[1].firstSequenceNumber, 30U);
    EXPECT_EQ(timeLine.segments()[1].clockChange, std::nullopt) << "nobody set it: the time was not counted";
    EXPECT_EQ(timeLine.clockChange(3), 0s) << "set to what it showed";
    EXPECT_EQ(timeLine.localTime(at(29, 5))->segment, 0U);
    EXPECT_EQ(timeLine.localTime(at(30, 5))->segment, 1U);
    EXPECT_EQ(timeLine.localTime(at(45, 5))->segment, 1U);
}

TEST(HistoryTimeLine, KnowsTheChangeWhereTheClockWasSet) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}, {20, 60s, kSet, kDay + 60s - 31s}});
    ASSERT_EQ(timeLine.segments().size(), 2U);
    EXPECT_EQ(timeLine.segments()[1].clockChange, -31s);
}

TEST(HistoryTimeLine, DoesNotKnowTheChangeWithoutAnElapsedTime) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}, {20, 0s, kSet, kDay + 1h}});
    EXPECT_EQ(timeLine.clockChange(1), std::nullopt);
    EXPECT_EQ(timeLine.segments().size(), 2U);
}

TEST(HistoryTimeLine, DoesNotTakeAClockThatWasSetBackByTheTimeThatPassedForTheSame) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}, {20, 0s, kSet, kDay}});
    EXPECT_EQ(timeLine.clockChange(1), std::nullopt);
    EXPECT_EQ(timeLine.segments().size(), 2U);
}

TEST(HistoryTimeLine, KnowsASmallChangeWhereTheClockWasSet) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}, {20, 60s, kSet, kDay + 60s + 20s}});
    ASSERT_EQ(timeLine.segments().size(), 2U);
    EXPECT_EQ(timeLine.segments()[1].clockChange, 20s);
}

TEST(HistoryTimeLine, KeepsALiveSampleOutOfTheFuture) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}});
    EXPECT_EQ(textOf(timeLine.sampleTime(at(11, 590), 10)), "2026-03-28T00:09:50") << "rounded up";
    EXPECT_EQ(textOf(timeLine.sampleTime(at(11, 610), 10)), "2026-03-28T00:10:00") << "rounded down";
    EXPECT_EQ(textOf(timeLine.sampleTime(at(11, 2196), 11)), "2026-03-28T00:11:00") << "back-filled";
    EXPECT_EQ(textOf(timeLine.sampleTime(at(11, 60), -7)), "2026-03-27T23:53:00") << "before the reference";
}

TEST(HistoryTimeLine, GivesACorruptedRecordNoTime) {
    const TimeLine timeLine({{10, 3600s, kPeriodic, kDay}});
    EXPECT_EQ(timeLine.localTime({0x03a6, kCorruptionSequenceNumber, 0}), std::nullopt);
}

TEST(HistoryReference, ComesFromBothKindsOfReferenceTime) {
    const auto vendor = toReference(*decode(hex("0ef0a2130000280533ea07031d030000")));
    ASSERT_TRUE(vendor);
    EXPECT_EQ(vendor->sequenceNumber, 5026U);
    EXPECT_EQ(vendor->elapsed, 1320s);
    EXPECT_EQ(vendor->reason, kSet);
    EXPECT_EQ(toString(vendor->time), "2026-03-29T03:00:00");
    const auto sig = toReference(*decode(hex("0f00a1860100100e3cea0707010c00000404")));
    ASSERT_TRUE(sig);
    EXPECT_EQ(toString(sig->time), "2026-07-01T12:00:00");
    EXPECT_EQ(toReference(*decode(hex("05f0be860100b4042d00"))), std::nullopt);
    EXPECT_EQ(toReference({{0xf00e, 1, 0}, NgpReferenceTime{kPeriodic, {2026, 13, 1, 0, 0, 0}}}),
              std::nullopt);
}

} // namespace
} // namespace therapy
