// SPDX-License-Identifier: MIT
// The pump's limits and clock, changed -> Notes, both off by default (docs/nightscout/mapping.md 5.5, 8.14).
#include <array>
#include <cstdio>

#include "nightscout/documents/mappers.hpp"
#include "therapy/time_line.hpp"

namespace nightscout {
namespace {

namespace history = protocol::history;
using std::chrono::seconds;

/// Less is a correction of the clock's drift.
constexpr seconds kWorthTelling{60};

/// "+1:00 h"
std::string signedHours(seconds change) {
    const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(change)).count();
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), "%c%d:%02d h", change < seconds{0} ? '-' : '+',
                                   static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<therapy::Reference> referenceAt(const RecordLinks& view, std::size_t index) {
    const auto& record = view.at(index).record;
    return record ? therapy::toReference(*record) : std::nullopt;
}

/// How far the clock was moved at `reference`; empty while, or because, it cannot be told.
std::optional<seconds> clockChange(const RecordLinks& view, std::size_t index,
                                   const therapy::Reference& reference, UtcSeconds time) {
    if (reference.elapsed == seconds{0}) return std::nullopt;
    std::optional<therapy::Reference> before;
    const auto found = view.searchBack(index, time - kContext, [&](std::size_t i) {
        before = referenceAt(view, i);
        return before ? RecordLinks::Verdict::Take : RecordLinks::Verdict::Pass;
    });
    if (!found.found()) return std::nullopt;
    return reference.time - (before->time + reference.elapsed);
}

} // namespace

void mapMaxBolusChanged(Context& context, std::size_t index) {
    const auto* event = context.view.get<history::MaxBolusAmountChanged>(index);
    const auto time = context.view.at(index).time;
    if (!context.settings.limitNotes || event == nullptr || !time) return;
    const auto before = amountOf(event->oldAmount);
    const auto after = amountOf(event->newAmount);
    if (!before || !after || before == after) return; // logged every midnight
    addNote(context, index, *time, "Max bolus " + text(*before) + " to " + text(*after) + " U");
}

void mapReferenceTime(Context& context, std::size_t index) {
    const auto time = context.view.at(index).time;
    const auto reference = referenceAt(context.view, index);
    if (!context.settings.clockNotes || !reference || !time) return;
    if (reference->reason == history::RecordingReason::DateTimeLoss) {
        addNote(context, index, *time, "Pump lost date and time");
    } else if (reference->reason == history::RecordingReason::SetDateTime) {
        const auto change = clockChange(context.view, index, *reference, *time);
        if (!change || std::chrono::abs(*change) <= kWorthTelling) return;
        addNote(context, index, *time, "Pump clock set " + signedHours(*change));
    }
}

} // namespace nightscout
