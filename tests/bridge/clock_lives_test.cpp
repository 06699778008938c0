// SPDX-License-Identifier: MIT
// Random lives of a pump's clock: drift, sets, flights, losses, batteries, disconnections and restarts. What
// a bridge publishes must be true all the same (docs/nightscout/mapping.md 5.3). PUMP_BRIDGE_CLOCK_LIVES: how
// many seeds, instead of 3: each syncs its stores some hundred times.
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <cstdlib>
#include <map>
#include <random>

#include "bridge/publish/clock_keeper.hpp"
#include "bridge/publish/publisher.hpp"
#include "host_clock_double.hpp"
#include "protocol/history/record.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using protocol::history::RecordingReason;
using std::chrono::seconds;
using std::chrono::sys_seconds;
namespace history = protocol::history;

constexpr sys_seconds kBegin{std::chrono::sys_days{std::chrono::year{2026} / 3 / 27}};
constexpr seconds kStep{900};

/// Writes a glucose value every quarter of an hour and a reference every hour.
class LivingPump {
public:
    LivingPump(seconds offset, int driftPerDay) : offset_(offset), drift_(driftPerDay) {
        refer(RecordingReason::Periodic);
    }

    void step() {
        if (sinceReference_ >= 1h) refer(RecordingReason::Periodic);
        true_[next_] = now_;
        add(history::EventType::SgMeasurement,
            history::SgMeasurement{static_cast<std::int16_t>(sinceReference_ / 1min), 120, 2000, 0});
        now_ += kStep;
        sinceReference_ += kStep;
    }
    /// To what the clock shows then: local minus UTC.
    void set(seconds offset) {
        moveTo(offset);
        refer(RecordingReason::SetDateTime);
        lost_ = false;
    }
    /// Without a record: the next reference shows it.
    void setSilently(seconds offset) { moveTo(offset); }
    /// Without saying how long the old clock ran.
    void setUncounted(seconds offset) {
        moveTo(offset);
        sinceReference_ = 0s;
        refer(RecordingReason::SetDateTime);
        lost_ = false;
    }
    void lose() {
        moveTo(seconds{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1} - now_});
        sinceReference_ = 0s;
        refer(RecordingReason::DateTimeLoss);
        lost_ = true;
    }

    [[nodiscard]] sys_seconds now() const { return now_; }
    [[nodiscard]] bool lost() const { return lost_; }
    [[nodiscard]] seconds offset() const {
        return offset_ + seconds{drift_ * (now_ - setAt_).count() / 86400};
    }
    [[nodiscard]] LocalSeconds local() const { return LocalSeconds{now_.time_since_epoch() + offset()}; }
    [[nodiscard]] const std::vector<ReceivedRecord>& records() const { return records_; }
    /// When each glucose value was measured, by number.
    [[nodiscard]] const std::map<std::uint32_t, sys_seconds>& truth() const { return true_; }

private:
    void moveTo(seconds offset) {
        offset_ = offset;
        setAt_ = now_;
    }
    void add(history::EventType type, history::EventData data) {
        const history::Record record{
            {static_cast<std::uint16_t>(type), next_, static_cast<std::uint16_t>(sinceReference_.count())},
            std::move(data)};
        records_.push_back({next_++, history::encode(record)});
    }
    void refer(RecordingReason reason) {
        add(history::EventType::NgpReferenceTime,
            history::NgpReferenceTime{reason, protocol::DateTime::from(local())});
        sinceReference_ = 0s;
    }

    seconds offset_;
    int drift_;
    sys_seconds now_ = kBegin, setAt_ = kBegin;
    seconds sinceReference_{0};
    std::uint32_t next_ = 0;
    std::vector<ReceivedRecord> records_;
    std::map<std::uint32_t, sys_seconds> true_;
    bool lost_ = false;
};

class LivingBridge {
public:
    LivingBridge() {
        settings_.features = {nightscout::Feature::Cgm};
        store_.noteOldest(pump_.id, 0);
        restart();
    }
    void restart() {
        keeper_ = std::make_unique<ClockKeeper>(store_, zone_, computer_.host, log_);
        publisher_ = std::make_unique<Publisher>(
            store_, zone_, computer_.host, settings_,
            [this](PumpId pump, std::span<const nightscout::Document> documents,
                   std::span<const Store::Published> times) {
                for (const auto& document : documents)
                    times_.emplace(document.sequenceNumber, std::chrono::floor<seconds>(document.time));
                return store_.queueDocuments(pump, documents, times);
            },
            true, log_);
    }
    /// As a session does it: the clock is read, then history to its end, and again while that is wanted.
    void visit(const LivingPump& pump, bool readsTheClock) {
        if (readsTheClock) read(pump);
        fetch(pump);
        for (int attempt = 0; attempt < 5 && keeper_->wantsReading(pump_); ++attempt) {
            read(pump);
            fetch(pump);
        }
    }
    [[nodiscard]] const std::map<std::uint32_t, sys_seconds>& times() const { return times_; }
    [[nodiscard]] std::vector<HeldRecords> held() const { return heldRecords(store_, pump_.id, zone_); }

private:
    void read(const LivingPump& pump) { keeper_->read(pump_, {pump.local(), pump.now()}); }
    void fetch(const LivingPump& pump) {
        const auto& all = pump.records();
        if (fetched_ < all.size()) {
            store_.addRecords(pump_.id, {all.data() + fetched_, all.size() - fetched_}, pump.now());
            fetched_ = all.size();
        }
        keeper_->settle(pump_);
        publisher_->publish(pump_);
    }

