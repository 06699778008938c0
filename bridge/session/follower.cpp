// SPDX-License-Identifier: MIT
#include "bridge/session/follower.hpp"

#include <spdlog/logger.h>

#include <cmath>
#include <utility>

namespace bridge {

namespace idd = protocol::idd;
using ble::PumpCharacteristic;

Follower::Follower(ble::PumpLink& link, ValueQueue& values, Store& store, PumpInfo pump, Settings settings,
                   Clocks clocks, MeasureClock measureClock, SessionListener& listener, Enter enter,
                   spdlog::logger& log)
    : values_(values),
      store_(store),
      pump_(std::move(pump)),
      clocks_(std::move(clocks)),
      measureClock_(std::move(measureClock)),
      listener_(listener),
      enter_(std::move(enter)),
      log_(log),
      history_(link, values, settings.report, clocks_.steady),
      sync_(store, history_, settings.sync, {clocks_.utc, clocks_.steady}, listener, log),
      live_(link, values, settings.answerInactivity, log),
      plan_(settings.follow, now()) {
    const auto other = [this](const ble::ValueArrived& value) { note(value); };
    history_.onOtherValue(other);
    live_.onOtherValue(other);
    sync_.onPause([this] { return attendPresent(); });
}

asio::awaitable<void> Follower::run() {
    co_await history_.subscribe();
    co_await live_.subscribe();
    co_await readDisplayFormat();
    enter_(SessionStage::Syncing);
    plan_.done(Item::Clock, now()); // measured before
    bool following = false;
    for (;;) {
        co_await attend();
        listener_.progressed();
        if (!std::exchange(following, true)) enter_(SessionStage::Following);
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(plan_.next() - now());
        if (indicated_.flags != 0 || wait <= std::chrono::milliseconds::zero()) continue;
        const auto value = co_await values_.pop(wait);
        if (value) note(*value);
    }
}

void Follower::note(const ble::ValueArrived& value) {
    if (value.characteristic != PumpCharacteristic::IddStatusChanged) {
        log_.debug("live: {} outside a procedure, {} bytes", ble::info(value.characteristic).name,
                   value.value.size());
        return;
    }
    const auto changes = idd::parseStatusChanged(value.value);
    if (!changes.has_value()) {
        log_.warn("live: status changed {}: {}", protocol::toHex(value.value),
                  protocol::toString(changes.error()));
        return;
    }
    log_.debug("live: changed 0x{:x}", changes->flags);
    indicated_ = indicated_ | *changes;
}

bool Follower::take(Item item) {
    if (!plan_.isDue(item, now())) return false;
    plan_.done(item, now());
    return true;
}

template <typename Value>
void Follower::keep(std::optional<Value> read, std::optional<Value>& kept) {
    if (read) {
        status_.readAt = clocks_.utc();
        news_ = true;
    }
    kept = std::move(read);
}

// The reset comes before the reads: what changes between a read and a later reset would be cleared unseen,
// and a pump writes the records of one glucose value over several seconds.
asio::awaitable<void> Follower::answerChanges() {
    while (auto value = values_.tryPop()) note(*value);
    if (indicated_.flags == 0) co_return;
    const auto changes = std::exchange(indicated_, {});
    plan_.note(changes, now());
    const bool confirmed = co_await live_.resetStatus(FollowPlan::toReset(changes));
    if (!confirmed) log_.debug("live: the pump did not confirm the reset");
}

asio::awaitable<void> Follower::attend() {
    plan_.wake(now());
    if (take(Item::Changes)) {
        const auto latched = co_await live_.changes();
        if (latched) indicated_ = indicated_ | *latched;
    }
    co_await answerChanges();
    if (!plan_.anyDue(now())) {
        if (listener_.clockWanted(pump_)) co_await settleClock();
        co_return;
    }
    co_await readMeasurement();
    const bool complete = co_await readHistory();
    co_await readState();
    if (complete) listener_.synced(pump_);
}

// In the middle of a long history.
asio::awaitable<void> Follower::attendPresent() {
    co_await answerChanges();
    co_await readMeasurement();
    if (take(Item::NewRecords)) co_await sync_.runNewest(pump_);
    co_await settleClock();
    co_await readState();
}

asio::awaitable<void> Follower::readState() {
    co_await readTherapy();
    co_await readRoutine();
    if (std::exchange(news_, false)) listener_.statusRead(pump_, status_);
}

asio::awaitable<void> Follower::readMeasurement() {
    // A record may be indicated just before its measurement: its trend is there already.
    constexpr std::chrono::seconds kNearlyNext{270};
    const bool expected = status_.measurement && plan_.isDue(Item::NewRecords, now()) &&
                          now() - newMeasurementAt_ > kNearlyNext;
    if (!take(Item::Measurement) && !expected) co_return;
    if (!status_.sessionStart) co_await readSession();
    const auto measurement = co_await live_.measurement();
    const auto& before = status_.measurement;
    if (measurement && before && measurement->timeOffsetMinutes < before->timeOffsetMinutes)
        co_await readSession(); // another sensor
    if (measurement && (!before || measurement->timeOffsetMinutes != before->timeOffsetMinutes))
        newMeasurementAt_ = now();
    if (measurement) keepTrend(*measurement);
    keep(measurement, status_.measurement);
}

void Follower::keepTrend(const protocol::cgm::Measurement& measurement) {
    if (!status_.sessionStart || !measurement.trend || !measurement.trend->isNumber()) return;
    const auto sampled = status_.sessionStart->sampleTime(measurement.timeOffsetMinutes);
    const auto milligrams = measurement.glucoseMgDl();
    if (!sampled || !milligrams) return;
    const auto rate = std::lround(measurement.trend->toDouble() * 1000);
    store_.addTrend(pump_.id, {*sampled, static_cast<std::int32_t>(rate), *milligrams});
}

asio::awaitable<bool> Follower::readHistory() {
    bool all = take(Item::AllRecords);
    const bool newest = take(Item::NewRecords);
    const bool fetched = all || newest;
    if (newest && !all) {
        const bool came = co_await sync_.runNewest(pump_);
        all = !came;
    }
    if (all) {
        co_await sync_.run(pump_);
        plan_.done(Item::AllRecords, now());
    }
    if (fetched) co_await settleClock();
    co_return all;
}

// A reading counts only between two looks at the end of the history.
asio::awaitable<void> Follower::measureClock() {
    co_await measureClock_();
    co_await sync_.runNewest(pump_);
    listener_.clockBracketed(pump_);
}

asio::awaitable<void> Follower::settleClock() {
    constexpr int kAttempts = 5; // docs/nightscout/mapping.md 5.3
    listener_.clockBracketed(pump_);
    const auto wanted = [this] { return listener_.clockWanted(pump_); };
    if (!wanted()) clockAttempts_ = 0;
    while (wanted() && clockAttempts_ < kAttempts) {
        ++clockAttempts_;
        co_await measureClock();
    }
}

asio::awaitable<void> Follower::readTherapy() {
    if (take(Item::Status)) co_await readDelivery();
    if (take(Item::Annunciation)) {
        keep(co_await live_.annunciation(), status_.annunciation);
        status_.annunciationReadAt = clocks_.utc();
    }
    if (take(Item::Algorithm)) {
        keep(co_await live_.algorithm(), status_.algorithm);
        status_.algorithmReadAt = clocks_.utc();
    }
    if (take(Item::InsulinOnBoard)) keep(co_await live_.insulinOnBoard(), status_.insulinOnBoard);
    if (take(Item::Boluses)) keep(co_await live_.activeBoluses(), status_.activeBoluses);
    if (take(Item::Basal)) keep(co_await live_.basal(), status_.basal);
}

// A suspension is shown once it has lasted two minutes, which nothing indicates
// (docs/nightscout/mapping.md 8.6).
asio::awaitable<void> Follower::readDelivery() {
    constexpr std::chrono::seconds kAgain{31};
    constexpr std::chrono::minutes kUndecided{4};
    keep(co_await live_.status(), status_.status);
    status_.statusReadAt = clocks_.utc();
    const auto& read = status_.status;
    const bool stopped = read && read->therapyControlState != protocol::history::TherapyControlState::Run;
    if (!stopped) stoppedAt_.reset();
    if (stopped && !stoppedAt_) stoppedAt_ = now();
    if (stopped && now() - *stoppedAt_ < kUndecided) plan_.want(Item::Status, now() + kAgain);
}

asio::awaitable<void> Follower::readDisplayFormat() {
    therapy::PumpStatus format;
    format.displayFormat = co_await live_.displayFormat();
    format.readAt = clocks_.utc();
    if (format.displayFormat) listener_.displayFormatRead(pump_, format);
}

asio::awaitable<void> Follower::readRoutine() {
    if (plan_.isDue(Item::Session, now())) co_await readSession();
    if (take(Item::Batteries)) {
        keep(co_await live_.batteryPercent(), status_.batteryPercent);
        keep(co_await live_.transmitterBatteryPercent(), status_.transmitterBatteryPercent);
    }
    if (take(Item::Clock)) {
        clockAttempts_ = 0;
        co_await measureClock();
    }
}

asio::awaitable<void> Follower::readSession() {
    plan_.done(Item::Session, now());
    keep(co_await live_.sessionStart(), status_.sessionStart);
    keep(co_await live_.sessionRunTime(), status_.sessionRunTime);
}

} // namespace bridge
