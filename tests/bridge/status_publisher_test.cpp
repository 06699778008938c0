// SPDX-License-Identifier: MIT
#include "bridge/publish/status_publisher.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>

#include "../nightscout/pump_statuses.hpp"
#include "host_clock_double.hpp"
#include "measured_clock.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using nightscout::Collection;
using nightscout::Feature;
using nightscout::test::fullStatus;

class StatusPublisherTest : public ::testing::Test {
protected:
    QueueResult publish(const therapy::PumpStatus& status) {
        if (!publisher) publisher.emplace(store, computer.host, settings, sink, true);
        return publisher->publish(pump, status);
    }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    PumpInfo pump = store.pump("NG1234567H");
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    HostClockDouble computer{store, zone};
    nightscout::MappingSettings settings;
    std::vector<nightscout::Document> documents;
    DocumentSink sink = [this](PumpId, std::span<const nightscout::Document> told,
                               std::span<const Store::Published>) {
        documents.insert(documents.end(), told.begin(), told.end());
        return QueueResult{.added = told.size()};
    };
    std::optional<StatusPublisher> publisher;
};

TEST_F(StatusPublisherTest, QueuesADeviceStatusEveryFiveMinutes) {
    therapy::PumpStatus status = fullStatus();
    for (int minute = 0; minute <= 10; ++minute, status.readAt += 1min) publish(status);
    EXPECT_EQ(std::ranges::count(documents, Collection::DeviceStatus, &nightscout::Document::collection), 3);
}

TEST_F(StatusPublisherTest, QueuesNoneWithoutItsFeature) {
    settings.features = {Feature::Cgm};
    publish(fullStatus());
    EXPECT_TRUE(documents.empty());
}

TEST_F(StatusPublisherTest, DatesTheSensorByTheOffsetThatWasMeasuredBefore) {
    settings.features = {Feature::DeviceStatus};
    store.keepClockOffset(pump.id, bridge::test::measuredClock(0, 1h));
    therapy::PumpStatus status = fullStatus();
    status.clockOffset.reset();
    publish(status);
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_NE(documents[0].body.find("5d 2h left"), std::string::npos);
}

TEST_F(StatusPublisherTest, LeavesNothingBehindInTheStoreOnceItIsUploaded) {
    const auto document = nightscout::deviceStatus(fullStatus(), settings);
    store.queueDocuments(pump.id, {&document, 1}, {});
    const auto items = store.next(10, 10000, {});
    ASSERT_EQ(items.size(), 1U);
    const nightscout::Acknowledgement acknowledged{items[0].id, "5f0000000000000000000001"};
    store.acknowledge({&acknowledged, 1});
    EXPECT_EQ(store.depth(), 0U);
    EXPECT_EQ(store.uploadedCount(), 0U);
}

TEST_F(StatusPublisherTest, RemembersTheSensorFromRunToRun) {
    settings.features = {Feature::PumpEvents};
    publish(fullStatus());
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].eventType, "Sensor Start");
    publisher.reset();
    publish(fullStatus());
    EXPECT_EQ(documents.size(), 1U);
}

TEST_F(StatusPublisherTest, OnlyShowingKeepsEventsForLater) {
    settings.features = {Feature::PumpEvents};
    publisher.emplace(store, computer.host, settings, sink, false);
    publish(fullStatus());
    publisher.reset();
    publish(fullStatus());
    EXPECT_EQ(documents.size(), 2U);
}

/// The reference of 09:26 on the pump's clock and the sensor's code for "starting".
std::vector<ReceivedRecord> aSensorStarts() {
    return {{0, *protocol::fromHex("0ef000000000100e3cea07030e091a00")},
            {1, *protocol::fromHex("0cf001000000bb00030001030c09d7ff")}};
}

class SensorStartOfTheHistory : public StatusPublisherTest {
protected:
    SensorStartOfTheHistory() {
        settings.features = {Feature::PumpEvents};
        store.keepClockOffset(pump.id, bridge::test::measuredClock(0, 1h));
        store.noteOldest(pump.id, 0);
        store.addRecords(pump.id, aSensorStarts(), std::chrono::sys_seconds{});
        spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
        Publisher history{store, zone, computer.host, settings, sink, true, log};
        history.publish(pump);
        EXPECT_TRUE(documents.empty());
    }
    therapy::PumpStatus status = fullStatus();
};

TEST_F(SensorStartOfTheHistory, WaitsADayForTheSessionsStart) {
    status.sessionStart.reset();
    publish(status);
    status.readAt += 24h - 1s;
    publish(status);
    EXPECT_TRUE(documents.empty());
    status.readAt += 1s;
    publish(status);
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].eventType, "Sensor Start");
    EXPECT_EQ(nightscout::toIso(documents[0].time), "2026-03-14T08:29:00.001Z");
}

TEST_F(SensorStartOfTheHistory, IsDroppedWhenTheSessionTellsTheSame) {
    status.sessionStart->start = {2026, 3, 14, 9, 20, 0};
    publish(status);
    status.readAt += 25h;
    publish(status);
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(nightscout::toIso(documents[0].time), "2026-03-14T08:20:00.000Z");
}

} // namespace
} // namespace bridge::test
