// SPDX-License-Identifier: MIT
// A life on SmartGuard, five minutes at a time. Volumes and order of records: docs/protocol/history.md 6, 7,
// 9 and 13.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "virtual_pump/generator_glucose.hpp"
#include "virtual_pump/generator_oddities.hpp"
#include "virtual_pump/generator_therapy.hpp"
#include "virtual_pump/history_source.hpp"

namespace virtual_pump {

namespace {

using namespace generator;
using protocol::MedFloat;
namespace history = protocol::history;

constexpr MilliUnits kPulse = 25; // the least that the pump can deliver

constexpr std::uint16_t kSensorStarting = 0x0301;
constexpr std::uint16_t kSensorUpdating = 0x0303;
constexpr std::uint16_t kAbove400 = 0x0308;
constexpr std::uint16_t kBelow50 = 0x030d;

/// What a sensor of 50 to 400 mg/dL makes of it.
std::uint16_t sensorValue(double mgDl) {
    if (mgDl > 400) return kAbove400;
    if (mgDl < 50) return kBelow50;
    return static_cast<std::uint16_t>(std::lround(mgDl));
}
bool isMeasured(std::uint16_t value) {
    return value < kSensorStarting;
}

MilliUnits inPulses(double milliUnits) {
    return static_cast<MilliUnits>(milliUnits / kPulse) * kPulse;
}

class Life {
public:
    explicit Life(const GeneratorSettings& settings)
        : settings_(settings),
          end_(settings.end),
          start_(settings.end - std::chrono::days{settings.days}),
          dice_(settings.seed),
          steps_(settings.end),
          therapist_(diary_, steps_),
          glucose_(dice_) {}

    std::vector<protocol::Bytes> live() {
        planSpecials();
        planDays();
        planReferences();
        therapist_.pattern(start_, end_);
        for (auto step = steps_.floor(start_) + Steps::kStep; step <= end_; step += Steps::kStep) live(step);
        return diary_.close(
            {start_, end_, references_.front(), settings_.firstSequenceNumber, rate(patternRate(start_))});
    }

private:
    // --- what will happen ---
    void planSpecials();
    void planSetChange(LocalSeconds time);
    void planSensorLoss(LocalSeconds time);
    void planLow(LocalSeconds time);
    void planNewSensor(LocalSeconds time);
    void planHigh(LocalSeconds time);
    void planUserSuspension(LocalSeconds time);
    void planDays();
    void planMeal(LocalSeconds time, int grams);
    void planReferences();

    // --- what happens ---
    void live(LocalSeconds step);
    std::uint16_t measure(LocalSeconds step);
    void log(LocalSeconds logged, LocalSeconds sample, std::uint16_t value, seconds analyticsAfter);
    void deliver(LocalSeconds step, std::uint16_t value, seconds analyticsAfter);
    void correct(LocalSeconds time, std::uint16_t value);
    [[nodiscard]] seconds analyticsDelay(LocalSeconds step);

    GeneratorSettings settings_;
    LocalSeconds end_, start_;
    Dice dice_;
    Steps steps_;
    Diary diary_;
    Therapist therapist_;
    Glucose glucose_;

    std::vector<Span> manual_, suspended_, signalLost_, warmingUp_;
    std::vector<LocalSeconds> references_; ///< the first one lies before the start

