// SPDX-License-Identifier: MIT
// What a pump writes when its clock is set or lost: docs/protocol/history.md 4.3.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "protocol/history/device_events.hpp"

namespace virtual_pump {

/// Where a clock begins that was lost.
inline constexpr protocol::LocalSeconds kLostTime{
    std::chrono::local_days{std::chrono::year{2020} / std::chrono::January / 1}};

/// The value of that glucose record: higher than what is generated as a rule.
std::uint16_t glucoseAt(std::uint32_t sequenceNumber);

/// The reference that says so, and a glucose value of that second. `shown`: by the clock until now; `from`:
/// by the clock from now on.
std::vector<protocol::Bytes> clockChange(const std::vector<protocol::Bytes>& history,
                                         protocol::history::RecordingReason reason,
                                         protocol::LocalSeconds shown, protocol::LocalSeconds from);

} // namespace virtual_pump
