// SPDX-License-Identifier: MIT
#include "virtual_pump/generator_therapy.hpp"

#include <array>

namespace virtual_pump::generator {

namespace history = protocol::history;
using protocol::MedFloat;

namespace {

std::uint16_t count(minutes duration) {
    return static_cast<std::uint16_t>(duration.count());
}

MedFloat kilogramsPerLitre(int mgDl) {
    return MedFloat::number(mgDl, -5, MedFloat::Width::Sfloat);
}

constexpr std::uint16_t kBolusStopped = 51;

history::BolusDeliveredPart2 deliveredPart2(const Bolus& bolus, bool hasAlarm) {
    using Part2 = history::BolusDeliveredPart2;
    Part2 part;
    unsigned flags = Part2::ActivationType | Part2::EndReason;
    if (hasAlarm) flags |= Part2::AnnunciationInstanceId;
    part.flags = static_cast<std::uint8_t>(flags);
    part.activationType = bolus.activation;
    part.endReason = history::BolusEndReason::Undetermined;
    return part;
}

/// 15 IU a minute (quick), and what the motor needs to get going.
seconds fastDelivery(MilliUnits milliUnits) {
    return seconds{2 + milliUnits / 250};
}

} // namespace

MedFloat amount(MilliUnits milliUnits) {
    return milliUnits == 0 ? MedFloat::number(0, 0) : MedFloat::number(milliUnits * 100, -5);
}

MedFloat rate(int thousandths) {
    return MedFloat::number(thousandths * 1000, -6);
}

int patternRate(LocalSeconds time) {
    constexpr std::array<int, 24> kPattern{700, 650, 650, 700, 850, 950, 1000, 1000, 950, 900, 850, 850,
                                           800, 800, 800, 850, 900, 950, 950,  900,  850, 800, 750, 700};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    return kPattern[static_cast<std::size_t>(std::chrono::floor<hours>(time - day).count())];
}

void Therapist::meal(LocalSeconds time, int grams) {
    diary_.add(time, history::Meal{MedFloat::number(grams, 0, MedFloat::Width::Sfloat)});
}

void Therapist::bolus(const Bolus& bolus) {
    using Part2 = history::BolusProgrammedPart2;
    const Handle handle = diary_.newHandle();
    if (bolus.mealGrams) meal(bolus.time, *bolus.mealGrams);
    diary_.add({bolus.time,
                history::BolusProgrammedPart1{0, bolus.type, amount(bolus.fast), amount(bolus.extended),
                                              count(bolus.duration)},
                std::nullopt, handle});
    Part2 programmed;
    programmed.flags = static_cast<std::uint8_t>(Part2::TemplateNumber | Part2::ActivationType);
    programmed.templateNumber = std::uint8_t{0};
    programmed.activationType = bolus.activation;
    diary_.add(bolus.time, programmed);

    const MilliUnits fast = bolus.stoppedAfter.value_or(bolus.fast);
    const LocalSeconds end = steps_.quiet(bolus.time + fastDelivery(fast) + bolus.duration);
    Handle alarm = 0;
    if (bolus.stoppedAfter) {
        protocol::Bytes aux;
        for (const MedFloat value : {amount(bolus.fast), amount(fast)}) {
            for (unsigned i = 0; i < 4; ++i)
                aux.push_back(static_cast<std::uint8_t>(value.toFloat() >> (8 * i)));
        }
        alarm = raise(end, kBolusStopped, aux);
        clear(steps_.quiet(end + seconds{20}), kBolusStopped, alarm);
    }
    diary_.add({end,
                history::BolusDeliveredPart1{0, bolus.type, amount(fast), amount(bolus.extended),
                                             count(bolus.duration)},
                std::nullopt, handle});
    diary_.add({end, deliveredPart2(bolus, alarm != 0), std::nullopt, 0, alarm});
}

Handle Therapist::raise(LocalSeconds time, std::uint16_t faultId, protocol::ByteView aux) {
    const Handle handle = diary_.newHandle();
    history::AnnunciationConsolidated event;
    unsigned flags = history::AnnunciationConsolidated::Aux1 | history::AnnunciationConsolidated::Aux2;
    for (std::size_t i = 0; i < aux.size() / 2; ++i)
        flags |= unsigned{history::AnnunciationConsolidated::Aux3} << i;
    event.flags = static_cast<std::uint8_t>(flags);
    event.annunciationType = static_cast<std::uint16_t>(0xf000U + faultId);
    event.status = history::AnnunciationStatus::Undetermined;
    std::copy(aux.begin(), aux.end(), event.aux.bytes.begin());
    event.aux.size = static_cast<std::uint8_t>(aux.size());
    diary_.add({time, event, std::nullopt, 0, handle});
    return handle;
}

void Therapist::clear(LocalSeconds time, std::uint16_t faultId, Handle alarm) {
    diary_.add({time, history::AnnunciationCleared{faultId, 0}, std::nullopt, 0, alarm});
}

void Therapist::fingerStick(LocalSeconds time, int mgDl, bool calibrates) {
    constexpr seconds kUntilCalibrated{12};
    diary_.add({time, history::BgReading{0, kilogramsPerLitre(mgDl)}, time});
    if (calibrates) {
        diary_.add({time + kUntilCalibrated, history::CalibrationComplete{0, kilogramsPerLitre(mgDl)}, time});
    }
}

void Therapist::setChange(LocalSeconds time) {
    using history::RestartedReason;
    using history::StoppedReason;
    const auto at = [&](int second) { return steps_.inside(time, seconds{second}); };
    diary_.add(at(40), history::InsulinDeliveryStopped{StoppedReason::UserSuspended});
    diary_.add(at(90), history::InsulinDeliveryRestarted{RestartedReason::UserSelectsResume});
    diary_.add(at(96), history::InsulinDeliveryStopped{StoppedReason::NotSeated});
    diary_.add(at(130), history::PrimingStarted{MedFloat::number(3, -1, MedFloat::Width::Sfloat)});
    diary_.add(at(150),
               history::PrimingDone{0, MedFloat::number(3, -1, MedFloat::Width::Sfloat),
                                    history::PrimingEndReason::ProgrammedAmountReached, std::nullopt});
    diary_.add(at(226), history::InsulinDeliveryRestarted{RestartedReason::UserSelectsResume});
}

void Therapist::pattern(LocalSeconds start, LocalSeconds end) {
    constexpr seconds kBeforeTheHour{5};
    for (auto hour = std::chrono::ceil<hours>(start); hour <= end; hour += hours{1}) {
        diary_.add(hour - kBeforeTheHour,
                   history::DeliveredBasalRateChanged{0, rate(patternRate(hour - hours{1})),
                                                      rate(patternRate(hour)), std::nullopt});
    }
    const MedFloat maxBolus = MedFloat::number(15, 0);
    int maxRate = 5136;
    for (auto midnight = std::chrono::ceil<std::chrono::days>(start); midnight <= end;
         midnight += std::chrono::days{1}) {
        const MedFloat before = MedFloat::number(maxRate, -4);
        maxRate -= 25;
        diary_.add(midnight, history::MaxAutoBasalRateChanged{before, before});
        diary_.add(midnight, history::MaxBolusAmountChanged{maxBolus, maxBolus});
        diary_.add(midnight, history::MaxAutoBasalRateChanged{before, MedFloat::number(maxRate, -4)});
    }
}

} // namespace virtual_pump::generator
