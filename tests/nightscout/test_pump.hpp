// SPDX-License-Identifier: MIT
// The documents of the one pump that most tests have.
#pragma once

#include <string_view>
#include <vector>

#include "nightscout/documents/device_status.hpp"
#include "nightscout/documents/mapping.hpp"
#include "nightscout/documents/status_events.hpp"

namespace nightscout {

namespace test {
inline constexpr std::string_view kSerial = "NG1234567H";
} // namespace test

inline std::vector<Document> map(const HistoryRun& history, const MappingSettings& settings,
                                 std::uint32_t firstSequence = 0, std::uint32_t lastSequence = 0xffffffff) {
    return map(history, test::kSerial, settings, firstSequence, lastSequence);
}
inline MappedRecords mapRecords(const HistoryRun& history, const MappingSettings& settings) {
    return mapRecords(history, test::kSerial, settings);
}

inline Document deviceStatus(const PumpStatus& status, const MappingSettings& settings) {
    return deviceStatus(status, test::kSerial, settings);
}

inline std::vector<Document> statusEvents(const PumpStatus& status, const MappingSettings& settings,
                                          StatusMemory& memory) {
    return statusEvents(status, test::kSerial, settings, memory);
}

} // namespace nightscout
