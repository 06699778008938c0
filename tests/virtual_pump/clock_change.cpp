// SPDX-License-Identifier: MIT
#include "virtual_pump/clock_change.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "protocol/history/record.hpp"
#include "therapy/time_line.hpp"

namespace virtual_pump {

namespace history = protocol::history;

std::uint16_t glucoseAt(std::uint32_t sequenceNumber) {
    return static_cast<std::uint16_t>(360 + sequenceNumber % 40);
}

std::vector<protocol::Bytes> clockChange(const std::vector<protocol::Bytes>& records,
                                         history::RecordingReason reason, protocol::LocalSeconds shown,
                                         protocol::LocalSeconds from) {
    std::uint32_t next = 0;
    std::optional<therapy::Reference> last;
    for (auto raw = records.rbegin(); raw != records.rend(); ++raw) { // Clang 14 has no std::views::reverse
        const auto header = history::parseHeader(*raw);
        if (header && header->sequenceNumber != history::kCorruptionSequenceNumber)
            next = std::max(next, header->sequenceNumber + 1);
        if (!last) last = therapy::referenceOf(*raw);
        if (last && next > 0) break;
    }
    std::chrono::seconds elapsed{0};
    if (last && reason != history::RecordingReason::DateTimeLoss)
        elapsed = std::clamp<std::chrono::seconds>(shown - last->time, elapsed, std::chrono::seconds{0xffff});
    const auto record = [](history::EventType type, std::uint32_t number, std::chrono::seconds offset,
                           history::EventData data) {
        return history::encode(
            {{static_cast<std::uint16_t>(type), number, static_cast<std::uint16_t>(offset.count())},
             std::move(data)});
    };
    history::SgMeasurement glucose;
    glucose.sgRaw = glucoseAt(next + 1);
    return {record(history::EventType::NgpReferenceTime, next, elapsed,
                   history::NgpReferenceTime{reason, protocol::DateTime::from(from)}),
            record(history::EventType::SgMeasurement, next + 1, std::chrono::seconds{0}, glucose)};
}

} // namespace virtual_pump