    TemporaryDirectory directory_;
    Store store_{directory_ / "history.db"};
    therapy::Zone zone_ = therapy::Zone::find("Europe/Berlin").value();
    HostClockDouble computer_{store_, zone_};
    nightscout::MappingSettings settings_;
    PumpInfo pump_ = store_.pump("NG1234567H");
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::unique_ptr<ClockKeeper> keeper_;
    std::unique_ptr<Publisher> publisher_;
    std::size_t fetched_ = 0;
    std::map<std::uint32_t, sys_seconds> times_;
};

class Life {
public:
    explicit Life(unsigned seed) : random_(seed), pump_(1h + error(), static_cast<int>(below(7)) - 3) {}

    void run() {
        for (int i = 0; i < 12; ++i) pump_.step();
        for (int part = 0; part < 8; ++part) {
            const bool first = part % 3 != 2, second = part % 4 != 3; // who is connected
            if (below(5) == 0) bridges_[below(2)].restart();
            // Two changes of unknown size in one absence leave a segment that nobody can measure.
            bool unknown = !first || !second ? false : below(2) == 0;
            for (auto steps = 4 + below(16); steps > 0; --steps) {
                pump_.step();
                if (below(12) == 0) change(unknown);
                const bool hourly = below(4) == 0;
                if (first && below(3) != 0) bridges_[0].visit(pump_, hourly);
                if (second && below(3) != 0) bridges_[1].visit(pump_, hourly);
            }
        }
        if (pump_.lost()) pump_.set(1h + error());
        for (int i = 0; i < 6; ++i) {
            pump_.step();
            for (auto& bridge : bridges_) bridge.visit(pump_, true);
        }
    }

    void check() {
        for (const auto& bridge : bridges_) {
            for (const auto& [reason, count] : bridge.held())
                ADD_FAILURE() << count << " records are held: " << name(reason);
            std::optional<sys_seconds> before;
            std::size_t published = 0;
            for (const auto& [number, truth] : pump_.truth()) {
                const auto found = bridge.times().find(number);
                if (found == bridge.times().end()) continue;
                ++published;
                const seconds late = found->second - truth;
                EXPECT_LE(late, 31s) << number; // a second of drift since the last reading
                EXPECT_GE(late, -120s) << number;
                if (before) {
                    EXPECT_GT(found->second - *before, kStep - 120s) << number;
                }
                before = found->second;
            }
            EXPECT_EQ(published, pump_.truth().size());
        }
        for (const auto& [number, time] : bridges_[0].times()) {
            const auto other = bridges_[1].times().find(number);
            ASSERT_NE(other, bridges_[1].times().end()) << number;
            EXPECT_LE(std::chrono::abs(other->second - time), 120s) << number;
        }
    }

private:
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    /// Of a pump that somebody set by a watch, to the minute; seldom much worse.
    seconds error() { return below(6) == 0 ? seconds{below(1200)} - 600s : -seconds{below(60)}; }
    seconds anywhere() { return 30min * (static_cast<int>(below(48)) - 22) + error(); }

    void change(bool& unknown) {
        if (pump_.lost()) return pump_.set(1h + error());
        switch (below(unknown ? 6 : 3)) {
            case 0:
                return pump_.set(anywhere());
            case 1:
                return pump_.set(2h + error());
            case 2:
                return pump_.set(pump_.offset() + seconds{below(400)} - 200s);
            case 3:
                unknown = false;
                return pump_.lose();
            case 4:
                unknown = false;
                return pump_.setSilently(anywhere());
            default:
                unknown = false;
                return pump_.setUncounted(anywhere());
        }
    }

    std::mt19937 random_;
    LivingPump pump_;
    std::array<LivingBridge, 2> bridges_;
};

TEST(ClockLives, ArePublishedAtTheirTrueTimes) {
    const char* wanted = std::getenv("PUMP_BRIDGE_CLOCK_LIVES");
    const unsigned seeds = wanted == nullptr ? 3 : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
    for (unsigned seed = 1; seed <= seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Life life(seed);
        life.run();
        life.check();
    }
}

} // namespace
} // namespace bridge::test
