// SPDX-License-Identifier: MIT
#include "bridge/session/sync_plan.hpp"

#include <algorithm>

namespace bridge {

std::vector<SequenceRange> missing(std::span<const SequenceRange> covered, SequenceRange wanted) {
    std::vector<SequenceRange> gaps;
    std::uint64_t at = wanted.first; // 64 bits: one past the last number must not wrap
    for (const SequenceRange& range : covered) {
        if (range.last < at) continue;
        if (range.first > wanted.last) break;
        if (range.first > at) gaps.push_back({static_cast<std::uint32_t>(at), range.first - 1});
        at = std::uint64_t{range.last} + 1;
        if (at > wanted.last) return gaps;
    }
    if (at <= wanted.last) gaps.push_back({static_cast<std::uint32_t>(at), wanted.last});
    return gaps;
}

std::optional<SequenceRange> nextRange(std::span<const SequenceRange> covered, SequenceRange onPump,
                                       std::uint32_t limit) {
    const auto gaps = missing(covered, onPump);
    if (gaps.empty()) return std::nullopt;
    SequenceRange newest = gaps.back();
    if (size(newest) > limit) newest.first = newest.last - (limit - 1);
    return newest;
}

} // namespace bridge
