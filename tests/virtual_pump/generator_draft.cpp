// SPDX-License-Identifier: MIT
#include "virtual_pump/generator_draft.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <type_traits>
#include <variant>

namespace virtual_pump::generator {

namespace history = protocol::history;

namespace {

using Type = history::EventType;

/// In the order of history::EventData; the first, an unknown event, stands for a type that nobody knows.
constexpr std::array kTypes{
    Type{0xf003},
    Type::ReferenceTime,
    Type::ReferenceTimeBaseOffset,
    Type::NgpReferenceTime,
    Type::Meal,
    Type::BolusCalculatedPart1,
    Type::BolusCalculatedPart2,
    Type::BolusProgrammedPart1,
    Type::BolusProgrammedPart2,
    Type::BolusDeliveredPart1,
    Type::BolusDeliveredPart2,
    Type::MaxBolusAmountChanged,
    Type::AutoBasalDelivery,
    Type::MaxAutoBasalRateChanged,
    Type::DeliveredBasalRateChanged,
    Type::TherapyContext,
    Type::Cl1Transition,
    Type::TbrAdjustmentStarted,
    Type::TbrAdjustmentChanged,
    Type::TbrAdjustmentEnded,
    Type::InsulinDeliveryStopped,
    Type::InsulinDeliveryRestarted,
    Type::SgMeasurement,
    Type::CgmAnalyticsDataBackfill,
    Type::BgReading,
    Type::CalibrationComplete,
    Type::CalibrationRejected,
    Type::AnnunciationConsolidated,
    Type::AnnunciationCleared,
    Type::AnnunciationStatusChangedPart1,
    Type::AnnunciationStatusChangedPart2,
    Type::ProfileTemplateActivated,
    Type::BasalRateTimeBlockChanged,
    Type::IsfTimeBlockChanged,
    Type::CarbRatioTimeBlockChanged,
    Type::TargetRangeTimeBlockChanged,
    Type::TotalDailyInsulinDelivery,
    Type::TherapyControlStateChanged,
    Type::OperationalStateChanged,
    Type::ReservoirRemainingAmountChanged,
    Type::PrimingStarted,
    Type::PrimingDone,
    Type::DataCorruption,
    Type::PointerEvent,
    Type::BolusTemplateChangedPart1,
    Type::BolusTemplateChangedPart2,
    Type::TbrTemplateChanged,
};
static_assert(kTypes.size() == std::variant_size_v<protocol::history::EventVariant>);

/// What a therapy context tells, followed over the records.
class Therapy {
public:
    explicit Therapy(protocol::MedFloat basalRate) : basalRate_(basalRate) {}

    void follow(const EventData& data) {
        if (const auto* cl1 = std::get_if<history::Cl1Transition>(&data)) {
            auto_ = cl1->transition == history::Cl1TransitionKind::IntoAuto;
        } else if (const auto* stop = std::get_if<history::InsulinDeliveryStopped>(&data)) {
            stopped_ = stop->reason;
        } else if (std::holds_alternative<history::InsulinDeliveryRestarted>(data)) {
            stopped_.reset();
        } else if (const auto* rate = std::get_if<history::DeliveredBasalRateChanged>(&data)) {
            // With a context the change is that of a temporary rate, and the pattern stays.
            if (!rate->context) basalRate_ = rate->newRate;
        } else if (const auto* started = std::get_if<history::TbrAdjustmentStarted>(&data)) {
            tbr_ = {started->tbrType, started->adjustment};
        } else if (const auto* changed = std::get_if<history::TbrAdjustmentChanged>(&data)) {
            tbr_ = {changed->tbrType, changed->adjustment};
        } else if (std::holds_alternative<history::TbrAdjustmentEnded>(data)) {
            tbr_.reset();
        }
    }

