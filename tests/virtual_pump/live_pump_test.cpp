// SPDX-License-Identifier: MIT
// What a living pump shows and tells: state from its records, the latch of its indications, measurements.
#include <gtest/gtest.h>

#include "protocol/history/record.hpp"
#include "virtual_pump/glucose_access.hpp"
#include "virtual_pump/history_source.hpp"
#include "virtual_pump/live_state.hpp"
#include "virtual_pump/status_answers.hpp"
#include "virtual_pump/status_changes.hpp"

namespace {

using namespace std::chrono_literals;
namespace history = protocol::history;
namespace idd = protocol::idd;
namespace reader = protocol::idd::status_reader;
using idd::Change;
using idd::StatusChanged;
using protocol::Bytes;
using virtual_pump::LiveState;
using virtual_pump::StatusChanges;

constexpr protocol::LocalSeconds kNow = std::chrono::local_days{2026y / 3 / 14} + 9h + 26min;

/// Writes records as a pump would, each at a second after the reference.
class Writer {
public:
    Writer() {
        add(0s, history::EventType::NgpReferenceTime,
            history::NgpReferenceTime{history::RecordingReason::Periodic, protocol::DateTime::from(kNow)});
    }

    StatusChanged add(std::chrono::seconds at, history::EventType type, history::EventData data) {
        history::Record record;
        record.header = {static_cast<std::uint16_t>(type), next_++, static_cast<std::uint16_t>(at.count())};
        record.data = std::move(data);
        return state.observe(history::encode(record));
    }
    StatusChanged glucose(std::chrono::minutes at, std::uint16_t raw) {
        history::SgMeasurement sg;
        sg.timeOffsetMinutes = static_cast<std::int16_t>(at.count());
        sg.sgRaw = raw;
        return add(at, history::EventType::SgMeasurement, sg);
    }
    StatusChanged bolus(std::chrono::seconds at, int tenths) {
        history::BolusDeliveredPart1 part;
        part.bolusType = history::BolusType::Fast;
        part.fastAmount = protocol::MedFloat::number(tenths, -1);
        part.extendedAmount = protocol::MedFloat::number(0, 0);
        return add(at, history::EventType::BolusDeliveredPart1, part);
    }
    [[nodiscard]] std::string onBoard(std::chrono::minutes at) const {
        return state.insulinOnBoard(kNow + at).amount.text();
    }

