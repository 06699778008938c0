// SPDX-License-Identifier: MIT
// Following the virtual pump in memory: what is read after an indication, in which order, and what is not.
#include "bridge/session/follower.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "session_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace link_test;
using ble::PumpCharacteristic;
using Operation = MemoryLink::Operation;

class AFollower : public SessionFixture {
protected:
    AFollower() {
        settings.follow.poll = 1h;
        settings.handshakeTimeout = settings.inactivity = settings.answerInactivity = 10s;
        records.erase(records.begin(), records.end() - 400);
    }

    /// The pump has yet to write the last `count` glucose values and all that comes after them.
    void holdBack(int count) {
        auto at = records.end();
        while (count > 0 && at != records.begin()) {
            --at;
            const auto record = history::decode(*at);
            if (record.has_value() && std::holds_alternative<history::SgMeasurement>(record->data)) --count;
        }
        later.assign(at, records.end());
        records.erase(at, records.end());
    }
    void follow() {
        start();
        ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
        settle();
    }
    /// The pump writes its next record, and tells.
    void write(std::size_t index) {
        pump->append(later.at(index));
        records.push_back(later.at(index));
        link->deliver();
        settle();
    }
    [[nodiscard]] std::vector<Operation> since(std::size_t operations) const {
        return {link->operations().begin() + static_cast<std::ptrdiff_t>(operations),
                link->operations().end()};
    }
    [[nodiscard]] std::size_t timesWritten(const std::string& hex) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            link->operations(),
            [&hex](const Operation& operation) { return operation.written.starts_with(hex); }));
    }

    std::vector<protocol::Bytes> later;
};

TEST_F(AFollower, ReadsNewGlucoseAtOnceThenFallsSilent) {
    holdBack(1);
    follow();
    const auto before = link->operations().size();
    write(0);
    const auto done = since(before);
    ASSERT_GE(done.size(), 3U) << logText.str();
    EXPECT_EQ(done[0].characteristic, PumpCharacteristic::IddStatusReaderControlPoint);
    EXPECT_EQ(done[0].written.substr(0, 4), "0c03");
    EXPECT_EQ(done[1], (Operation{PumpCharacteristic::CgmRecordAccessControlPoint, "0106"}));
    EXPECT_EQ(done[2].characteristic, PumpCharacteristic::IddRecordAccessControlPoint);
    EXPECT_EQ(done[2].written.substr(0, 6), "335a0f");
    expectEverythingStored();
    ASSERT_TRUE(status && status->measurement);
    EXPECT_EQ(status->readAt, kUtcNow);

    const auto quiet = link->operations().size();
    link->deliver();
    settle();
    EXPECT_EQ(link->operations().size(), quiet);
}

TEST_F(AFollower, ShowsThatItsWorkGoesOn) {
    holdBack(1);
    follow();
    const int afterSync = progress;
    EXPECT_GE(afterSync, 6) << "four procedures of history and a turn, at least";
    write(0);
    EXPECT_GE(progress, afterSync + 2) << "a report and a turn";
    const int quiet = progress;
    settle();
    EXPECT_EQ(progress, quiet) << "nothing is due";
}

TEST_F(AFollower, KeepsTheTrendOfEachValue) {
    holdBack(3);
    follow();
    for (std::size_t i = 0; i < later.size(); ++i) write(i);
    expectEverythingStored();
    const auto trends = store->trends(pumpId(), kPumpNow - 12min, kPumpNow);
    ASSERT_EQ(trends.size(), 3U);
    EXPECT_LE(kPumpNow - trends.back().sampleTime, 1min);
    EXPECT_NE(trends[0].rate, trends[1].rate);
}

TEST_F(AFollower, HearsEveryIndicationSinceEachIsReset) {
    holdBack(6);
    follow();
    const auto resets = timesWritten("0c03");
    for (std::size_t i = 0; i < later.size(); ++i) write(i);
    expectEverythingStored();
    EXPECT_EQ(timesWritten("0c03") - resets, later.size());
    EXPECT_EQ(syncs, 1) << "no poll was needed";
}

