// SPDX-License-Identifier: MIT
// How fast glucose moves: the pump's own trend where it was read live, else by the samples before. Facts:
// docs/nightscout/mapping.md 9.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "therapy/record_links.hpp"

namespace therapy {

/// mg/dL; empty for codes, and beyond the pump's range, which ends at 400
/// (docs/nightscout/mapping.md 9.3).
[[nodiscard]] std::optional<int> measuredGlucose(const protocol::history::SgMeasurement& measurement);
/// Above the range, by the code for it or by a value that the pump does not show.
[[nodiscard]] bool isAboveRange(const protocol::history::SgMeasurement& measurement);

struct GlucoseTrend {
    enum class State : std::uint8_t {
        Known,
        None,      ///< no sample before it is near enough, for good
        Undecided, ///< the run begins before it can be told
    };
    State state = State::Undecided;
    bool falling = false;
    std::int64_t steepness = 0; ///< whole mg/dL per minute, towards zero, without its sign
};

/// The trend of the sensor glucose record at `index`, which has `milligrams` mg/dL and a sample time. Samples
/// that come in later do not count: a trend is decided once.
[[nodiscard]] GlucoseTrend glucoseTrendAt(const RecordLinks& links, std::size_t index, int milligrams);

} // namespace therapy
