// SPDX-License-Identifier: MIT
// Histories for the virtual pump: generated from a seed, or read from a file of hexadecimal records; and what
// is in them, counted without the mapping under test.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"

namespace virtual_pump {

struct GeneratorSettings {
    std::uint64_t seed = 1;
    int days = 5;
    std::uint32_t firstSequenceNumber = 53005;
    protocol::LocalSeconds end{}; ///< pump time of the last record
};
/// A plausible life on SmartGuard: glucose every five minutes with meals and nights, micro boluses and
/// automatic corrections, user boluses with meals, references and contexts every hour, set changes, alarms,
/// finger sticks, a sensor gap with back-filled values, manual hours with square, dual and stopped boluses,
/// and one of every other event type, unknown ones included. About 1,200 records a day, contiguous numbers,
/// deterministic.
std::vector<protocol::Bytes> generateHistory(const GeneratorSettings& settings);

/// One record a line in hexadecimal; blank lines and lines that begin with '#' are skipped. The message names
/// the file and the line. Throws std::runtime_error.
std::vector<protocol::Bytes> readHistoryFile(const std::string& path);

/// Moves every reference time by whole seconds so that the last record happens at `end` (of the pump's
/// clock). Records with a time of their own inside (annunciations) move along.
void shiftToEndAt(std::vector<protocol::Bytes>& records, protocol::LocalSeconds end);

/// What a complete upload of these records must show, by plain counting.
struct Inventory {
    std::size_t records = 0;
    std::size_t glucose = 0;           ///< SG values 1..0x02ff, above 400, below 50
    std::size_t mealBoluses = 0;       ///< delivered fast boluses of the user with carbs
    std::size_t correctionBoluses = 0; ///< delivered fast boluses of the user without carbs
    std::size_t automaticCorrections = 0;
    std::size_t comboBoluses = 0;    ///< square and dual
    std::size_t carbCorrections = 0; ///< meals > 0 g without a delivered bolus
    std::size_t fingerSticks = 0;
    double insulin = 0; ///< U, fast parts of all delivered boluses
    double carbs = 0;   ///< g
    std::optional<int>
        lastGlucose; ///< mg/dL of the last SG record with a value, as uploaded (40, 401 for limits)
    [[nodiscard]] std::string json() const;
};
Inventory takeInventory(const std::vector<protocol::Bytes>& records);

} // namespace virtual_pump
