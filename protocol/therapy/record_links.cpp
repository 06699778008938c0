// SPDX-License-Identifier: MIT
#include "therapy/record_links.hpp"

#include <algorithm>
#include <unordered_map>

#include "protocol/codec/glucose.hpp"
#include "therapy/amount.hpp"

namespace therapy {
namespace {

namespace history = protocol::history;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A meal record that does not stand right before its bolus: unconfirmed fall-back of the join.
constexpr seconds kMealBeforeBolus{60};
constexpr minutes kMealAlone{10};
/// The pump's longest square or dual bolus; a longer duration is not believed, so that kContext is enough.
constexpr minutes kLongestBolus = hours{8};
constexpr minutes kDeliveryMargin{60};
static_assert(kLongestBolus + kDeliveryMargin <= kContext);
constexpr minutes kCalibrationDelay{5};
/// The pump rounds the minute of a measurement.
constexpr seconds kSampleRounding{60};

/// mg/dL of a finger stick or calibration record.
std::optional<Amount> stickGlucose(const DatedRecord& timed) {
    if (!timed.record) return std::nullopt;
    const auto milligrams = [](const protocol::MedFloat& bg) {
        return amountOf(protocol::milligramsPerDecilitre(bg));
    };
    if (const auto* bg = std::get_if<history::BgReading>(&timed.record->data)) return milligrams(bg->bg);
    if (const auto* ok = std::get_if<history::CalibrationComplete>(&timed.record->data)) {
        return milligrams(ok->bg);
    }
    if (const auto* no = std::get_if<history::CalibrationRejected>(&timed.record->data)) {
        return milligrams(no->bg);
    }
    return std::nullopt;
}

} // namespace

RecordLinks::RecordLinks(const HistoryRun& run) : run_(run) {
    for (const auto& record : run.records) {
        if (!record.time) continue;
        oldest_ = std::min(oldest_.value_or(*record.time), *record.time);
        newest_ = std::max(newest_.value_or(*record.time), *record.time);
    }
    pairBoluses();
}

/// docs/nightscout/mapping.md 7: a delivered bolus belongs to the nearest earlier programmed one with its id
/// that has no delivery yet. Ids repeat about daily, hence the limit of time.
void RecordLinks::pairBoluses() {
    bolusPartner_.assign(run_.records.size(), kNone);
    std::unordered_map<std::uint16_t, std::vector<std::size_t>> waiting;
    for (std::size_t index = 0; index < run_.records.size(); ++index) {
        if (const auto* programmed = get<history::BolusProgrammedPart1>(index)) {
            waiting[programmed->bolusId].push_back(index);
        } else if (const auto* delivered = get<history::BolusDeliveredPart1>(index)) {
            auto& candidates = waiting[delivered->bolusId];
            while (!candidates.empty()) {
                const std::size_t candidate = candidates.back();
                candidates.pop_back(); // taken, or too old for all that follow
                if (!deliveryInTime(candidate, index)) continue;
                bolusPartner_[candidate] = index;
                bolusPartner_[index] = candidate;
                break;
            }
        }
    }
}

bool RecordLinks::deliveryInTime(std::size_t programmed, std::size_t delivered) const {
    const auto start = at(programmed).time;
    const auto end = at(delivered).time;
    if (!start || !end) return true; // the order alone decides
    return *end - *start <= longestDelivery(*get<history::BolusProgrammedPart1>(programmed));
}

std::chrono::minutes RecordLinks::longestDelivery(const history::BolusProgrammedPart1& programmed) {
    return std::min(minutes{programmed.durationMinutes}, kLongestBolus) + kDeliveryMargin;
}

bool RecordLinks::sameSecond(std::size_t a, std::size_t b) const {
    return at(a).record && at(b).record &&
           at(a).record->header.relativeOffset == at(b).record->header.relativeOffset;
}

Partner RecordLinks::mealBefore(std::size_t programmed) const {
    const auto time = at(programmed).time;
    if (!time) return {};
    return searchBack(programmed, *time - kMealBeforeBolus, [&](std::size_t index) {
        if (get<history::BolusProgrammedPart1>(index) != nullptr) return Verdict::Stop;
        if (get<history::Meal>(index) == nullptr) return Verdict::Pass;
        const bool adjacent = index + 1 == programmed && sameSecond(index, programmed);
        return adjacent || at(index).time ? Verdict::Take : Verdict::Pass;
    });
}

Partner RecordLinks::programmedAfter(std::size_t meal) const {
    const auto time = at(meal).time;
    if (!time) return {};
    return searchForward(meal, *time + kMealAlone, [&](std::size_t index) {
        return get<history::BolusProgrammedPart1>(index) != nullptr ? Verdict::Take : Verdict::Pass;
    });
}

Partner RecordLinks::deliveredFor(std::size_t programmed) const {
    const std::size_t partner = bolusPartner_[programmed];
    if (partner == kNone) return {};
    return {Partner::State::Found, partner};
}

Partner RecordLinks::programmedFor(std::size_t delivered) const {
    if (const std::size_t partner = bolusPartner_[delivered]; partner != kNone) {
        return {Partner::State::Found, partner};
    }
    const auto time = at(delivered).time;
    const bool complete = time && reachesBack(*time - kLongestBolus - kDeliveryMargin);
    return {complete ? Partner::State::None : Partner::State::Undecided};
}

/// Value and instant of measurement agree. The instant, not the offset in the record: a reference may stand
/// between the two records.
bool RecordLinks::sameStick(std::size_t a, std::size_t b) const {
    const auto glucose = stickGlucose(at(a));
    if (!glucose || glucose != stickGlucose(at(b))) return false;
    const auto first = at(a).sampleTime;
    const auto second = at(b).sampleTime;
    return first && second && std::chrono::abs(*first - *second) <= kSampleRounding;
}

Partner RecordLinks::calibrationAfter(std::size_t reading) const {
    const auto time = at(reading).time;
    if (!time) return {};
    return searchForward(reading, *time + kCalibrationDelay, [&](std::size_t index) {
        const bool calibration = get<history::CalibrationComplete>(index) != nullptr ||
                                 get<history::CalibrationRejected>(index) != nullptr;
        return calibration && sameStick(reading, index) ? Verdict::Take : Verdict::Pass;
    });
}

Partner RecordLinks::readingBefore(std::size_t calibration) const {
    const auto time = at(calibration).time;
    if (!time) return {};
    return searchBack(calibration, *time - kCalibrationDelay, [&](std::size_t index) {
        const bool reading = get<history::BgReading>(index) != nullptr;
        return reading && sameStick(index, calibration) ? Verdict::Take : Verdict::Pass;
    });
}

bool RecordLinks::reachesBack(UtcSeconds time) const {
    return run_.fromBeginning || (oldest_ && *oldest_ < time);
}

bool RecordLinks::continuesPast(UtcSeconds time) const {
    return newest_ && *newest_ > time;
}

} // namespace therapy
