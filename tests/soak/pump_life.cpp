// SPDX-License-Identifier: MIT
#include "pump_life.hpp"

#include <algorithm>
#include <utility>

#include "protocol/history/record.hpp"
#include "therapy/time_line.hpp"
#include "virtual_pump/clock_change.hpp"
#include "virtual_pump/history_source.hpp"

namespace soak {

namespace history = protocol::history;
using protocol::LocalSeconds;

namespace {

void setHeader(protocol::Bytes& raw, std::uint32_t number, Seconds sinceReference) {
    for (unsigned i = 0; i < 4; ++i) raw.at(2 + i) = static_cast<std::uint8_t>(number >> 8 * i);
    const auto offset = static_cast<std::uint16_t>(sinceReference.count());
    raw.at(6) = static_cast<std::uint8_t>(offset);
    raw.at(7) = static_cast<std::uint8_t>(offset >> 8U);
}

Seconds toNearestMinute(Seconds time) {
    return std::chrono::floor<std::chrono::minutes>(time + Seconds{30});
}

} // namespace

/// Takes a life on an undisturbed clock, and writes it anew on this one.
struct PumpLife::Weaver {
    explicit Weaver(PumpLife& own)
        : life(own), settings(own.settings_), changes(settings.changes), change(changes.begin()) {}

    void weave(const std::vector<protocol::Bytes>& records) {
        beginBefore(records);
        for (const auto& raw : records) {
            const auto header = *history::parseHeader(raw);
            const bool numbered = header.sequenceNumber != history::kCorruptionSequenceNumber;
            if (numbered) then = undisturbed + Seconds{header.relativeOffset};
            while (change != changes.end() && change->at < then) move(*change++);
            write(raw, numbered);
        }
    }

    /// The records before the first reference count from one that is not among them.
    void beginBefore(const std::vector<protocol::Bytes>& records) {
        for (const auto& raw : records) {
            const auto reference = therapy::referenceOf(raw);
            if (!reference) continue;
            undisturbed = trueTime(reference->time) - reference->elapsed;
            break;
        }
        disturbed = undisturbed;
        number = history::parseHeader(records.front())->sequenceNumber;
    }

    [[nodiscard]] Utc trueTime(LocalSeconds local) const {
        return Utc{local.time_since_epoch() - settings.offset};
    }

    void noteOffset(Utc time) {
        const auto offset = life.shows(time).time_since_epoch() - time.time_since_epoch();
        if (std::chrono::abs(offset) < std::chrono::hours{24})
            life.offsets_.push_back({number, offset, time});
    }

    void move(const ClockChange& to) {
        history::Record record;
        record.header.eventType = static_cast<std::uint16_t>(history::EventType::NgpReferenceTime);
        const auto reason =
            to.offset ? history::RecordingReason::SetDateTime : history::RecordingReason::DateTimeLoss;
        record.data = history::NgpReferenceTime{reason, protocol::DateTime::from(life.shows(to.at))};
        auto raw = history::encode(record);
        setHeader(raw, number, to.offset ? to.at - disturbed : Seconds{0});
        disturbed = to.at;
        noteOffset(to.at);
        life.records_.push_back({to.at, std::nullopt, number++, std::move(raw)});
    }

    void write(protocol::Bytes raw, bool numbered) {
        LivedRecord lived{then, std::nullopt, number, {}};
        bool isReference = false;
        if (numbered) {
            if (auto record = history::decode(raw); record.has_value()) {
                std::visit([&](auto& event) { adapt(event, lived, isReference); }, record->data);
                raw = history::encode(*record);
            }
            setHeader(raw, number, then - disturbed);
        }
        lived.raw = std::move(raw);
        if (isReference) {
            noteOffset(then);
            undisturbed = disturbed = then;
        }
        life.records_.push_back(std::move(lived));
        ++number;
    }

    template <typename Event>
    void adapt(Event& event, LivedRecord& lived, bool& isReference) {
        if constexpr (requires { event.timeOffsetMinutes; } &&
                      !std::is_same_v<Event, history::ReferenceTimeBaseOffset>) {
            const Utc sampled = undisturbed + std::chrono::minutes{event.timeOffsetMinutes};
            lived.sampled = std::min(sampled, then);
            const auto minutes = toNearestMinute(sampled - disturbed) / std::chrono::minutes{1};
            event.timeOffsetMinutes = static_cast<std::int16_t>(minutes);
        } else if constexpr (std::is_same_v<Event, history::AnnunciationConsolidated>) {
            event.timestamp = protocol::toPumpEpoch(life.shows(then));
        } else if constexpr (std::is_same_v<Event, history::NgpReferenceTime> ||
                             std::is_same_v<Event, history::ReferenceTime>) {
            event.dateTime = protocol::DateTime::from(life.shows(then));
            isReference = true;
        }
    }

    PumpLife& life;
    const LifeSettings& settings;
    const std::vector<ClockChange>& changes;
    std::vector<ClockChange>::const_iterator change;
    Utc then{};        ///< of the record that is written
    Utc undisturbed{}; ///< the reference that it counted from
    Utc disturbed{};   ///< the one that it counts from
    std::uint32_t number = 0;
};

PumpLife::PumpLife(LifeSettings settings) : settings_(std::move(settings)) {
    const Utc end = settings_.begin + std::chrono::days{settings_.days};
    virtual_pump::GeneratorSettings generated;
    generated.seed = settings_.seed;
    generated.days = settings_.days;
    generated.end = LocalSeconds{end.time_since_epoch() + settings_.offset};
    Weaver(*this).weave(virtual_pump::generateHistory(generated));
}

LocalSeconds PumpLife::shows(Utc time) const {
    ClockChange now{settings_.begin, settings_.offset};
    for (const ClockChange& change : settings_.changes) {
        if (change.at <= time) now = change;
    }
    if (!now.offset) return virtual_pump::kLostTime + (time - now.at);
    const Seconds drift{settings_.driftPerDay * (time - now.at).count() / 86400};
    return LocalSeconds{time.time_since_epoch() + *now.offset + drift};
}

} // namespace soak