TEST_F(AFollower, JoinsIndicationsThatComeTogether) {
    holdBack(6);
    follow();
    const auto resets = timesWritten("0c03");
    for (const auto& record : later) {
        pump->append(record);
        records.push_back(record);
    }
    link->deliver();
    settle();
    expectEverythingStored();
    EXPECT_EQ(timesWritten("0c03") - resets, 1U);
}

TEST_F(AFollower, TellsTheWholeState) {
    follow();
    ASSERT_TRUE(status) << logText.str();
    EXPECT_TRUE(status->status && status->algorithm && status->insulinOnBoard && status->basal);
    EXPECT_TRUE(status->activeBoluses && status->sessionStart && status->sessionRunTime &&
                status->measurement);
    EXPECT_TRUE(status->annunciation && status->annunciationReadAt && status->statusReadAt);
    EXPECT_EQ(status->batteryPercent, 100);
    EXPECT_EQ(status->transmitterBatteryPercent, 96);
    EXPECT_EQ(status->sessionRunTime->hours, 170);
    EXPECT_EQ(status->readAt, kUtcNow);
}

TEST_F(AFollower, DoesWithoutASensor) {
    records.erase(records.begin(), records.end() - 100);
    std::erase_if(records, [](const auto& raw) {
        const auto record = history::decode(raw);
        return record.has_value() && std::holds_alternative<history::SgMeasurement>(record->data);
    });
    follow();
    ASSERT_TRUE(status) << logText.str();
    EXPECT_FALSE(status->measurement || status->sessionStart || status->transmitterBatteryPercent);
    EXPECT_TRUE(status->status && status->batteryPercent && status->insulinOnBoard);
    EXPECT_TRUE(link->isConnected());
    EXPECT_EQ(link->disconnects(), 0);
}

TEST_F(AFollower, DoesWithoutWhatThePumpRefuses) {
    using enum PumpCharacteristic;
    settings.follow.poll = 5ms;
    holdBack(1);
    start();
    for (const auto refused : {BatteryLevel, CgmMeasurement, IddStatus, IddStatusReaderControlPoint})
        link->refuse(refused);
    ASSERT_TRUE(runUntil([this] { return syncs > 0; })) << logText.str();
    for (const auto& record : later) {
        pump->append(record);
        records.push_back(record);
    }
    ASSERT_TRUE(runUntil([this] { return store->held(pumpId()).back().last == all().last; }));
    ASSERT_TRUE(status) << logText.str();
    EXPECT_FALSE(status->status || status->measurement || status->batteryPercent || status->insulinOnBoard);
    EXPECT_TRUE(status->sessionStart);
    EXPECT_EQ(link->disconnects(), 0);
    EXPECT_EQ(timesWritten("0106"), 0U) << "its answer could not come";
}

TEST_F(AFollower, AsksForActiveInsulinAtMostOnceInItsInterval) {
    holdBack(40);
    follow();
    EXPECT_EQ(timesWritten("f303"), 1U);
    for (std::size_t i = 0; i < later.size(); ++i) write(i);
    EXPECT_EQ(timesWritten("f303"), 1U);
    expectEverythingStored();
}

TEST_F(AFollower, DoesNotLetALongHistoryHoldUpThePresent) {
    settings.sync.nextRanges = 40;
    holdBack(1);
    std::size_t rangesUntilStatus = 0;
    onRange = [this, &rangesUntilStatus] {
        if (!status) ++rangesUntilStatus;
        if (ranges.size() != 1) return;
        for (const auto& record : later) {
            pump->append(record);
            records.push_back(record);
        }
        link->deliver();
    };
    follow();
    expectEverythingStored();
    ASSERT_GE(ranges.size(), 8U);
    const auto newest = std::ranges::find(ranges, all().last, &SequenceRange::last);
    EXPECT_LE(newest - ranges.begin(), 2);
    EXPECT_EQ(rangesUntilStatus, 1U);
    EXPECT_EQ(ranges.back().first, all().first);
}

TEST_F(AFollower, SaysNothingOfSingleValuesInTheJournal) {
    holdBack(2);
    follow();
    logText.str({});
    for (std::size_t i = 0; i < later.size(); ++i) write(i);
    EXPECT_EQ(logText.str(), "");
}

} // namespace
