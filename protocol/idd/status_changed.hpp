// SPDX-License-Identifier: MIT
// IDD Status Changed (vendor 0x0101): what to read anew. Facts: docs/protocol/services.md 6.
//
// Flags in one to three blocks of 16 bits; the top bit of a block announces the next one. A bit stays set
// until it is reset, and the pump is silent about set bits: each indication is answered by Reset Status with
// the flags that were acted upon (status_reader.hpp).
#pragma once

#include <cstdint>
#include <initializer_list>

#include "protocol/codec/bytes.hpp"
#include "protocol/history/record.hpp"

namespace protocol::idd {

/// Bit numbers.
enum class Change : std::uint8_t {
    TherapyControlState = 0,
    OperationalState = 1,
    Reservoir = 2, ///< every delivery
    Annunciation = 3,
    TotalDailyInsulin = 4,
    ActiveBasalRate = 5,
    ActiveBolus = 6,
    HistoryEvent = 7,
    TimeInRange = 8,
    Extended = 15, ///< announces the second block
    TherapyAlgorithmState = 16,
    InsulinOnBoard = 17,
    NewCgmMeasurement = 18, ///< the only push for a new glucose value
    SensorEndOfLife = 19,   ///< by name; comes with every NewCgmMeasurement
    CgmCalibration = 20,
    SensorMessage = 21,
    SensorConnectivity = 22,
    DisplayFormat = 23,
    HighLowSettings = 24,
    SensorChanged = 25,
    CgmCalibrationContext = 26,
    TimeOfCalibrationRecommended = 27,
    RemoteBolusOption = 28,
    LocalUserInteraction = 29,
    SensorWarmUpTimeRemaining = 30,
    Extended1 = 31, ///< announces the third block
    SensorCalibrationStatusIcon = 32,
    EarlySensorCalibrationTime = 33,
};

struct StatusChanged {
    std::uint64_t flags = 0; ///< 48 bits; bits without a meaning are kept

    /// With the marks of the blocks that it takes.
    static StatusChanged of(std::initializer_list<Change> changes);

    [[nodiscard]] bool has(Change change) const { return (flags >> static_cast<unsigned>(change) & 1U) != 0; }
    /// Blocks of 16 bits on the wire: 1..3.
    [[nodiscard]] unsigned blocks() const;

    /// Indications that arrived meanwhile are reset together.
    friend StatusChanged operator|(StatusChanged a, StatusChanged b) { return {a.flags | b.flags}; }
    friend bool operator==(const StatusChanged&, const StatusChanged&) = default;
};

Parsed<StatusChanged> parseStatusChanged(ByteView bytes);
/// Writes the marks that higher bits need, whether they are set or not.
Bytes serialize(const StatusChanged& value);
void describe(const StatusChanged& value, history::FieldSink& sink);

} // namespace protocol::idd
