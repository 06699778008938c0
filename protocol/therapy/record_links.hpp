// SPDX-License-Identifier: MIT
// Which records belong together: the joins of docs/nightscout/mapping.md 7, each written once. Every answer
// depends only on records that a longer run would contain too, so that it stays true when the history
// grows at either end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "therapy/dated_history.hpp"

namespace therapy {

/// Where a partner of a record is.
struct Partner {
    enum class State : std::uint8_t {
        Found,
        None,      ///< there is no such record, for good
        Undecided, ///< the run ends before it can be told
    };
    State state = State::Undecided;
    std::size_t index = 0; ///< when found

    [[nodiscard]] bool found() const { return state == State::Found; }
    [[nodiscard]] bool undecided() const { return state == State::Undecided; }
};

class RecordLinks {
public:
    /// `run` must outlive the view.
    explicit RecordLinks(const HistoryRun& run);

    [[nodiscard]] std::span<const DatedRecord> records() const { return run_.records; }
    [[nodiscard]] const DatedRecord& at(std::size_t index) const { return run_.records[index]; }
    [[nodiscard]] const LiveState& live() const { return run_.live; }
    [[nodiscard]] bool holds(std::size_t index) const { return index < run_.records.size(); }

    /// Null when the record is another event, or could not be decoded.
    template <typename Event>
    [[nodiscard]] const Event* get(std::size_t index) const {
        if (!holds(index) || !at(index).record) return nullptr;
        return std::get_if<Event>(&at(index).record->data);
    }

    /// The second half of the event at `index`: the next record, of the same second. Null also while that
    /// record is not there yet: holds(index + 1) tells.
    template <typename Part2>
    [[nodiscard]] const Part2* part2(std::size_t index) const {
        const auto* part = get<Part2>(index + 1);
        return part != nullptr && sameSecond(index, index + 1) ? part : nullptr;
    }

    /// The meal of the bolus whose programmed part 1 is at `programmed`; without carbohydrates too.
    [[nodiscard]] Partner mealBefore(std::size_t programmed) const;
    /// The next programmed bolus after the meal, if it comes within the time in which a meal waits for one.
    [[nodiscard]] Partner programmedAfter(std::size_t meal) const;
    /// Undecided while the delivery may still come; it is never told as None.
    [[nodiscard]] Partner deliveredFor(std::size_t programmed) const;
    [[nodiscard]] Partner programmedFor(std::size_t delivered) const;
    /// From the programming to the delivered record at most.
    static std::chrono::minutes longestDelivery(const protocol::history::BolusProgrammedPart1& programmed);
    /// The calibration with a finger stick, accepted or rejected.
    [[nodiscard]] Partner calibrationAfter(std::size_t reading) const;
    [[nodiscard]] Partner readingBefore(std::size_t calibration) const;

    /// What a search does with a record.
    enum class Verdict : std::uint8_t { Pass, Take, Stop };

    /// Searches from `index` (itself excluded) towards older records, as far as those logged at `since`.
    template <typename Judge>
    [[nodiscard]] Partner searchBack(std::size_t index, UtcSeconds since, Judge judge) const {
        while (index > 0) {
            --index;
            if (const auto time = at(index).time; time && *time < since) return {Partner::State::None};
            if (const auto verdict = judge(index); verdict != Verdict::Pass) return conclude(verdict, index);
        }
        return {run_.fromBeginning ? Partner::State::None : Partner::State::Undecided};
    }

    /// The same towards newer records, as far as those logged at `until`.
    template <typename Judge>
    [[nodiscard]] Partner searchForward(std::size_t index, UtcSeconds until, Judge judge) const {
        for (++index; holds(index); ++index) {
            if (const auto time = at(index).time; time && *time > until) return {Partner::State::None};
            if (const auto verdict = judge(index); verdict != Verdict::Pass) return conclude(verdict, index);
        }
        return {Partner::State::Undecided};
    }

    /// Every record that was logged at `time` or later is in the run or was written after its end.
    [[nodiscard]] bool reachesBack(UtcSeconds time) const;
    /// Every record that was logged at `time` or earlier is in the run or was written before its start.
    [[nodiscard]] bool continuesPast(UtcSeconds time) const;

private:
    static Partner conclude(Verdict verdict, std::size_t index) {
        if (verdict == Verdict::Take) return {Partner::State::Found, index};
        return {Partner::State::None};
    }
    [[nodiscard]] bool sameSecond(std::size_t a, std::size_t b) const;
    [[nodiscard]] bool deliveryInTime(std::size_t programmed, std::size_t delivered) const;
    [[nodiscard]] bool sameStick(std::size_t a, std::size_t b) const;
    void pairBoluses();

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    const HistoryRun& run_;
    std::vector<std::size_t> bolusPartner_; ///< programmed <-> delivered, by index
    std::optional<UtcSeconds> oldest_, newest_;
};

} // namespace therapy
