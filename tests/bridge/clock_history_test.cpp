// SPDX-License-Identifier: MIT
// Histories that cross a change of the pump's clock or of the season: every glucose value must come out at
// the instant at which it was measured (docs/nightscout/mapping.md 5.2 to 5.5).
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <map>
#include <set>

#include "bridge/publish/publisher.hpp"
#include "host_clock_double.hpp"
#include "measured_clock.hpp"
#include "protocol/history/record.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
namespace history = protocol::history;

LocalSeconds reading(int month, int day, seconds ofDay) {
    return LocalSeconds{std::chrono::local_days{std::chrono::year{2026} / month / day}.time_since_epoch() +
                        ofDay};
}

/// A pump that measures every five minutes, with a reference every hour.
class ClockedPump {
public:
    /// Switched on: `local` on its clock, which is `offset` ahead of UTC.
    ClockedPump(LocalSeconds local, seconds offset) : local_(local), utc_(local.time_since_epoch() - offset) {
        refer(history::RecordingReason::Periodic);
    }

    void run(seconds duration) {
        for (const auto end = utc_ + duration; utc_ < end; utc_ += 5min, local_ += 5min) {
            if (sinceReference_ >= 1h) refer(history::RecordingReason::Periodic);
            true_[next_] = utc_;
            add(history::EventType::SgMeasurement,
                history::SgMeasurement{static_cast<std::int16_t>(sinceReference_ / 1min), 120, 2000, 0});
            sinceReference_ += 5min;
        }
    }
    /// The user sets the clock by `change`. `told`: the pump says how long the old clock ran.
    void set(seconds change, bool told = true) {
        local_ += change;
        if (!told) sinceReference_ = 0s;
        refer(history::RecordingReason::SetDateTime);
    }
    /// The clock falls back to the day of its making.
    void lose() {
        offset_ = local_.time_since_epoch() - utc_.time_since_epoch();
        local_ = reading(1, 1, 0s);
        sinceReference_ = 0s;
        refer(history::RecordingReason::DateTimeLoss);
    }
    void setRightAgain() { set(offset_ + utc_.time_since_epoch() - local_.time_since_epoch()); }

    std::vector<ReceivedRecord> takeRecords() { return std::exchange(records_, {}); }
    /// Of each glucose value, by sequence number.
    [[nodiscard]] const std::map<std::uint32_t, sys_seconds>& truth() const { return true_; }

private:
    void add(history::EventType type, history::EventData data) {
        history::Record record;
        record.header = {static_cast<std::uint16_t>(type), next_,
                         static_cast<std::uint16_t>(sinceReference_.count())};
        record.data = std::move(data);
        records_.push_back({next_++, history::encode(record)});
    }
    void refer(history::RecordingReason reason) {
        add(history::EventType::NgpReferenceTime,
            history::NgpReferenceTime{reason, protocol::DateTime::from(local_)});
        sinceReference_ = 0s;
    }

    LocalSeconds local_;
    sys_seconds utc_;
    seconds sinceReference_{0};
    seconds offset_{0}; ///< of the clock before it was lost
    std::uint32_t next_ = 0;
    std::vector<ReceivedRecord> records_;
    std::map<std::uint32_t, sys_seconds> true_;
};

class Bridge {
public:
    explicit Bridge(const std::string& zone) : zone_(therapy::Zone::find(zone).value()) {
        settings_.features = {nightscout::Feature::Cgm};
        store_.noteOldest(pump_.id, 0);
    }
    void receive(const std::vector<ReceivedRecord>& records) {
        store_.addRecords(pump_.id, records, sys_seconds{});
    }
    void lose(SequenceRange range) { store_.markAbsent(pump_.id, range); }
    /// `measured`: offset of the pump's clock at this time, if there is a trusted one.
    QueueResult publish(std::optional<seconds> measured) {
        if (measured)
            store_.keepClockOffset(pump_.id, measuredClock(store_.held(pump_.id).back().last, *measured));
        const auto sink = [this](PumpId pump, std::span<const nightscout::Document> documents,
                                 std::span<const Store::Published> times) {
            for (const auto& document : documents) documents_[document.sequenceNumber] = document;
            return store_.queueDocuments(pump, documents, times);
        };
        return Publisher(store_, zone_, computer_.host, settings_, sink, true, log_).publish(pump_);
    }
    [[nodiscard]] std::map<std::uint32_t, sys_seconds> times() const {
        std::map<std::uint32_t, sys_seconds> times;
        for (const auto& [number, document] : documents_) {
            times[number] = std::chrono::floor<seconds>(document.time);
        }
        return times;
    }
    [[nodiscard]] const std::map<std::uint32_t, nightscout::Document>& documents() const {
        return documents_;
    }

private:
    TemporaryDirectory directory_;
    Store store_{directory_ / "history.db"};
    therapy::Zone zone_;
    HostClockDouble computer_{store_, zone_};
    nightscout::MappingSettings settings_;
    PumpInfo pump_ = store_.pump("NG1234567H");
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::map<std::uint32_t, nightscout::Document> documents_;
};

