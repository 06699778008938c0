// SPDX-License-Identifier: MIT
#include "eventful_history.hpp"

#include <array>
#include <random>
#include <sstream>

#include "history_builder.hpp"

namespace nightscout::test {
namespace {

using history::BolusActivation;
using history::BolusType;

class Life {
public:
    explicit Life(std::uint32_t seed) : random_(seed) {}

    therapy::HistoryRun live(std::chrono::seconds last) {
        builder_.at(0s).therapyContext(true);
        for (; step_ + 5min < last; step_ += 5min) liveFiveMinutes();
        return builder_.run();
    }

private:
    /// True once in `n` times. The raw numbers of the engine, which are the same everywhere.
    bool onceIn(std::uint32_t n) { return random_() % n == 0; }
    std::int64_t milliUnits(std::uint32_t atMost) {
        return 25 * (1 + static_cast<std::int64_t>(random_() % (atMost / 25)));
    }

    void liveFiveMinutes() {
        if (step_ % 1h == 0s) reference();
        glucose();
        if (step_ % 4h < 3h && onceIn(2)) {
            builder_.at(step_ + 4s)
                .add(history::EventType::AutoBasalDelivery,
                     history::AutoBasalDelivery{static_cast<std::uint8_t>(id_++), units(50)});
        }
        if (onceIn(12)) fast(6s, BolusActivation::Commanded);
        if (onceIn(25)) meal();
        if (onceIn(30)) fast(60s, BolusActivation::Recommended);
        if (onceIn(60)) combo(80s);
        if (onceIn(40)) fingerStick();
        if (onceIn(50)) builder_.at(step_ + 250s).undecoded();
        changeDelivery();
        finish();
        alarm();
    }

    void stop(history::StoppedReason reason) {
        builder_.add(history::EventType::InsulinDeliveryStopped, history::InsulinDeliveryStopped{reason});
    }
    void restart(history::RestartedReason reason) {
        builder_.add(history::EventType::InsulinDeliveryRestarted, history::InsulinDeliveryRestarted{reason});
    }

    /// Modes, rates, suspensions short and long, set changes; now and then one half of a pair is missing.
    void changeDelivery() {
        using history::RestartedReason;
        using history::StoppedReason;
        builder_.at(step_ + 200s);
        if (onceIn(40)) {
            builder_.add(history::EventType::Cl1Transition,
                         history::Cl1Transition{static_cast<history::Cl1TransitionKind>(random_() % 6)});
        }
        if (onceIn(12)) {
            builder_.add(history::EventType::DeliveredBasalRateChanged,
                         history::DeliveredBasalRateChanged{0, units(850), units(milliUnits(1000)), {}});
        }
        if (onceIn(90)) {
            builder_.add(history::EventType::TbrAdjustmentStarted,
                         history::TbrAdjustmentStarted{0,
                                                       history::TbrType::Relative,
                                                       MedFloat::number(12, -1, MedFloat::Width::Sfloat),
                                                       60,
                                                       {}});
        }
        if (onceIn(50)) {
            constexpr std::array kReasons{1, 2, 3, 4, 5, 8, 10, 12};
            builder_.at(step_ + 205s);
            stop(static_cast<StoppedReason>(kReasons[random_() % kReasons.size()]));
            if (onceIn(3)) builder_.at(step_ + 260s), restart(RestartedReason::UserSelectsResume);
        }
        if (onceIn(90)) {
            builder_.at(step_ + 206s), stop(StoppedReason::UserSuspended);
            builder_.at(step_ + 240s), restart(RestartedReason::UserSelectsResume);
            builder_.at(step_ + 246s), stop(StoppedReason::NotSeated);
            if (!onceIn(4)) builder_.at(step_ + 270s), restart(RestartedReason::UserSelectsResume);
        }
        if (onceIn(30)) {
            builder_.at(step_ + 275s);
            restart(static_cast<RestartedReason>(1 + random_() % 7));
        }
    }

    void alarm() {
        if (!onceIn(15)) return;
        constexpr std::array<std::uint16_t, 16> kFaults{0,   7,   51,  84,  105, 108, 780, 802,
                                                        807, 811, 820, 822, 825, 833, 999, 200};
        const auto fault = kFaults[random_() % kFaults.size()];
        history::AnnunciationConsolidated event;
        event.flags = 3;
        event.instanceId = static_cast<std::uint16_t>(onceIn(5) ? alarms_ : ++alarms_);
        event.annunciationType = static_cast<std::uint16_t>(0xf000U + fault);
        event.timestamp = 0;
        builder_.at(step_ + 285s).add(history::EventType::AnnunciationConsolidated, event);
        if (onceIn(2)) {
            builder_.add(history::EventType::AnnunciationCleared,
                         history::AnnunciationCleared{fault, event.instanceId});
        }
    }

