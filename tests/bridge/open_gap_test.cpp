// SPDX-License-Identifier: MIT
// A report of history was broken off: some of its records are there, with a gap before what was known and
// another before the newest. Their clock is known as soon as a gap is closed; until then they wait
// (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>

#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/publisher.hpp"
#include "host_clock_double.hpp"
#include "living_pump.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;

class AnOpenGap : public ::testing::Test {
protected:
    AnOpenGap() {
        settings_.features = {nightscout::Feature::Cgm};
        store_.noteOldest(pump_.id, 0);
    }

    /// The pump writes for so many hours.
    void pass(int hours) {
        for (int i = 0; i < 4 * hours; ++i) clock_.step(15min);
    }
    void receive(std::size_t first, std::size_t last) {
        const auto& all = clock_.records();
        store_.addRecords(pump_.id, {all.data() + first, last - first + 1}, clock_.now());
    }
    void measure() {
        keeper_.read(pump_, {clock_.local(), clock_.now()});
        ASSERT_TRUE(keeper_.settle(pump_));
    }
    void publishFirstHours() {
        pass(4);
        receive(0, 15);
        measure();
        publish();
    }
    /// Set again an hour later. The index of the record of the loss.
    std::size_t loseClockAfterFirstHours() {
        publishFirstHours();
        pass(10);
        clock_.lose();
        const auto lost = clock_.records().size() - 1;
        pass(1);
        clock_.set(2h);
        return lost;
    }
    void publish() {
        computer_.utc = clock_.now();
        publisher_.publish(pump_);
    }
    /// How many of the glucose values of the records from `first` to `last` are published; each at its time.
    std::size_t published(std::size_t first, std::size_t last) const {
        std::size_t count = 0;
        for (const auto& [number, time] : times_) {
            if (number < first || number > last) continue;
            ++count;
            EXPECT_EQ(time, clock_.truth().at(number)) << number;
        }
        return count;
    }

    const therapy::Zone zone_ = therapy::Zone::find("Europe/Berlin").value();
    /// Far from the zone's time.
    LivingPump clock_{std::chrono::sys_days{std::chrono::year{2026} / 5 / 30}, 12h, 0};
    TemporaryDirectory directory_{TemporaryDirectory::inMemory()};
    Store store_{directory_ / "history.db"};
    PumpInfo pump_ = store_.pump("NG1234567H");
    nightscout::MappingSettings settings_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    HostClockDouble computer_{store_, zone_};
    ClockKeeper keeper_{store_, zone_, computer_.host, log_};
    std::map<std::uint32_t, std::chrono::sys_seconds> times_;
    Publisher publisher_{store_,
                         zone_,
                         computer_.host,
                         settings_,
                         [this](PumpId pump, std::span<const nightscout::Document> documents,
                                std::span<const Store::Published> times) {
                             for (const auto& document : documents)
                                 times_.insert_or_assign(
                                     document.sequenceNumber,
                                     std::chrono::floor<std::chrono::seconds>(document.time));
                             return store_.queueDocuments(pump, documents, times);
                         },
                         true,
                         log_};
};

TEST_F(AnOpenGap, KeepsWhatLiesBetweenTwoFromTheZonesTime) {
    publishFirstHours();
    pass(20);
    const auto newest = clock_.records().size() - 1;
    receive(40, 60);
    receive(newest, newest);
    publish();
    EXPECT_EQ(published(16, newest), 0U);
    receive(61, newest - 1);
    measure();
    publish();
    EXPECT_GT(published(40, 60), 10U);
    receive(16, 39);
    publish();
    EXPECT_EQ(published(0, newest), clock_.truth().size());
}

TEST_F(AnOpenGap, KeepsWhatLiesBehindItFromTheZonesTime) {
    const auto lost = loseClockAfterFirstHours();
    pass(4);
    const auto newest = clock_.records().size() - 1;
    receive(40, newest);
    measure();
    publish();
    EXPECT_EQ(published(40, lost - 1), 0U);
    EXPECT_GT(published(lost, newest), 10U);
    receive(16, 39);
    publish();
    EXPECT_EQ(published(0, newest), clock_.truth().size());
}

TEST_F(AnOpenGap, ThatCannotCloseIsAsIfThereWereNothingBehindIt) {
    const auto lost = loseClockAfterFirstHours();
    pass(12); // the zone's time, ten hours ahead, is over
    receive(40, clock_.records().size() - 1);
    measure();
    store_.markAbsent(pump_.id, {16, 39});
    publish();
    EXPECT_TRUE(times_.contains(static_cast<std::uint32_t>(lost - 1))) << "nothing but the zone can date it";
}

} // namespace
} // namespace bridge::test
