// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "therapy/clock_offset.hpp"

namespace bridge::test {

/// A clock that was read and is exactly right: `from` is a number in the segment.
inline therapy::ClockOffset measuredClock(std::uint32_t from, std::chrono::seconds offset) {
    return {from, offset, offset, {}, therapy::OffsetSource::Measured};
}

} // namespace bridge::test
