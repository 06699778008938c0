// SPDX-License-Identifier: MIT
#include "therapy/dating.hpp"

#include <gtest/gtest.h>

#include "../protocol/history/examples.hpp"

namespace therapy {
namespace {

using namespace protocol;
using namespace protocol::history;
using namespace protocol::history::test;
using namespace std::chrono_literals;

constexpr LocalSeconds kDay = std::chrono::local_days{std::chrono::year{2026} / 1 / 20};

Bytes reference(std::uint32_t number, std::uint16_t elapsed, LocalSeconds time) {
    return encode(
        {{0xf00e, number, elapsed}, NgpReferenceTime{RecordingReason::Periodic, DateTime::from(time)}});
}
Bytes unreadable(std::uint32_t number, std::uint16_t elapsed) {
    return encode(
        {{0xf00e, number, elapsed}, NgpReferenceTime{RecordingReason::Periodic, {2026, 13, 1, 0, 0, 0}}});
}
Bytes glucose(std::uint32_t number, std::uint16_t offset, std::int16_t minutes) {
    return encode({{0xf00c, number, offset}, SgMeasurement{minutes, 120, 2000, 0}});
}
std::string textOf(const std::optional<LocalSeconds>& time) {
    return time ? toString(*time) : "none";
}

TEST(SampleOffset, IsThatOfEveryEventWithATimeOffsetButTheBaseOffset) {
    std::size_t measured = 0;
    for (const auto& line : readExamples("history-examples.jsonl")) {
        const auto record = decode(hex(line.at("hex").get<std::string>()));
        const auto& expect = line.at("expect");
        if (!record || !expect.contains("data")) continue;
        const bool has =
            expect.at("data").contains("time_offset_min") && !expect.at("data").contains("base_time");
        const auto offset = sampleOffset(record->data);
        EXPECT_EQ(offset.has_value(), has) << line;
        if (offset && has) {
            EXPECT_EQ(*offset, expect.at("data").at("time_offset_min").get<int>());
            ++measured;
        }
    }
    EXPECT_GE(measured, 5U);
}

TEST(ReferenceTypes, AreThoseThatBecomeReferences) {
    for (const auto& line : readExamples("history-examples.jsonl")) {
        const auto raw = hex(line.at("hex").get<std::string>());
        const auto record = decode(raw);
        if (!record) continue;
        EXPECT_EQ(isReferenceType(record->header.eventType), toReference(*record).has_value()) << line;
        EXPECT_EQ(referenceOf(raw).has_value(), toReference(*record).has_value()) << line;
    }
}

TEST(LocalTimes, DateEachGapFreePartByItsOwnReferences) {
    const std::vector<Bytes> records{reference(10, 0, kDay), glucose(11, 60, 1), glucose(13, 120, 2),
                                     reference(14, 3600, kDay + 5h), glucose(15, 60, 1)};
    const auto times = localTimes(records);
    EXPECT_EQ(textOf(times[1]), "2026-01-20T00:01:00");
    EXPECT_EQ(textOf(times[2]), "2026-01-20T04:02:00") << "across a gap only the next reference is known";
    EXPECT_EQ(textOf(times[4]), "2026-01-20T05:01:00");
}

TEST(LocalTimes, AfterAReferenceThatCannotBeReadComeFromTheNext) {
    const std::vector<Bytes> records{reference(10, 0, kDay),         glucose(11, 60, 1),
                                     unreadable(12, 3600),           glucose(13, 60, 1),
                                     reference(14, 3600, kDay + 9h), glucose(15, 60, 1)};
    const auto times = localTimes(records);
    EXPECT_EQ(textOf(times[1]), "2026-01-20T00:01:00");
    EXPECT_EQ(textOf(times[2]), "2026-01-20T01:00:00");
    EXPECT_EQ(textOf(times[3]), "2026-01-20T08:01:00");
    EXPECT_EQ(textOf(times[5]), "2026-01-20T09:01:00");
}

TEST(LocalTimes, WithoutALaterReferenceAnUnreadableOneLeavesThemOpen) {
    const std::vector<Bytes> records{reference(10, 0, kDay), unreadable(11, 3600), glucose(12, 60, 1)};
    EXPECT_EQ(textOf(localTimes(records)[2]), "none");
}

class Dated : public testing::Test {
protected:
    DatedRecord date(const RawRecord& record, Dating how = Dating::Kept) {
        return dated(record, timeLine, UtcConverter{timeLine, zone, known, {.later = true}}, how);
    }
    std::vector<ClockOffset> known{{10, 1h, 1h, {}, OffsetSource::Measured}};
    Zone zone = Zone::find("Europe/Berlin").value();
    TimeLine timeLine{{{10, 0s, RecordingReason::Periodic, kDay + 10h}}};
    const UtcSeconds nine{kDay.time_since_epoch() + 9h};
};

TEST_F(Dated, GlucoseHasTheTimeOfItsSample) {
    const auto raw = glucose(11, 2196, 11);
    const auto record = date({11, raw, std::nullopt});
    EXPECT_EQ(textOf(record.localTime), "2026-01-20T10:36:36");
    EXPECT_EQ(textOf(record.localSampleTime), "2026-01-20T10:11:00");
    EXPECT_EQ(record.time, nine + 2196s);
    EXPECT_EQ(record.sampleTime, nine + 11min);
}

TEST_F(Dated, APublishedTimeStaysAndMovesItsSampleAlong) {
    const auto raw = glucose(11, 2196, 11);
    const auto kept = date({11, raw, nine + 2196s + 1h});
    EXPECT_EQ(kept.time, nine + 2196s + 1h);
    EXPECT_EQ(kept.sampleTime, nine + 11min + 1h);
    EXPECT_EQ(date({11, raw, nine + 2196s + 1h}, Dating::Anew).time, nine + 2196s);
}

TEST_F(Dated, WhatCannotBeDecodedHasItsPlaceInTime) {
    const Bytes cut = hex("0cf00b0000003c00");
    const auto record = date({11, cut, std::nullopt});
    EXPECT_FALSE(record.record);
    EXPECT_EQ(record.time, nine + 60s);
}

TEST_F(Dated, WhatIsNotMeasuredIsHeldAndShownByTheZone) {
    const auto raw = glucose(11, 60, 1);
    known.clear();
    const auto record = date({11, raw, std::nullopt});
    EXPECT_EQ(record.hold, Hold::NotMeasured);
    EXPECT_EQ(record.time, std::nullopt);
    EXPECT_EQ(record.sampleTime, std::nullopt);
    const auto shown = date({11, raw, std::nullopt}, Dating::Shown);
    EXPECT_EQ(shown.hold, Hold::NotMeasured);
    EXPECT_EQ(shown.sampleTime, nine + 1min);
    EXPECT_EQ(date({11, raw, nine}).time, nine) << "what was published is not held";
    EXPECT_EQ(date({11, raw, nine}).hold, std::nullopt);
}

TEST_F(Dated, WhatHasNoTimeSaysWhy) {
    const auto raw = glucose(11, 60, 1);
    timeLine = TimeLine{};
    EXPECT_EQ(date({11, raw, std::nullopt}).hold, Hold::NoReference);
    timeLine = TimeLine{{{10, 0s, RecordingReason::DateTimeLoss, kDay - 24h * 3000}}};
    EXPECT_EQ(date({11, raw, std::nullopt}).hold, Hold::LostClock);
    const auto loss = reference(10, 0, kDay - 24h * 3000);
    EXPECT_EQ(date({10, loss, std::nullopt}).hold, Hold::NoReference) << "nothing to wait for";
    EXPECT_EQ(date({11, raw, std::nullopt}).time, std::nullopt);
}

/// Glucose of 120 every five minutes; the clock is set back by an hour after the third value.
class LiveTrends : public testing::Test {
protected:
    LiveTrends() {
        for (std::uint32_t i = 0; i < 6; ++i) {
            const bool after = i >= 3;
            const auto minutes = static_cast<std::int16_t>(5 * (after ? i - 3 : i) + 5);
            const std::uint32_t number = (after ? 21 : 11) + i;
            const auto raw = glucose(number, static_cast<std::uint16_t>(60 * minutes), minutes);
            run.records.push_back(dated({number, raw, std::nullopt}, timeLine,
                                        UtcConverter{timeLine, zone, known, {.later = true}}));
        }
    }
    std::optional<std::int32_t> joined(std::size_t index, std::vector<LiveTrend> trends) {
        for (auto& record : run.records) record.trend.reset();
        joinTrends(run, timeLine, trends);
        return run.records[index].trend;
    }
    Zone zone = Zone::find("Europe/Berlin").value();
    std::vector<ClockOffset> known{{20, 0h, 0h, {}, OffsetSource::Measured}};
    TimeLine timeLine{{{10, 0s, RecordingReason::Periodic, kDay + 10h},
                       {20, 20min, RecordingReason::SetDateTime, kDay + 9h + 20min}}};
    HistoryRun run;
};

TEST_F(LiveTrends, JoinByTimeWithinLimits) {
    EXPECT_EQ(joined(0, {{kDay + 10h + 5min + 149s, 700, 120}}), 700);
    EXPECT_EQ(joined(0, {{kDay + 10h + 5min - 150s, 700, 120}}), 700);
    EXPECT_EQ(joined(0, {{kDay + 10h + 5min - 151s, 700, 120}}), std::nullopt);
}

TEST_F(LiveTrends, JoinOnlyWithTheSameValue) {
    EXPECT_EQ(joined(0, {{kDay + 10h + 5min, 700, 121}}), std::nullopt);
    EXPECT_EQ(joined(0, {{kDay + 10h + 5min, 700, 0}}), std::nullopt)
        << "one that was kept without its value";
}

TEST_F(LiveTrends, OfASessionThatBeganBeforeTheClockWasSetMoveWithIt) {
    // The session start is on the old clock: the fourth value, at 9:25, was measured at 10:25 of it.
    EXPECT_EQ(joined(3, {{kDay + 10h + 25min, 700, 120}}), 700);
    EXPECT_EQ(joined(3, {{kDay + 9h + 25min, 700, 120}}), 700) << "a session that began after it";
}

TEST_F(LiveTrends, OfLevelGlucoseKeepTheirOrder) {
    std::vector<LiveTrend> trends;
    for (int i = 0; i < 6; ++i) trends.push_back({kDay + 10h + 5min * (i + 1 + (i >= 3 ? 1 : 0)), i, 120});
    joinTrends(run, timeLine, trends);
    for (std::size_t i = 0; i < run.records.size(); ++i)
        EXPECT_EQ(run.records[i].trend, static_cast<std::int32_t>(i));
}

} // namespace
} // namespace therapy
