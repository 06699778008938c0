// SPDX-License-Identifier: MIT
#include "bridge/session/follow_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using bridge::FollowPlan;
using protocol::idd::Change;
using protocol::idd::StatusChanged;
using Item = FollowPlan::Item;
using Items = std::set<Item>;

class AFollowPlan : public testing::Test {
protected:
    /// Reads all that is due.
    Items read() {
        plan.wake(now);
        Items due;
        for (int item = 0; item <= static_cast<int>(Item::Clock); ++item) {
            if (!plan.isDue(static_cast<Item>(item), now)) continue;
            due.insert(static_cast<Item>(item));
            plan.done(static_cast<Item>(item), now);
        }
        return due;
    }
    Items after(std::initializer_list<Change> changes) {
        plan.note(StatusChanged::of(changes), now);
        return read();
    }

    FollowPlan::Time now{};
    FollowPlan plan{{}, now};
};

TEST_F(AFollowPlan, BeginsWithEverything) {
    EXPECT_EQ(read().size(), 12U); // new records are among all records
    EXPECT_EQ(read(), Items{});
}

TEST_F(AFollowPlan, AsksForWhatHasChanged) {
    read();
    now += 20min;
    plan.done(Item::AllRecords, now);
    EXPECT_EQ(after({Change::HistoryEvent}), Items{Item::NewRecords});
    EXPECT_EQ(after({Change::Annunciation}), (Items{Item::NewRecords, Item::Annunciation}));
    EXPECT_EQ(after({Change::TherapyControlState}), (Items{Item::Status, Item::Algorithm}));
    EXPECT_EQ(after({Change::ActiveBasalRate}), Items{Item::Basal});
    EXPECT_EQ(after({Change::SensorChanged}), Items{Item::Session});
    EXPECT_EQ(after({Change::TimeInRange, Change::TotalDailyInsulin}), Items{});
    EXPECT_EQ(after({Change::CgmCalibrationContext}), Items{Item::NewRecords});
}

TEST_F(AFollowPlan, AsksForTheMeasurementAndItsRecordTogether) {
    read();
    now += 1min;
    EXPECT_EQ(after({Change::NewCgmMeasurement, Change::SensorEndOfLife}),
              (Items{Item::Measurement, Item::NewRecords}));
}

TEST_F(AFollowPlan, AsksForActiveInsulinOnceAMinute) {
    read();
    int reads = 0;
    for (int second = 0; second < 120; second += 2) { // a bolus runs
        now += 2s;
        reads += static_cast<int>(
            after({Change::InsulinOnBoard, Change::ActiveBolus}).count(Item::InsulinOnBoard));
    }
    EXPECT_EQ(reads, 2);
}

TEST_F(AFollowPlan, ReadsLaterWhatItMayNotReadYet) {
    read();
    now += 10s;
    EXPECT_EQ(after({Change::InsulinOnBoard}), Items{});
    EXPECT_EQ(plan.next(), now + 50s);
    now += 50s;
    EXPECT_EQ(read(), Items{Item::InsulinOnBoard});
}

TEST_F(AFollowPlan, PollsWhenThePumpIsSilent) {
    read();
    EXPECT_EQ(plan.next(), now + 5min);
    now += 4min;
    EXPECT_EQ(after({Change::HistoryEvent}), Items{Item::NewRecords});
    now += 4min;
    EXPECT_EQ(read(), Items{}); // it has spoken
    now += 1min;
    EXPECT_EQ(read(), (Items{Item::Changes, Item::Measurement, Item::AllRecords, Item::Status,
                             Item::Annunciation, Item::Algorithm, Item::InsulinOnBoard}));
}

TEST_F(AFollowPlan, LooksAtBatteriesAndClockEveryHour) {
    read();
    int batteries = 0;
    int clocks = 0;
    for (int minute = 0; minute < 180; ++minute) {
        now += 1min;
        const auto due = after({Change::HistoryEvent});
        batteries += static_cast<int>(due.count(Item::Batteries));
        clocks += static_cast<int>(due.count(Item::Clock));
    }
    EXPECT_EQ(batteries, 3);
    EXPECT_EQ(clocks, 3);
}

TEST_F(AFollowPlan, WakesOnlyForTheHourWhileThePumpSpeaks) {
    read();
    now += 1min;
    EXPECT_EQ(after({Change::HistoryEvent}), Items{Item::NewRecords});
    EXPECT_GE(plan.next() - now, 1min);
}

TEST(StatusReset, NamesWhatIsActedUponInTheBlocksReceived) {
    const auto reset = [](const char* received) {
        const auto changes = protocol::idd::parseStatusChanged(*protocol::fromHex(received));
        return protocol::toHex(protocol::idd::serialize(FollowPlan::toReset(*changes)));
    };
    EXPECT_EQ(reset("8000"), "8000");
    EXPECT_EQ(reset("80810c00"), "80800c00");         // time in range stays latched
    EXPECT_EQ(reset("ef816f08"), "ef806f08");         // as captured
    EXPECT_EQ(reset("808004800100"), "808004800000"); // the third block stays, its unknown bit too
    EXPECT_EQ(reset("00810000"), "00810000");         // nothing else would make the pump speak again
}

} // namespace
