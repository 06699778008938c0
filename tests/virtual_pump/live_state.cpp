// SPDX-License-Identifier: MIT
#include "virtual_pump/live_state.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/history/record.hpp"

namespace virtual_pump {

namespace history = protocol::history;
namespace idd = protocol::idd;
namespace status_reader = protocol::idd::status_reader;
using idd::Change;
using idd::StatusChanged;
using protocol::LocalSeconds;
using protocol::MedFloat;
using std::chrono::minutes;

namespace {

constexpr std::int64_t kFullReservoir = 180'000;
constexpr std::chrono::hours kActiveInsulin{4};

std::int64_t thousandths(const MedFloat& value) {
    return value.isNumber() ? std::int64_t{std::llround(value.toDouble() * 1000)} : 0;
}
MedFloat fromThousandths(std::int64_t value) {
    return MedFloat::fromScaled(value, -3, MedFloat::Width::Float).value_or(MedFloat{});
}

template <typename... Event>
bool isOneOf(const history::EventData& data) {
    return (std::holds_alternative<Event>(data) || ...);
}

/// What the pump indicates for a record of this kind, besides the record itself.
StatusChanged changesOf(const history::EventData& data) {
    namespace h = history;
    if (const auto* sg = std::get_if<h::SgMeasurement>(&data)) {
        const auto changes =
            StatusChanged::of({Change::NewCgmMeasurement, Change::SensorEndOfLife, Change::TimeInRange});
        return sg->glucoseMgDl() ? changes : changes | StatusChanged::of({Change::SensorMessage});
    }
    if (isOneOf<h::BolusProgrammedPart1>(data)) return StatusChanged::of({Change::ActiveBolus});
    if (isOneOf<h::BolusDeliveredPart1, h::BolusDeliveredPart2>(data))
        return StatusChanged::of({Change::Reservoir, Change::ActiveBolus, Change::InsulinOnBoard});
    if (isOneOf<h::AutoBasalDelivery>(data)) return StatusChanged::of({Change::Reservoir});
    if (isOneOf<h::DeliveredBasalRateChanged>(data)) return StatusChanged::of({Change::ActiveBasalRate});
    if (isOneOf<h::InsulinDeliveryStopped, h::InsulinDeliveryRestarted, h::PrimingStarted, h::PrimingDone>(
            data)) {
        return StatusChanged::of(
            {Change::TherapyControlState, Change::OperationalState, Change::TherapyAlgorithmState});
    }
    if (isOneOf<h::Cl1Transition>(data)) return StatusChanged::of({Change::TherapyAlgorithmState});
    if (isOneOf<h::AnnunciationConsolidated, h::AnnunciationCleared>(data))
        return StatusChanged::of({Change::Annunciation});
    if (isOneOf<h::BgReading>(data)) {
        return StatusChanged::of({Change::CgmCalibration, Change::SensorMessage,
                                  Change::CgmCalibrationContext, Change::TimeOfCalibrationRecommended});
    }
    return {};
}

} // namespace

StatusChanged LiveState::observe(const protocol::Bytes& raw) {
    const auto recorded = StatusChanged::of({Change::HistoryEvent});
    const auto record = history::decode(raw);
    if (!record.has_value()) return recorded;
    date(*record);
    if (const auto* sg = std::get_if<history::SgMeasurement>(&record->data)) {
        if (reference_) apply(*sg, reference_->time + minutes{sg->timeOffsetMinutes});
    }
    applyDelivery(*record);
    applyTherapy(*record);
    if (const auto* raised = std::get_if<history::AnnunciationConsolidated>(&record->data)) {
        annunciation_ = {protocol::idd::Annunciation::Present,
                         raised->instanceId,
                         raised->annunciationType,
                         raised->status,
                         {}};
    } else if (const auto* cleared = std::get_if<history::AnnunciationCleared>(&record->data)) {
        if (cleared->instanceId == annunciation_.instanceId) annunciation_ = {};
    }
    return recorded | changesOf(record->data);
}

void LiveState::date(const Record& record) {
    if (auto reference = therapy::toReference(record)) {
        reference_ = reference;
        now_ = reference->time; // its offset counts from the reference before it
    } else if (reference_ && record.header.sequenceNumber != history::kCorruptionSequenceNumber) {
        now_ = reference_->time + std::chrono::seconds{record.header.relativeOffset};
    }
}

void LiveState::apply(const history::SgMeasurement& sg, LocalSeconds time) {
    constexpr minutes kRunning{3 * 24 * 60}; // of a sensor whose start is older than the records
    const bool starting = sg.special() == history::SgSpecial::SensorStarting;
    const bool wasStarting = sample_ && sample_->raw == sg.sgRaw;
    if (starting && !wasStarting) sessionStart_ = time;
    if (!sessionStart_) sessionStart_ = time - kRunning;
    before_ = sample_;
    sample_ = Sample{time, sg.sgRaw};
}

void LiveState::applyDelivery(const Record& record) {
    const auto deliver = [this](std::int64_t amount) {
        reservoir_ = std::max<std::int64_t>(0, reservoir_ - amount);
    };
    if (const auto* basal = std::get_if<history::AutoBasalDelivery>(&record.data)) {
        deliver(thousandths(basal->amount));
    } else if (const auto* programmed = std::get_if<history::BolusProgrammedPart1>(&record.data)) {
        active_.push_back(programmed->bolusId);
    } else if (const auto* done = std::get_if<history::BolusDeliveredPart1>(&record.data)) {
        const std::int64_t amount = thousandths(done->fastAmount) + thousandths(done->extendedAmount);
        deliver(amount);
        std::erase(active_, done->bolusId);
        boluses_.push_back({now_, amount});
        while (boluses_.front().time + kActiveInsulin < now_) boluses_.pop_front();
    }
}

/// A set change is a stop for "not seated"; priming follows it (docs/protocol/services.md 5.1,
/// docs/nightscout/mapping.md 8.10).
void LiveState::applyTherapy(const Record& record) {
    if (const auto* stop = std::get_if<history::InsulinDeliveryStopped>(&record.data)) {
        stopped_ = true;
        changingSet_ = stop->reason == history::StoppedReason::NotSeated;
    } else if (std::holds_alternative<history::InsulinDeliveryRestarted>(record.data)) {
        if (changingSet_) reservoir_ = kFullReservoir;
        stopped_ = changingSet_ = priming_ = false;
    } else if (std::holds_alternative<history::PrimingStarted>(record.data)) {
        priming_ = true;
    } else if (std::holds_alternative<history::PrimingDone>(record.data)) {
        priming_ = false;
    } else if (const auto* transition = std::get_if<history::Cl1Transition>(&record.data)) {
        smartGuard_ = transition->transition == history::Cl1TransitionKind::IntoAuto;
    } else if (const auto* rate = std::get_if<history::DeliveredBasalRateChanged>(&record.data)) {
        patternRate_ = thousandths(rate->newRate);
    }
}

idd::Status LiveState::status() const {
    using history::OperationalState;
    using history::TherapyControlState;
    idd::Status status;
    status.therapyControlState = stopped_ ? TherapyControlState::Stop : TherapyControlState::Run;
    status.operationalState = priming_       ? OperationalState::Priming
                              : changingSet_ ? OperationalState::Waiting
                                             : OperationalState::Ready;
    const bool attached = !changingSet_ || priming_;
    if (attached) status.flags = idd::Status::ReservoirAttached;
    constexpr std::uint32_t kNaN = 0x007fffff;
    status.reservoirRemaining = attached ? fromThousandths(reservoir_) : MedFloat::fromFloat(kNaN);
    if (!sessionStart_) { // as of a pump that is used without a sensor
        status.connectivity = idd::Status::GstSignalLost | idd::Status::SensorGstDetached;
        return status;
    }
    status.connectivity = idd::Status::SensorOn | idd::Status::SensorPaired;
    history::SgMeasurement newest;
    newest.sgRaw = sample_ ? sample_->raw : std::uint16_t{0};
    switch (newest.special()) {
        case history::SgSpecial::SensorStarting:
            status.sensorMessage = idd::SensorMessage::WarmUp;
            break;
        case history::SgSpecial::SensorUpdating:
            status.sensorMessage = idd::SensorMessage::DoNotCalibrate;
            break;
        case history::SgSpecial::Above400:
            status.sensorMessage = idd::SensorMessage::SgAboveUpperLimit;
            break;
        case history::SgSpecial::Below50:
            status.sensorMessage = idd::SensorMessage::SgBelowLowerLimit;
            break;
        default:
            break;
    }
    return status;
}

status_reader::InsulinOnBoard LiveState::insulinOnBoard(LocalSeconds now) const {
    double active = 0;
    for (const Bolus& bolus : boluses_) {
        const std::chrono::duration<double> age = now - bolus.time;
        const double left = 1 - age / kActiveInsulin;
        if (left > 0) active += static_cast<double>(bolus.amount) * std::min(left, 1.0) * std::min(left, 1.0);
    }
    status_reader::InsulinOnBoard value;
    value.amount =
        MedFloat::number(static_cast<std::int32_t>(std::lround(active / 100)), -1); // tenths, as displayed
    return value;
}

status_reader::TherapyAlgorithmStates LiveState::algorithm() const {
    status_reader::TherapyAlgorithmStates value;
    value.flags = status_reader::TherapyAlgorithmStates::AutoMode;
    value.shield =
        smartGuard_ ? status_reader::AutoModeShield::AutoBasal : status_reader::AutoModeShield::OpenLoop;
    value.readiness = status_reader::AutoModeReadiness::NoActionRequired;
    return value;
}

/// In SmartGuard the rate reads 0 (docs/protocol/services.md 7.4).
status_reader::ActiveBasalRateDelivery LiveState::basal() const {
    status_reader::ActiveBasalRateDelivery value;
    value.profileTemplateNumber = 1;
    value.configuredRate = smartGuard_ ? MedFloat{} : fromThousandths(patternRate_);
    return value;
}

status_reader::ActiveBolusIds LiveState::activeBoluses() const {
    constexpr std::size_t kMost = 7;
    status_reader::ActiveBolusIds value{active_};
    if (value.bolusIds.size() > kMost) value.bolusIds.resize(kMost);
    return value;
}

std::optional<protocol::cgm::Measurement> LiveState::measurement() const {
    using protocol::cgm::Measurement;
    if (!sample_ || !sessionStart_) return std::nullopt;
    const auto value = [](const Sample& sample) {
        history::SgMeasurement sg;
        sg.sgRaw = sample.raw;
        return sg.glucoseMgDl();
    };
    const auto sfloat = [](std::int32_t mantissa, std::int8_t exponent) {
        return MedFloat::number(mantissa, exponent, MedFloat::Width::Sfloat);
    };
    Measurement result;
    result.flags = Measurement::Trend | Measurement::Quality | Measurement::CalTemp | Measurement::Status;
    result.glucose = sfloat(value(*sample_).value_or(0), 0); // 0: nothing that can be displayed
    const auto age = std::chrono::duration_cast<minutes>(sample_->time - *sessionStart_);
    result.timeOffsetMinutes = static_cast<std::uint16_t>(age.count());
    result.trend = sfloat(0, -2);
    result.quality = sfloat(10, 0);
    if (before_ && before_->time < sample_->time && value(*sample_) && value(*before_)) {
        const auto minutesBetween = std::chrono::duration_cast<minutes>(sample_->time - before_->time);
        if (minutesBetween.count() > 0) {
            const auto hundredths = 100 * (*value(*sample_) - *value(*before_)) / minutesBetween.count();
            result.trend =
                sfloat(static_cast<std::int32_t>(std::clamp<std::int64_t>(hundredths, -1000, 1000)), -2);
        }
    }
    return result;
}

std::optional<protocol::cgm::SessionStartTime> LiveState::session() const {
    if (!sessionStart_) return std::nullopt;
    return protocol::cgm::SessionStartTime{protocol::DateTime::from(*sessionStart_)};
}

} // namespace virtual_pump