    [[nodiscard]] history::TherapyContext context() const {
        using Context = history::TherapyContext;
        Context context;
        unsigned flags = Context::SensorEnabled | Context::BasalRateActive;
        context.basalRate = basalRate_;
        if (auto_) flags |= Context::AutoModeActive;
        if (stopped_) flags |= Context::DeliveryStopped;
        context.stoppedReason = stopped_;
        if (tbr_) {
            flags |= Context::TbrActive;
            context.tbrType = tbr_->first;
            context.tbrAdjustment = tbr_->second;
        }
        context.flags = static_cast<std::uint8_t>(flags);
        return context;
    }

private:
    bool auto_ = true;
    protocol::MedFloat basalRate_;
    std::optional<history::StoppedReason> stopped_;
    std::optional<std::pair<history::TbrType, protocol::MedFloat>> tbr_;
};

/// Gives out the numbers that count over the records: boluses modulo 256, annunciations without end.
class Numbers {
public:
    void resolve(Entry& entry) {
        std::visit([&](auto& event) { number(event, entry); }, entry.data);
    }

private:
    template <typename Event>
    void number(Event& event, const Entry& entry) {
        if constexpr (requires { event.bolusId; }) {
            event.bolusId = bolus(entry.bolus);
        } else if constexpr (requires { event.bolusNumber; }) {
            event.bolusNumber = static_cast<std::uint8_t>(nextBolus_++);
        } else if constexpr (std::is_same_v<Event, history::AnnunciationConsolidated>) {
            event.instanceId = alarm(entry.alarm);
            event.timestamp = protocol::toPumpEpoch(entry.time);
        } else if constexpr (std::is_same_v<Event, history::AnnunciationCleared>) {
            event.instanceId = alarm(entry.alarm);
        } else if constexpr (requires { event.annunciationInstanceId; }) {
            if (entry.alarm != 0) event.annunciationInstanceId = alarm(entry.alarm);
        }
    }
    std::uint8_t bolus(Handle handle) {
        const auto [known, isNew] = boluses_.try_emplace(handle, static_cast<std::uint8_t>(nextBolus_));
        if (isNew) ++nextBolus_;
        return known->second;
    }
    std::uint16_t alarm(Handle handle) {
        const auto [known, isNew] = alarms_.try_emplace(handle, nextAlarm_);
        if (isNew) ++nextAlarm_;
        return known->second;
    }

    unsigned nextBolus_ = 201;
    std::uint16_t nextAlarm_ = 563;
    std::map<Handle, std::uint8_t> boluses_;
    std::map<Handle, std::uint16_t> alarms_;
};

/// The measurement's minutes after the governing reference, to the nearest.
void dateSample(EventData& data, LocalSeconds sample, LocalSeconds reference) {
    const auto nearest = std::chrono::floor<minutes>(sample - reference + seconds{30});
    std::visit(
        [&](auto& event) {
            if constexpr (requires { event.timeOffsetMinutes; }) {
                event.timeOffsetMinutes = static_cast<std::int16_t>(nearest.count());
            }
        },
        data);
}

bool isReference(const EventData& data) {
    return std::holds_alternative<history::NgpReferenceTime>(data) ||
           std::holds_alternative<history::ReferenceTime>(data);
}

/// Numbers the records and counts their seconds from reference to reference.
class Scribe {
public:
    explicit Scribe(const Diary::Frame& frame)
        : reference_(frame.referenceBefore), sequenceNumber_(frame.firstSequenceNumber) {}

    void write(LocalSeconds time, const EventData& data) {
        history::Record record;
        record.header.eventType = static_cast<std::uint16_t>(kTypes[data.index()]);
        record.header.sequenceNumber = sequenceNumber_++;
        record.header.relativeOffset = static_cast<std::uint16_t>((time - reference_).count());
        record.data = data;
        if (std::holds_alternative<history::DataCorruption>(data)) {
            record.header.sequenceNumber = history::kCorruptionSequenceNumber;
            record.header.relativeOffset = 0;
        }
        records_.push_back(history::encode(record));
        if (isReference(data)) reference_ = time;
    }
    [[nodiscard]] LocalSeconds reference() const { return reference_; }
    std::vector<protocol::Bytes> take() { return std::move(records_); }

private:
    LocalSeconds reference_;
    std::uint32_t sequenceNumber_;
    std::vector<protocol::Bytes> records_;
};

} // namespace

int Dice::between(int low, int high) {
    const auto range = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<int>(engine_() % range);
}

double Dice::bell() {
    int sum = 0;
    for (int i = 0; i < 12; ++i) sum += between(0, 1000);
    return (sum - 6000) / 1000.0;
}

LocalSeconds Steps::floor(LocalSeconds time) const {
    auto into = (time - end_) % kStep;
    if (into < seconds{0}) into += kStep;
    return time - into;
}

LocalSeconds Steps::quiet(LocalSeconds time) const {
    constexpr seconds kMargin{30};
    const LocalSeconds step = floor(time);
    if (time - step < kMargin) return step + kMargin;
    if (time - step > kStep - kMargin) return step + kStep + kMargin;
    return time;
}

std::vector<protocol::Bytes> Diary::close(const Frame& frame) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.time < b.time; });
    Therapy therapy(frame.basalRate);
    Numbers numbers;
    Scribe scribe(frame);
    for (Entry& entry : entries_) {
        if (entry.time < frame.start || entry.time > frame.end) continue;
        numbers.resolve(entry);
        if (entry.sample) dateSample(entry.data, *entry.sample, scribe.reference());
        therapy.follow(entry.data);
        scribe.write(entry.time, entry.data);
        if (isReference(entry.data)) scribe.write(entry.time, therapy.context());
    }
    return scribe.take();
}

} // namespace virtual_pump::generator
