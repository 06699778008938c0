// SPDX-License-Identifier: MIT
// Which records to ask the pump for next. Pure arithmetic on ranges of sequence numbers.
// docs/architecture.md 4.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "protocol/history/sequence_range.hpp"

namespace bridge {

using protocol::history::SequenceRange;

/// The parts of `wanted` that no range of `covered` (ascending, not overlapping) contains, ascending.
std::vector<SequenceRange> missing(std::span<const SequenceRange> covered, SequenceRange wanted);

/// The newest missing numbers, at most `limit` of them in a row: newest first, so that today's values appear
/// at once.
std::optional<SequenceRange> nextRange(std::span<const SequenceRange> covered, SequenceRange onPump,
                                       std::uint32_t limit);

/// How many sequence numbers a range holds.
constexpr std::uint64_t size(SequenceRange range) {
    return std::uint64_t{range.last} - range.first + 1;
}

} // namespace bridge
