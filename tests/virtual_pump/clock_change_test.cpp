// SPDX-License-Identifier: MIT
// The virtual pump's clock moves with the references that it writes.
#include "virtual_pump/clock_change.hpp"

#include "protocol/codec/date_time.hpp"
#include "pump_fixture.hpp"
#include "therapy/time_line.hpp"

namespace virtual_pump::test {
namespace {

using namespace std::chrono_literals;
using protocol::history::RecordingReason;

class ThePumpsClock : public PumpTest {
protected:
    void change(RecordingReason reason, protocol::LocalSeconds from) {
        for (Bytes& record : clockChange(pump.history(), reason, pump.shown(), from))
            pump.append(std::move(record));
    }
    /// As the bridge reads it.
    protocol::LocalSeconds currentTime() {
        const auto value = pump.read(handle(uuid::kCurrentTime, uuid::kCurrentTimeService));
        EXPECT_TRUE(value.has_value());
        const auto time = protocol::parseCurrentTime(*value);
        return time.has_value() ? time->dateTime.local().value_or(protocol::LocalSeconds{})
                                : protocol::LocalSeconds{};
    }
    therapy::TimeLine timeLine() const {
        std::vector<therapy::Reference> references;
        for (const Bytes& raw : pump.history()) {
            if (const auto reference = therapy::referenceOf(raw)) references.push_back(*reference);
        }
        return therapy::TimeLine(std::move(references));
    }

    Pump pump = makePump();
};

TEST_F(ThePumpsClock, MovesWithASetThatItHasWritten) {
    EXPECT_EQ(pump.shown(), kNow);
    change(RecordingReason::SetDateTime, kNow + 1h);
    EXPECT_EQ(pump.shown(), kNow + 1h);
    EXPECT_EQ(currentTime(), kNow + 1h);
    change(RecordingReason::SetDateTime, kNow);
    EXPECT_EQ(currentTime(), kNow);
}

TEST_F(ThePumpsClock, IsLostToTheYearThatItBeginsIn) {
    change(RecordingReason::DateTimeLoss, kLostTime);
    EXPECT_EQ(currentTime(), kLostTime);
    EXPECT_EQ(timeLine().references().back().elapsed, 0s);
    change(RecordingReason::SetDateTime, kNow);
    EXPECT_EQ(pump.shown(), kNow);
}

TEST_F(ThePumpsClock, IsSetByAReferenceThatSaysHowFarItMoved) {
    change(RecordingReason::SetDateTime, kNow + 1h);
    const auto last = timeLine().segments().back();
    EXPECT_EQ(last.clockChange, 1h);
    const auto header = protocol::history::parseHeader(pump.history().back());
    ASSERT_TRUE(header);
    EXPECT_EQ(header->sequenceNumber, last.firstSequenceNumber + 1) << "glucose follows it";
    EXPECT_EQ(timeLine().localTime(*header)->time, kNow + 1h);
}

} // namespace
} // namespace virtual_pump::test