/// All at once, as after a first contact.
std::map<std::uint32_t, sys_seconds> published(ClockedPump& pump, std::optional<seconds> measured,
                                               const std::string& zone = "Europe/Berlin") {
    Bridge bridge(zone);
    bridge.receive(pump.takeRecords());
    if (!measured) { // and never will be: the pump has gone on, and what was between is lost
        bridge.receive({{200000, *protocol::fromHex("0ef0400d0300100e3cea07030e091a00")}});
        bridge.lose({199000, 199999});
    }
    bridge.publish(measured);
    return bridge.times();
}

TEST(AClockInSpring, ThatWasNotSetYetStillTellsTheInstant) {
    ClockedPump pump(reading(3, 28, 23h), 1h);
    pump.run(9h);
    EXPECT_EQ(published(pump, 1h), pump.truth());
}

TEST(AClockInSpring, SetHoursLaterTellsTheInstantBeforeAndAfter) {
    ClockedPump pump(reading(3, 28, 23h), 1h);
    pump.run(9h);
    pump.set(+1h);
    pump.run(3h);
    EXPECT_EQ(published(pump, 2h), pump.truth());
}

TEST(AClockInSpring, NotMeasuredTakesTheOffsetBeforeTheGapInside) {
    ClockedPump pump(reading(3, 29, 0h), 1h);
    pump.run(3h); // up to 03:00 on its clock, an hour that the zone leaves out
    EXPECT_EQ(published(pump, std::nullopt), pump.truth());
}

TEST(AClockInAutumn, SetBackHoursLaterTellsTheInstantBeforeAndAfter) {
    ClockedPump pump(reading(10, 24, 23h), 2h);
    pump.run(9h);
    pump.set(-1h);
    pump.run(3h);
    EXPECT_EQ(published(pump, 1h), pump.truth());
}

TEST(AClockInAutumn, SetBackInsideTheFoldTellsTwoInstantsForOneReading) {
    ClockedPump pump(reading(10, 24, 23h), 2h);
    pump.run(3h + 40min);
    pump.set(-1h);
    pump.run(4h);
    const auto times = published(pump, 1h);
    EXPECT_EQ(times, pump.truth());
    std::set<sys_seconds> instants;
    for (const auto& [number, time] : times) EXPECT_TRUE(instants.insert(time).second) << number;
}

TEST(AClockInAutumn, NotMeasuredTakesTheSecondPassWhereItSteppedBack) {
    ClockedPump pump(reading(10, 24, 23h), 2h);
    pump.run(4h); // 03:00 of summer
    pump.set(-1h);
    pump.run(4h);
    EXPECT_EQ(published(pump, std::nullopt), pump.truth());
}

TEST(AClockInAutumn, NotMeasuredNorSetTakesTheFirstPass) {
    ClockedPump pump(reading(10, 24, 23h), 2h);
    pump.run(4h);
    EXPECT_EQ(published(pump, std::nullopt), pump.truth());
}

TEST(AClockThatTravels, TellsTheInstantOnBothSidesOfTheOcean) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(10h);
    pump.set(-6h);
    pump.run(10h);
    EXPECT_EQ(published(pump, -5h), pump.truth());
}

TEST(AClockThatTravels, ThereAndBackTellsEachInstant) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(5h);
    pump.set(+4h + 30min); // Kabul
    pump.run(20h);
    pump.set(-4h - 30min);
    pump.run(5h);
    EXPECT_EQ(published(pump, 1h), pump.truth());
}

TEST(AClockThatIsSet, ByMinutesTellsTheInstantOnBothSides) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(5h);
    pump.set(-4min); // it was fast
    pump.run(5h);
    EXPECT_EQ(published(pump, 56min), pump.truth());
}

TEST(AClockThatIsSet, WithoutSayingHowFarFallsBackOnTheZone) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(5h);
    pump.set(-6h, false);
    pump.run(5h);
    EXPECT_EQ(published(pump, -5h), pump.truth());
}