    LiveState state;

private:
    std::uint32_t next_ = 100;
};

TEST(ALiveState, TellsTheNewestGlucoseAndItsTrend) {
    Writer pump;
    EXPECT_FALSE(pump.state.measurement());
    EXPECT_FALSE(pump.state.session());
    pump.glucose(5min, 120);
    pump.glucose(10min, 128);
    const auto measurement = pump.state.measurement();
    ASSERT_TRUE(measurement);
    EXPECT_EQ(measurement->glucoseMgDl(), 128);
    EXPECT_EQ(measurement->trend->text(), "1.6");
    const auto session = pump.state.session();
    ASSERT_TRUE(session);
    EXPECT_EQ(session->sampleTime(measurement->timeOffsetMinutes), kNow + 10min);
}

TEST(ALiveState, SaysZeroWhereNothingCanBeDisplayed) {
    Writer pump;
    pump.glucose(5min, 120);
    const auto changes = pump.glucose(10min, 0x030d);
    EXPECT_TRUE(changes.has(Change::SensorMessage));
    EXPECT_FALSE(pump.state.measurement()->glucoseMgDl());
    EXPECT_EQ(pump.state.status().sensorMessage, idd::SensorMessage::SgBelowLowerLimit);
}

TEST(ALiveState, BeginsASessionWithAStartingSensor) {
    Writer pump;
    pump.glucose(5min, 120);
    pump.glucose(10min, 0x0301);
    pump.glucose(15min, 0x0301);
    EXPECT_EQ(pump.state.session()->start.local(), kNow + 10min);
    EXPECT_EQ(pump.state.measurement()->timeOffsetMinutes, 5);
    EXPECT_EQ(pump.state.status().sensorMessage, idd::SensorMessage::WarmUp);
}

TEST(ALiveState, LetsActiveInsulinFade) {
    Writer pump;
    EXPECT_EQ(pump.onBoard(0min), "0");
    pump.bolus(60s, 40);
    EXPECT_EQ(pump.onBoard(1min), "4");
    EXPECT_EQ(pump.onBoard(121min), "1");
    EXPECT_EQ(pump.onBoard(241min), "0");
}

TEST(ALiveState, EmptiesItsReservoirAndFillsItInASetChange) {
    Writer pump;
    const auto reservoir = [&] { return pump.state.status().reservoirRemaining.text(); };
    EXPECT_EQ(reservoir(), "180");
    pump.bolus(60s, 25);
    EXPECT_EQ(reservoir(), "177.5");
    pump.add(70s, history::EventType::InsulinDeliveryStopped,
             history::InsulinDeliveryStopped{history::StoppedReason::NotSeated});
    EXPECT_EQ(reservoir(), "NaN");
    EXPECT_FALSE(pump.state.status().reservoirAttached());
    EXPECT_EQ(pump.state.status().operationalState, history::OperationalState::Waiting);
    pump.add(90s, history::EventType::InsulinDeliveryRestarted,
             history::InsulinDeliveryRestarted{history::RestartedReason::UserSelectsResume});
    EXPECT_EQ(reservoir(), "180");
}

TEST(ALiveState, TellsASuspensionFromASetChange) {
    Writer pump;
    const auto changes = pump.add(70s, history::EventType::InsulinDeliveryStopped,
                                  history::InsulinDeliveryStopped{history::StoppedReason::UserSuspended});
    EXPECT_TRUE(changes.has(Change::TherapyControlState));
    EXPECT_TRUE(changes.has(Change::HistoryEvent));
    EXPECT_EQ(pump.state.status().therapyControlState, history::TherapyControlState::Stop);
    EXPECT_EQ(pump.state.status().operationalState, history::OperationalState::Ready);
}

TEST(ALiveState, FollowsAGeneratedLife) {
    LiveState state;
    for (const auto& record : virtual_pump::generateHistory({.seed = 1, .days = 5, .end = kNow}))
        (void)state.observe(record);
    ASSERT_TRUE(state.measurement());
    const auto sample = state.session()->sampleTime(state.measurement()->timeOffsetMinutes);
    ASSERT_TRUE(sample);
    EXPECT_LE(kNow - *sample, 1min);
    EXPECT_GT(state.status().reservoirRemaining.toDouble(), 0);
    EXPECT_LT(state.status().reservoirRemaining.toDouble(), 180);
    EXPECT_TRUE(state.activeBoluses().bolusIds.empty());
}

TEST(StatusChangesOfAPump, AreIndicatedOnceUntilTheyAreReset) {
    StatusChanges changes;
    EXPECT_FALSE(changes.takeIndication());
    changes.raise(StatusChanged::of({Change::HistoryEvent}));
    EXPECT_EQ(changes.takeIndication(), StatusChanged::of({Change::HistoryEvent}));
    changes.raise(StatusChanged::of({Change::NewCgmMeasurement}));
    EXPECT_FALSE(changes.takeIndication()) << "silent until the reset";
    changes.reset(StatusChanged::of({Change::HistoryEvent}));
    EXPECT_EQ(changes.takeIndication(), StatusChanged::of({Change::NewCgmMeasurement}));
}

TEST(StatusChangesOfAPump, StayLatchedWithoutAReset) {
    StatusChanges changes;
    changes.raise(StatusChanged::of({Change::HistoryEvent, Change::TimeInRange}));
    ASSERT_TRUE(changes.takeIndication());
    changes.reset(StatusChanged::of({Change::HistoryEvent}));
    EXPECT_FALSE(changes.takeIndication()) << "what was told already is no reason to speak";
    changes.raise(StatusChanged::of({Change::HistoryEvent}));
    EXPECT_EQ(changes.takeIndication(), StatusChanged::of({Change::HistoryEvent, Change::TimeInRange}));
}

TEST(StatusChangesOfAPump, RaisedAgainBeforeTheResetAreLost) {
    StatusChanges changes;
    changes.raise(StatusChanged::of({Change::HistoryEvent}));
    ASSERT_TRUE(changes.takeIndication());
    changes.raise(StatusChanged::of({Change::HistoryEvent}));
    changes.reset(StatusChanged::of({Change::HistoryEvent}));
    EXPECT_FALSE(changes.takeIndication());
    EXPECT_EQ(changes.latched().flags, 0U);
}

TEST(StatusAnswers, ResetTheLatchAndSaySo) {
    const LiveState state;
    StatusChanges changes;
    changes.raise(StatusChanged::of({Change::HistoryEvent, Change::NewCgmMeasurement}));
    const auto request =
        reader::serialize(reader::ResetStatus{StatusChanged::of({Change::NewCgmMeasurement})});
    const auto answer = virtual_pump::answerStatusRequest(request, state, changes, kNow);
    EXPECT_EQ(protocol::toHex(answer), "03030c030f");
    EXPECT_EQ(changes.latched(), StatusChanged::of({Change::HistoryEvent}));
}

TEST(StatusAnswers, RefuseWhatA780GDoesNotSupport) {
    const LiveState state;
    StatusChanges changes;
    const auto answer = [&](const Bytes& request) {
        return protocol::toHex(virtual_pump::answerStatusRequest(request, state, changes, kNow));
    };
    EXPECT_EQ(answer(reader::serialize(reader::GetSensorWarmUpTimeRemaining{})), "0303030470");
    EXPECT_EQ(answer({0x4b, 0x11}), "03034b1170");
    EXPECT_EQ(answer({0x0c}), "0303000071");
    EXPECT_EQ(answer(reader::serialize(reader::GetInsulinOnBoard{})).substr(0, 6), "fc0300");
}

TEST(AGlucoseAccessPoint, ReportsTheLastMeasurementOrNone) {
    virtual_pump::GlucoseAccess access;
    access.request(Bytes{0x01, 0x06}, std::nullopt);
    EXPECT_EQ(protocol::toHex(access.next()->value), "06000106");
    EXPECT_FALSE(access.running());

    Writer pump;
    pump.glucose(5min, 120);
    access.request(Bytes{0x01, 0x06}, pump.state.measurement());
    const auto measurement = access.next();
    ASSERT_TRUE(measurement);
    EXPECT_FALSE(measurement->response);
    EXPECT_EQ(protocol::cgm::parseMeasurement(measurement->value)->glucoseMgDl(), 120);
    EXPECT_TRUE(access.running());
    EXPECT_EQ(protocol::toHex(access.next()->value), "06000101");
}

} // namespace