    void reference() {
        builder_.at(step_).add(history::EventType::NgpReferenceTime, history::NgpReferenceTime{});
        builder_.therapyContext(!onceIn(4), onceIn(8));
    }

    void glucose() {
        if (onceIn(20)) return; // lost, to be back-filled
        if (onceIn(30)) {
            for (int age = 30; age > 0; age -= 5) {
                builder_.at(step_ + 1s).glucose(value(), std::chrono::minutes(age));
            }
        }
        builder_.at(step_ + 1s).glucose(onceIn(15) ? 0x030d : onceIn(15) ? 0x0301 : value());
        builder_.at(step_ + 2s)
            .add(history::EventType::CgmAnalyticsDataBackfill, history::CgmAnalyticsDataBackfill{});
    }
    std::uint16_t value() { return static_cast<std::uint16_t>(60 + random_() % 300); }

    void meal() {
        builder_.at(step_ + 20s).meal(static_cast<int>(random_() % 80));
        if (onceIn(4)) return;
        if (onceIn(4)) builder_.at(step_ + 30s).tick();
        onceIn(8) ? combo(40s) : fast(40s, BolusActivation::ManuallyChangedRecommended);
    }

    struct Running {
        std::uint16_t id;
        BolusType type;
        std::int64_t fast, extended;
        std::uint16_t minutes;
        BolusActivation activation;
        std::chrono::seconds end;
    };

    void fast(std::chrono::seconds when, BolusActivation activation) {
        const auto id = static_cast<std::uint16_t>(id_++ % 256);
        const auto amount = milliUnits(10'000);
        if (!onceIn(15)) builder_.at(step_ + when).programmed(id, amount, activation);
        if (onceIn(20)) return; // never told
        const auto delivered = onceIn(10) ? 0 : onceIn(8) ? amount / 2 : amount;
        running_.push_back({id, BolusType::Fast, delivered, 0, 0, activation,
                            step_ + when + std::chrono::seconds(amount / 25)});
    }

    void combo(std::chrono::seconds when) {
        const auto id = static_cast<std::uint16_t>(id_++ % 256);
        const bool square = onceIn(2);
        const auto type = square ? BolusType::Extended : BolusType::Multiwave;
        const auto now = square ? 0 : milliUnits(4000);
        const auto later = milliUnits(4000);
        const auto minutes = static_cast<std::uint16_t>(30 * (1 + random_() % 16));
        if (!onceIn(6)) builder_.at(step_ + when).programmedCombo(id, type, now, later, minutes);
        const bool stopped = onceIn(3);
        running_.push_back({id, type, now, stopped ? later / 3 : later,
                            static_cast<std::uint16_t>(stopped ? minutes / 3 : minutes),
                            BolusActivation::Recommended, step_ + when + std::chrono::minutes(minutes)});
    }

    void finish() {
        std::erase_if(running_, [this](const Running& bolus) {
            if (bolus.end > step_ + 280s) return false;
            builder_.at(step_ + 280s);
            if (bolus.type == BolusType::Fast) {
                builder_.delivered(bolus.id, bolus.fast, bolus.activation);
            } else {
                builder_.deliveredCombo(bolus.id, bolus.type, bolus.fast, bolus.extended, bolus.minutes);
            }
            return true;
        });
    }

    void fingerStick() {
        const int milligrams = 50 + static_cast<int>(random_() % 300);
        if (!onceIn(5)) builder_.at(step_ + 150s).bgReading(milligrams);
        if (!onceIn(3)) builder_.at(step_ + 162s).calibration(milligrams, !onceIn(3));
    }

    std::mt19937 random_;
    HistoryBuilder builder_;
    std::chrono::seconds step_{0};
    std::uint32_t id_ = 0;
    std::uint32_t alarms_ = 0;
    std::vector<Running> running_;
};

} // namespace

therapy::HistoryRun eventfulHistory(std::uint32_t seed, std::chrono::seconds last) {
    return Life(seed).live(last);
}

therapy::HistoryRun everyEvent() {
    HistoryBuilder builder(90000);
    std::istringstream lines(readData("every_event.hex"));
    auto now = 0s;
    for (std::string line; std::getline(lines, line);) {
        if (line.front() == '#') continue;
        const auto record = history::decode(*protocol::fromHex(line));
        if (!record) throw std::runtime_error("not a record: " + line);
        builder.at(now += 60s);
        builder.add(static_cast<history::EventType>(record->header.eventType), record->data);
    }
    builder.at(now + 24h).tick();
    return builder.run();
}

} // namespace nightscout::test