TEST(AClockThatWasLost, TellsNoInstantBeforeItIsSet) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(3h);
    const auto before = pump.truth();
    pump.lose();
    pump.run(2h);
    EXPECT_EQ(published(pump, std::nullopt), before);
}

TEST(AClockThatWasLost, TellsTheInstantOnceItIsSet) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(3h);
    pump.lose();
    pump.run(2h);
    pump.setRightAgain();
    pump.run(3h);
    EXPECT_EQ(published(pump, 1h), pump.truth());
}

TEST(AClockThatWasLost, AtConnectionPutsNothingIntoTheFuture) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    pump.run(3h);
    Bridge bridge("Europe/Berlin");
    bridge.receive(pump.takeRecords());
    bridge.publish(1h);
    pump.lose();
    pump.run(2h);
    bridge.receive(pump.takeRecords());
    bridge.publish(std::nullopt);
    EXPECT_EQ(bridge.times().size(), 36U) << "what came since is held";
    pump.setRightAgain();
    pump.run(3h);
    bridge.receive(pump.takeRecords());
    bridge.publish(1h);
    EXPECT_EQ(bridge.times(), pump.truth());
}

/// The user sets the clock while the bridge is connected.
TEST(AClockThatIsSet, WhileItIsFollowedTellsTheInstantWithoutAnotherReading) {
    for (const seconds change : {seconds{1h}, seconds{-1h}, seconds{-6h}, seconds{4h + 30min}}) {
        ClockedPump pump(reading(1, 20, 6h), 1h);
        Bridge bridge("Europe/Berlin");
        pump.run(3h);
        bridge.receive(pump.takeRecords());
        bridge.publish(1h);
        pump.set(change);
        pump.run(50min);
        bridge.receive(pump.takeRecords());
        bridge.publish(std::nullopt);
        EXPECT_EQ(bridge.times(), pump.truth()) << change.count();
    }
}

TEST(AClockThatIsSet, WithoutSayingHowFarWaitsForAReading) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    Bridge bridge("Europe/Berlin");
    pump.run(3h);
    bridge.receive(pump.takeRecords());
    bridge.publish(1h);
    pump.set(-6h, false);
    pump.run(1h);
    bridge.receive(pump.takeRecords());
    bridge.publish(std::nullopt);
    EXPECT_EQ(bridge.times().size(), 36U);
    bridge.publish(-5h);
    EXPECT_EQ(bridge.times(), pump.truth());
}

/// What was sent before the clock was set, and after.
TEST(UploadedValues, KeepTimeAndIdentityWhenTheClockIsSet) {
    ClockedPump pump(reading(3, 28, 23h), 1h);
    Bridge bridge("Europe/Berlin");
    pump.run(9h);
    bridge.receive(pump.takeRecords());
    bridge.publish(1h);
    const auto before = bridge.documents();
    EXPECT_EQ(before.size(), 9U * 12);

    pump.set(+1h);
    pump.run(3h);
    bridge.receive(pump.takeRecords());
    EXPECT_EQ(bridge.publish(2h).changed, 0U);
    for (const auto& [number, document] : before) EXPECT_EQ(bridge.documents().at(number), document);
    EXPECT_EQ(bridge.times(), pump.truth());
}

TEST(UploadedValues, KeepTimeAndIdentityWhenTheMeasurementWasWrong) {
    ClockedPump pump(reading(1, 20, 6h), 1h);
    Bridge bridge("Europe/Berlin");
    pump.run(3h);
    bridge.receive(pump.takeRecords());
    bridge.publish(2h); // the host's clock was an hour slow
    const auto before = bridge.documents();
    pump.run(3h);
    bridge.receive(pump.takeRecords());
    EXPECT_EQ(bridge.publish(1h).changed, 0U);
    for (const auto& [number, document] : before) EXPECT_EQ(bridge.documents().at(number), document);
}

TEST(UploadedValues, AreTheSameOfABridgeThatCameLater) {
    ClockedPump pump(reading(10, 24, 20h), 2h);
    Bridge first("Europe/Berlin");
    Bridge second("Europe/Berlin");
    const auto both = [&](seconds measured) {
        const auto records = pump.takeRecords();
        first.receive(records);
        second.receive(records);
        first.publish(measured);
    };
    pump.run(8h);
    both(2h);
    pump.set(-1h);
    pump.run(5h);
    both(1h);
    pump.set(-6h);
    pump.run(5h);
    both(-5h);
    second.publish(-5h);
    EXPECT_EQ(first.documents(), second.documents());
    EXPECT_EQ(first.times(), pump.truth());
}

} // namespace
} // namespace bridge::test
