// SPDX-License-Identifier: MIT
#include "virtual_pump/generator_oddities.hpp"

#include <array>

namespace virtual_pump::generator {

namespace history = protocol::history;
using protocol::Bytes;
using protocol::MedFloat;

namespace {

MedFloat small(int mantissa, std::int8_t exponent) {
    return MedFloat::number(mantissa, exponent, MedFloat::Width::Sfloat);
}

/// What the specification lists and the vendor does not use: settings, states, templates.
std::vector<EventData> specificationEvents() {
    namespace h = history;
    using Pair = std::array<std::uint8_t, 2>;
    return {
        h::BolusCalculatedPart1{small(45, -1), small(8, -1), small(0, 0), small(0, 0)},
        h::BolusCalculatedPart2{small(45, -1), small(8, -1), small(0, 0), small(0, 0)},
        h::ProfileTemplateActivated{h::ProfileTemplateType::BasalRate, 1, 1},
        h::BasalRateTimeBlockChanged{2, 1, 1440, small(75, -2)},
        h::IsfTimeBlockChanged{1, 1, 1440, small(45, 0)},
        h::CarbRatioTimeBlockChanged{1, 1, 1440, small(85, -1)},
        h::TargetRangeTimeBlockChanged{1, 1, 1440, small(100, 0), small(120, 0)},
        h::TherapyControlStateChanged{h::TherapyControlState::Run, h::TherapyControlState::Run},
        h::OperationalStateChanged{h::OperationalState::Ready, h::OperationalState::Ready},
        h::ReservoirRemainingAmountChanged{small(1505, -1)},
        h::AnnunciationStatusChangedPart1{h::AnnunciationStatusChangedPart1::Aux1,
                                          9,
                                          0x0066,
                                          h::AnnunciationStatus::Pending,
                                          {Pair{0xe8, 0x03}, std::nullopt}},
        h::AnnunciationStatusChangedPart2{h::AnnunciationStatusChangedPart2::Aux3,
                                          {Pair{0xaa, 0xbb}, std::nullopt, std::nullopt}},
        h::BolusTemplateChangedPart1{1, h::BolusType::Fast, small(25, -1), small(0, 0), 0},
        h::BolusTemplateChangedPart2{h::BolusTemplateChangedPart2::ReasonMeal, std::nullopt},
        h::TbrTemplateChanged{1, h::TbrType::Relative, small(8, -1), 60},
        h::PointerEvent{},
        h::UnknownEvent{Bytes{0xde, 0xad, 0xbe, 0xef, 0x01}},
    };
}

void addTemporaryRate(Diary& diary, const Steps& steps, LocalSeconds begin) {
    using history::TbrType;
    const auto rateAt = [&](LocalSeconds time, int percentBefore, int percentAfter) {
        const int pattern = patternRate(time);
        diary.add(time, history::DeliveredBasalRateChanged{
                            history::DeliveredBasalRateChanged::Context, rate(pattern * percentBefore / 100),
                            rate(pattern * percentAfter / 100), history::BasalDeliveryContext::DeviceBased});
    };
    const LocalSeconds changed = steps.quiet(begin + minutes{20});
    const LocalSeconds ended = steps.quiet(begin + minutes{50});
    diary.add(begin, history::TbrAdjustmentStarted{0, TbrType::Relative, small(12, -1), 60, std::nullopt});
    rateAt(begin, 100, 120);
    diary.add(changed,
              history::TbrAdjustmentChanged{0, TbrType::Relative, small(14, -1), 40, 20, std::nullopt});
    rateAt(changed, 120, 140);
    diary.add(ended, history::TbrAdjustmentEnded{0, TbrType::Relative, 50, history::TbrEndReason::Canceled,
                                                 std::nullopt, std::nullopt});
    rateAt(ended, 140, 100);
}

} // namespace

void addRarities(Diary& diary, const Steps& steps, LocalSeconds time) {
    const LocalSeconds begin = steps.inside(time, seconds{40});
    seconds after{0};
    for (EventData& event : specificationEvents()) {
        // The two parts of one event have one time.
        const bool second = std::holds_alternative<history::BolusCalculatedPart2>(event) ||
                            std::holds_alternative<history::AnnunciationStatusChangedPart2>(event) ||
                            std::holds_alternative<history::BolusTemplateChangedPart2>(event);
        if (!second) after += seconds{8};
        diary.add(begin + after, std::move(event));
    }
    const LocalSeconds next = steps.inside(time + Steps::kStep, seconds{60});
    history::TotalDailyInsulinDelivery total;
    const auto yesterday = protocol::DateTime::from(next - hours{24});
    total.bolus = small(241, -1);
    total.basal = small(187, -1);
    total.year = yesterday.year;
    total.month = yesterday.month;
    total.day = yesterday.day;
    diary.add(next, total);
    const MedFloat bg = MedFloat::number(305, -5, MedFloat::Width::Sfloat);
    diary.add({next + seconds{20}, history::BgReading{0, bg}, next + seconds{20}});
    diary.add({next + seconds{32}, history::CalibrationRejected{0, bg}, next + seconds{20}});
}

void addManualHours(Diary& diary, const Steps& steps, LocalSeconds begin, LocalSeconds end) {
    using history::BolusActivation;
    using history::BolusType;
    using history::Cl1TransitionKind;
    Therapist therapist(diary, steps);
    const auto at = [&](minutes after) { return steps.inside(begin + after, seconds{90}); };
    diary.add(at(minutes{0}), history::Cl1Transition{Cl1TransitionKind::OutUserOverride});
    addTemporaryRate(diary, steps, at(minutes{10}));
    therapist.bolus({.time = at(minutes{65}),
                     .type = BolusType::Extended,
                     .extended = 3500,
                     .duration = minutes{60},
                     .activation = BolusActivation::Manual});
    therapist.bolus({.time = at(minutes{130}),
                     .type = BolusType::Multiwave,
                     .fast = 4000,
                     .extended = 2500,
                     .duration = minutes{45},
                     .activation = BolusActivation::ManuallyChangedRecommended,
                     .mealGrams = 55});
    therapist.bolus(
        {.time = at(minutes{185}), .fast = 2000, .activation = BolusActivation::Manual, .stoppedAfter = 0});
    therapist.bolus({.time = at(minutes{195}), .fast = 1500, .mealGrams = 20, .stoppedAfter = 0});
    therapist.bolus({.time = at(minutes{210}), .fast = 8000, .mealGrams = 80, .stoppedAfter = 3525});
    // In the last manual step: the next one is SmartGuard's, and may begin with a correction.
    diary.add(steps.inside(end - Steps::kStep, seconds{90}),
              history::Cl1Transition{Cl1TransitionKind::IntoAuto});
}

void addAlarms(Diary& diary, const Steps& steps, LocalSeconds time) {
    struct Alarm {
        std::uint16_t faultId;
        Bytes aux;
    };
    const std::vector<Alarm> alarms{
        {105, {0x14, 0x00, 0x00, 0x00}}, // low reservoir, 20 U
        {104, {}},                       // low battery
        {84, {}},                        // insert battery
        {7, {0x01, 0x00}},               // no delivery
        {108, {0x03, 0x00}},             // personal reminder
        {109, {0x03, 0x00}},             // set change reminder, 3 days
        {816, {0x2c, 0x01}},             // high sensor glucose, 300 mg/dL
        {117, {0x0f, 0x0a, 0x00, 0x04}}, // active insulin cleared
        {140, {0x01, 0x02, 0x03, 0x04}}, // with bytes that nobody can read
        {1999, {}},                      // not in any list
    };
    Therapist therapist(diary, steps);
    minutes after{0};
    for (const Alarm& alarm : alarms) {
        const Handle handle =
            therapist.raise(steps.inside(time + after, seconds{50}), alarm.faultId, alarm.aux);
        therapist.clear(steps.inside(time + after, seconds{185}), alarm.faultId, handle);
        after += minutes{5};
    }
}

} // namespace virtual_pump::generator
