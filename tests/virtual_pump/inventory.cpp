// SPDX-License-Identifier: MIT
// Counts what an upload must show, straight from the records and the rules of docs/nightscout/mapping.md 7 to
// 9, in a way that shares nothing with the mapping.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "protocol/history/record.hpp"
#include "virtual_pump/history_source.hpp"

namespace virtual_pump {

namespace history = protocol::history;
using protocol::Bytes;
using protocol::MedFloat;

namespace {

constexpr std::uint16_t kFirstCode = 0x0300; // values from here on are codes, not mg/dL
constexpr std::uint16_t kAbove400 = 0x0308;
constexpr std::uint16_t kBelow50 = 0x030d;
constexpr int kHighAsUploaded = 401;
constexpr int kLowAsUploaded = 40;
constexpr int kExactDecimals = 8; // exact for every amount that a pump sends (docs/protocol/numbers.md 1.2)

struct Programmed {
    std::uint16_t id = 0;
    history::BolusType type{};
    std::optional<history::BolusActivation> activation;
    bool reasonMeal = false;
    std::optional<double> mealGrams; ///< of the adjacent meal record
    bool delivered = false;
};

bool isCombo(history::BolusType type) {
    return type == history::BolusType::Extended || type == history::BolusType::Multiwave ||
           type == history::BolusType::MultiwaveAlias;
}

std::optional<int> uploadedGlucose(std::uint16_t raw) {
    if (raw == kAbove400) return kHighAsUploaded;
    if (raw == kBelow50) return kLowAsUploaded;
    if (raw == 0 || raw >= kFirstCode) return std::nullopt;
    return std::max<int>(raw, kLowAsUploaded);
}

bool follows(const history::Header& first, const history::Header& second) {
    return second.sequenceNumber == first.sequenceNumber + 1 && second.relativeOffset == first.relativeOffset;
}

class Counter {
public:
    void count(const std::vector<history::Record>& records) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            before_ = i > 0 ? &records[i - 1] : nullptr;
            after_ = i + 1 < records.size() ? &records[i + 1] : nullptr;
            header_ = records[i].header;
            std::visit(*this, records[i].data);
        }
    }

    void operator()(const history::SgMeasurement& event) {
        const auto value = uploadedGlucose(event.sgRaw);
        if (!value) return;
        ++result.glucose;
        result.lastGlucose = value;
    }

    void operator()(const history::Meal& event) {
        const double grams = event.foodGrams.toDouble();
        const bool ofBolus = after_ != nullptr &&
                             std::holds_alternative<history::BolusProgrammedPart1>(after_->data) &&
                             follows(header_, after_->header);
        if (!ofBolus && grams > 0) carbsAlone(grams);
    }

    void operator()(const history::BolusProgrammedPart1& event) {
        Programmed bolus;
        bolus.id = event.bolusId;
        bolus.type = event.bolusType;
        if (const auto* part2 = partner<history::BolusProgrammedPart2>()) {
            bolus.activation = part2->activationType;
            bolus.reasonMeal = (part2->flags & history::BolusProgrammedPart2::ReasonMeal) != 0;
        }
        if (before_ != nullptr && follows(before_->header, header_)) {
            const auto* meal = std::get_if<history::Meal>(&before_->data);
            if (meal != nullptr) bolus.mealGrams = meal->foodGrams.toDouble();
        }
        programmed_.push_back(bolus);
    }

    void operator()(const history::BolusDeliveredPart1& event) {
        const auto found = std::find_if(
            programmed_.rbegin(), programmed_.rend(),
            [&](const Programmed& bolus) { return bolus.id == event.bolusId && !bolus.delivered; });
        Programmed bolus;
        bolus.type = event.bolusType;
        if (found != programmed_.rend()) {
            found->delivered = true;
            bolus = *found;
        }
        if (const auto* part2 = partner<history::BolusDeliveredPart2>(); part2 && !bolus.activation) {
            bolus.activation = part2->activationType;
        }
        delivered(bolus, event.fastAmount, event.extendedAmount);
    }

    void operator()(const history::BgReading& event) {
        ++result.fingerSticks;
        lastFingerStick_ = measurement(event);
    }
    void operator()(const history::CalibrationComplete& event) {
        // Of a finger stick that has its own record: the same measurement once more.
        if (lastFingerStick_ != measurement(event)) ++result.fingerSticks;
        lastFingerStick_.reset();
    }

    template <typename Other>
    void operator()(const Other&) {}

    Inventory result;

private:
    template <typename Part2>
    const Part2* partner() const {
        if (after_ == nullptr || !follows(header_, after_->header)) return nullptr;
        return std::get_if<Part2>(&after_->data);
    }

    /// Value and time, equal for a finger stick and the calibration with it.
    using Measurement = std::pair<std::optional<std::int64_t>, std::int16_t>;
    static Measurement measurement(const auto& event) {
        return {event.bg.scaled(kExactDecimals), event.timeOffsetMinutes};
    }

    void carbsAlone(double grams) {
        ++result.carbCorrections;
        result.carbs += grams;
    }

    void delivered(const Programmed& bolus, MedFloat fastAmount, MedFloat extendedAmount) {
        const double grams = bolus.mealGrams.value_or(0);
        const std::int64_t fast = fastAmount.scaled(kExactDecimals).value_or(0);
        const std::int64_t extended = extendedAmount.scaled(kExactDecimals).value_or(0);
        insulin_ += fast;
        result.insulin = static_cast<double>(insulin_) / 1e8;
        if (isCombo(bolus.type) && fast + extended > 0) {
            ++result.comboBoluses;
            result.carbs += grams;
        } else if (fast <= 0) {
            if (grams > 0) carbsAlone(grams);
        } else if (bolus.activation == history::BolusActivation::Commanded) {
            ++result.automaticCorrections;
        } else if (grams > 0 || bolus.reasonMeal) {
            ++result.mealBoluses;
            result.carbs += grams;
        } else {
            ++result.correctionBoluses;
        }
    }

    history::Header header_;
    const history::Record* before_ = nullptr;
    const history::Record* after_ = nullptr;
    std::vector<Programmed> programmed_;
    std::int64_t insulin_ = 0; ///< 10^-8 U
    std::optional<Measurement> lastFingerStick_;
};

} // namespace

Inventory takeInventory(const std::vector<Bytes>& records) {
    std::vector<history::Record> decoded;
    decoded.reserve(records.size());
    for (const Bytes& raw : records) {
        if (auto record = history::decode(raw); record.has_value()) decoded.push_back(std::move(*record));
    }
    Counter counter;
    counter.count(decoded);
    counter.result.records = records.size();
    return counter.result;
}

std::string Inventory::json() const {
    nlohmann::ordered_json object{
        {"records", records},
        {"glucose", glucose},
        {"mealBoluses", mealBoluses},
        {"correctionBoluses", correctionBoluses},
        {"automaticCorrections", automaticCorrections},
        {"comboBoluses", comboBoluses},
        {"carbCorrections", carbCorrections},
        {"fingerSticks", fingerSticks},
        {"insulin", insulin},
        {"carbs", carbs},
    };
    object["lastGlucose"] =
        lastGlucose ? nlohmann::ordered_json(*lastGlucose) : nlohmann::ordered_json(nullptr);
    return object.dump();
}

} // namespace virtual_pump
