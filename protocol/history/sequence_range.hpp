// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace protocol::history {

/// Of sequence numbers, both ends included.
struct SequenceRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

} // namespace protocol::history