    struct Missed {
        LocalSeconds sample;
        std::uint16_t value;
    };
    std::vector<Missed> missed_;
    double owed_ = 0; ///< thousandths of a unit that automatic basal has not delivered yet
    std::optional<LocalSeconds> lastCorrection_;
};

/// Each window of 24 hours from the start has one or more specials, at hours that do not touch each other;
/// with fewer days they share.
void Life::planSpecials() {
    const int cycle = std::min(settings_.days, 5);
    for (int day = 0; day < settings_.days; ++day) {
        const LocalSeconds window = start_ + std::chrono::days{day};
        const auto turn = [&](int special) { return day % cycle == special % cycle; };
        if (day % 3 == 0) planSetChange(window + minutes{390});
        if (turn(1)) {
            const Span hoursOff{steps_.floor(window + minutes{90}), steps_.floor(window + minutes{330})};
            manual_.push_back(hoursOff);
            addManualHours(diary_, steps_, hoursOff.begin, hoursOff.end);
        }
        if (turn(2)) planSensorLoss(window + minutes{480});
        if (turn(3)) planLow(window + minutes{600});
        if (turn(4)) planNewSensor(window + minutes{750});
        if (turn(2)) planHigh(window + minutes{930});
        if (turn(0)) addRarities(diary_, steps_, window + minutes{1140});
        if (turn(4)) planUserSuspension(window + minutes{1200});
        if (turn(3)) addAlarms(diary_, steps_, window + minutes{1260});
    }
}

void Life::planSetChange(LocalSeconds time) {
    therapist_.setChange(time);
    const LocalSeconds step = steps_.floor(time);
    suspended_.push_back({step, step + Steps::kStep});
}

void Life::planSensorLoss(LocalSeconds time) {
    constexpr std::uint16_t kLostSensorSignal = 780;
    const Span span{steps_.floor(time), steps_.floor(time + minutes{35})};
    signalLost_.push_back(span);
    const Handle alarm =
        therapist_.raise(steps_.inside(span.begin + minutes{10}, seconds{70}), kLostSensorSignal);
    therapist_.clear(steps_.inside(span.end, seconds{40}), kLostSensorSignal, alarm);
}

/// Below 50 mg/dL, and delivery stopped for it.
void Life::planLow(LocalSeconds time) {
    constexpr std::uint16_t kAlertOnLow = 802;
    constexpr std::uint16_t kSuspendBeforeLow = 811;
    constexpr std::uint16_t kResumed = 807;
    const LocalSeconds begin = steps_.floor(time);
    const LocalSeconds stop = steps_.inside(begin + minutes{15}, seconds{45});
    const LocalSeconds restart = steps_.inside(begin + minutes{60}, seconds{45});
    glucose_.addExcursion({begin, begin + minutes{90}}, 46);
    suspended_.push_back({steps_.floor(stop), steps_.floor(restart) + Steps::kStep});
    const Handle before = therapist_.raise(stop, kSuspendBeforeLow);
    diary_.add(stop, history::InsulinDeliveryStopped{history::StoppedReason::PredictedLowSgSuspended});
    const std::array<std::uint8_t, 2> sg{62, 0};
    const Handle low = therapist_.raise(steps_.inside(begin + minutes{25}, seconds{60}), kAlertOnLow, sg);
    therapist_.clear(steps_.inside(begin + minutes{25}, seconds{110}), kAlertOnLow, low);
    diary_.add(restart, history::InsulinDeliveryRestarted{history::RestartedReason::LowAutoResumeSg});
    const auto clock = protocol::DateTime::from(restart);
    const std::array<std::uint8_t, 2> when{clock.minute, clock.hour};
    const Handle resumed = therapist_.raise(restart, kResumed, when);
    therapist_.clear(restart + seconds{30}, kSuspendBeforeLow, before);
    therapist_.clear(restart + seconds{34}, kResumed, resumed);
}

void Life::planNewSensor(LocalSeconds time) {
    constexpr std::uint16_t kSensorExpired = 794;
    constexpr std::uint16_t kWarmUpStarted = 799;
    const Span span{steps_.floor(time), steps_.floor(time + minutes{120})};
    warmingUp_.push_back(span);
    const Handle expired =
        therapist_.raise(steps_.inside(span.begin - minutes{10}, seconds{40}), kSensorExpired);
    therapist_.clear(steps_.inside(span.begin - minutes{5}, seconds{40}), kSensorExpired, expired);
    const Handle started = therapist_.raise(steps_.inside(span.begin, seconds{40}), kWarmUpStarted);
    therapist_.clear(steps_.inside(span.begin, seconds{60}), kWarmUpStarted, started);
}

/// Carbohydrates without a bolus, above 400 mg/dL, and the correction.
void Life::planHigh(LocalSeconds time) {
    constexpr std::uint16_t kAlertOnHigh = 816;
    const LocalSeconds begin = steps_.floor(time);
    therapist_.meal(steps_.inside(begin, seconds{90}), 35);
    glucose_.addExcursion({begin, begin + minutes{150}}, 414);
    const std::array<std::uint8_t, 2> sg{0x2c, 0x01};
    const Handle high = therapist_.raise(steps_.inside(begin + minutes{35}, seconds{60}), kAlertOnHigh, sg);
    therapist_.clear(steps_.inside(begin + minutes{40}, seconds{60}), kAlertOnHigh, high);
    therapist_.bolus({.time = steps_.inside(begin + minutes{45}, seconds{120}), .fast = 4250});
    therapist_.fingerStick(steps_.inside(begin + minutes{50}, seconds{50}), 408, false);
}

void Life::planUserSuspension(LocalSeconds time) {
    const LocalSeconds stop = steps_.inside(time, seconds{100});
    const LocalSeconds restart = steps_.inside(time + minutes{25}, seconds{80});
    suspended_.push_back({steps_.floor(stop), steps_.floor(restart) + Steps::kStep});
    diary_.add(stop, history::InsulinDeliveryStopped{history::StoppedReason::UserSuspended});
    diary_.add(restart, history::InsulinDeliveryRestarted{history::RestartedReason::UserSelectsResume});
}

void Life::planDays() {
    struct Habit {
        minutes time;
        int grams;
    };
    constexpr std::array<Habit, 5> kMeals{{{minutes{435}, 45},
                                           {minutes{600}, 15},
                                           {minutes{755}, 65},
                                           {minutes{945}, 20},
                                           {minutes{1145}, 70}}};
    const auto aroundFive = [&](int value, int spread) { return value + dice_.between(-spread, spread); };
    const auto firstDay = std::chrono::floor<std::chrono::days>(start_);
    for (auto day = firstDay; day <= end_; day += std::chrono::days{1}) {
        for (const Habit& habit : kMeals) {
            const minutes shift{dice_.between(-20, 20)};
            planMeal(day + habit.time + shift, aroundFive(habit.grams, habit.grams / 4));
        }
        // A correction through the bolus calculator, which logs a meal of 0 g.
        const Bolus correction{.time = steps_.quiet(day + minutes{aroundFive(1330, 15)} + seconds{7}),
                               .fast = kPulse * dice_.between(20, 60),
                               .mealGrams = 0};
        const LocalSeconds morning = steps_.quiet(day + minutes{aroundFive(422, 8)} + seconds{23});
        const int fingerStick = aroundFive(125, 15);
        if (correction.time > start_ && correction.time + minutes{10} < end_ &&
            !containedInAny(suspended_, correction.time)) {
            therapist_.bolus(correction);
        }
        therapist_.fingerStick(morning, fingerStick, true);
    }
}

void Life::planMeal(LocalSeconds time, int grams) {
    constexpr double kGramsPerUnit = 9;
    while (containedInAny(suspended_, time) || containedInAny(suspended_, time + minutes{5}))
        time += minutes{10};
    time = steps_.quiet(time + seconds{dice_.between(0, 59)});
    const bool byHand = dice_.between(0, 4) == 0;
    const Bolus bolus{.time = time,
                      .fast = inPulses(1000 * grams / kGramsPerUnit),
                      .activation = byHand ? history::BolusActivation::ManuallyChangedRecommended
                                           : history::BolusActivation::Recommended,
                      .mealGrams = grams};
    if (time <= start_ || time + minutes{10} >= end_) return;
    therapist_.bolus(bolus);
    glucose_.addMeal(time, grams, true);
}

void Life::planReferences() {
    constexpr hours kPeriod{1};
    constexpr std::size_t kOfSpecification = 30; // one that follows the specification's layout
    const seconds beforeEnd = Steps::kStep * dice_.between(1, 11) + seconds{dice_.between(60, 240)};
    LocalSeconds time = end_ - beforeEnd;
    while (time >= start_) time -= kPeriod;
    for (; time <= end_; time += kPeriod) references_.push_back(time);
    const std::size_t ofSpecification = std::min(kOfSpecification, references_.size() - 1);
    constexpr auto kReason = history::RecordingReason::Periodic;
    for (std::size_t i = 1; i < references_.size(); ++i) {
        const auto date = protocol::DateTime::from(references_[i]);
        if (i != ofSpecification) {
            diary_.add(references_[i], history::NgpReferenceTime{kReason, date});
            continue;
        }
        // The damaged record comes just before: what follows it has a reference again at once.
        diary_.add(steps_.quiet(references_[i] - seconds{3}), history::DataCorruption{});
        diary_.add(references_[i], history::ReferenceTime{kReason, date, 4, 0});
        diary_.add(steps_.quiet(references_[i] + seconds{9}),
                   history::ReferenceTimeBaseOffset{kReason, date, 0});
    }
}

void Life::live(LocalSeconds step) {
    const std::uint16_t value = measure(step);
    if (containedInAny(signalLost_, step)) {
        missed_.push_back({step, value});
        return;
    }
    for (const Missed& missed : missed_) log(step, missed.sample, missed.value, seconds{0});
    missed_.clear();
    const seconds delay = analyticsDelay(step);
    log(step, step, value, delay);
    deliver(step, value, delay);
}

std::uint16_t Life::measure(LocalSeconds step) {
    const std::uint16_t value = sensorValue(glucose_.next(step));
    for (const Span& span : warmingUp_) {
        if (span.contains(step)) return step < span.end - minutes{20} ? kSensorStarting : kSensorUpdating;
    }
    return value;
}

/// The analytics of most values come in the same second; nothing may come between them.
seconds Life::analyticsDelay(LocalSeconds step) {
    const bool late = dice_.between(0, 2) == 0;
    const auto intoHour = step - std::chrono::floor<hours>(step);
    const bool nearTheHour = intoHour < seconds{2} || intoHour > seconds{3590};
    return late && !nearTheHour && step < end_ ? seconds{1} : seconds{0};
}

void Life::log(LocalSeconds logged, LocalSeconds sample, std::uint16_t value, seconds analyticsAfter) {
    history::SgMeasurement sg;
    sg.sgRaw = value;
    sg.isig = static_cast<std::uint16_t>(isMeasured(value) ? value * 16 + dice_.between(-40, 40) : 610);
    sg.vCounter = static_cast<std::int16_t>(dice_.between(-60, 20));
    diary_.add({logged, sg, sample});
    const int predicted = isMeasured(value) ? value + dice_.between(-9, 9) : 0;
    history::CgmAnalyticsDataBackfill analytics;
    analytics.predictedSg = MedFloat::number(predicted, 0, MedFloat::Width::Sfloat);
    diary_.add({logged + analyticsAfter, analytics, sample});
}

/// In each step a correction, or some basal, or nothing.
void Life::deliver(LocalSeconds step, std::uint16_t value, seconds analyticsAfter) {
    constexpr int kCorrectAbove = 125; // mg/dL
    constexpr minutes kBetweenCorrections{10};
    constexpr MilliUnits kMaxBasal = 125;
    if (containedInAny(manual_, step) || containedInAny(suspended_, step) || step + minutes{2} > end_) return;
    const double mgDl = value == kAbove400 ? 400 : value == kBelow50 ? 50 : value;
    const bool known = isMeasured(value) || value == kAbove400 || value == kBelow50;
    const bool rested = !lastCorrection_ || step - *lastCorrection_ >= kBetweenCorrections;
    if (known && mgDl > kCorrectAbove && rested) {
        lastCorrection_ = step;
        return correct(step + analyticsAfter, static_cast<std::uint16_t>(mgDl));
    }
    // Without a glucose value the pattern's rate, else more or less of it.
    const double share = known ? std::clamp((mgDl - 85) / 30, 0.0, 2.0) : 1.0;
    owed_ += share * patternRate(step) / 12;
    const MilliUnits due = std::min(inPulses(owed_), kMaxBasal);
    if (due == 0) return;
    owed_ = std::min(owed_ - due, 2.0 * kPulse);
    const LocalSeconds time = step + analyticsAfter + seconds{dice_.between(1, 6)};
    diary_.add(time, history::AutoBasalDelivery{0, MedFloat::number(due * 10000, -7)});
}

void Life::correct(LocalSeconds time, std::uint16_t value) {
    const MilliUnits wanted = inPulses((value - 115) * 8.0 + kPulse * dice_.between(0, 4));
    therapist_.bolus({.time = time,
                      .fast = std::clamp(wanted, 4 * kPulse, 48 * kPulse),
                      .activation = history::BolusActivation::Commanded});
}

} // namespace

std::vector<protocol::Bytes> generateHistory(const GeneratorSettings& settings) {
    return Life(settings).live();
}

} // namespace virtual_pump
