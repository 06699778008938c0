// SPDX-License-Identifier: MIT
// The whole life of a pump: what it will write, and when that is in truth, with a clock that drifts, is set
// and is lost. docs/protocol/history.md 4.2 and 4.3.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"
#include "simulated_time.hpp"

namespace soak {

struct ClockChange {
    Utc at{};
    /// Local minus UTC from then on; empty: date and time are lost.
    std::optional<Seconds> offset;
};

struct LivedRecord {
    Utc at{};                   ///< when it is written
    std::optional<Utc> sampled; ///< when what it tells of was measured
    std::uint32_t number = 0;   ///< of Data Corruption: the one that it stands for
    protocol::Bytes raw;
};

struct LifeSettings {
    std::uint64_t seed = 1;
    Utc begin{};
    int days = 14;
    Seconds offset{0};                ///< local minus UTC at the begin
    int driftPerDay = 0;              ///< seconds
    std::vector<ClockChange> changes; ///< ascending
};

class PumpLife {
public:
    explicit PumpLife(LifeSettings settings);

    [[nodiscard]] const std::vector<LivedRecord>& records() const { return records_; }
    /// What the pump's clock shows.
    [[nodiscard]] protocol::LocalSeconds shows(Utc time) const;
    /// Local minus UTC at a reference; where the clock is not lost.
    struct Offset {
        std::uint32_t reference = 0;
        Seconds offset{0};
        Utc at{};
    };
    [[nodiscard]] const std::vector<Offset>& offsets() const { return offsets_; }

private:
    struct Weaver;

    LifeSettings settings_;
    std::vector<LivedRecord> records_;
    std::vector<Offset> offsets_;
};

} // namespace soak
