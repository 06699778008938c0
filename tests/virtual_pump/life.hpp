// SPDX-License-Identifier: MIT
// The life that a pump still has before it: when each record of a history is written, and a clock that may
// run faster than ours.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "protocol/codec/bytes.hpp"
#include "protocol/codec/date_time.hpp"

namespace virtual_pump {

struct Coming {
    protocol::LocalSeconds time{}; ///< when the pump writes it
    protocol::Bytes record;
};

struct Life {
    std::vector<protocol::Bytes> past; ///< written at `now` or before
    std::vector<Coming> coming;        ///< in order
};
/// Cuts a history in two. What nothing dates yet is past; a record without a time of its own (Data
/// Corruption) belongs to the one before it.
Life cut(std::vector<protocol::Bytes> records, protocol::LocalSeconds now);

class ScaledClock {
public:
    using Steady = std::chrono::steady_clock;
    /// `speed`: seconds of the pump's clock in a second of `steady`, more than 0.
    ScaledClock(protocol::LocalSeconds start, double speed, std::function<Steady::time_point()> steady);

    [[nodiscard]] protocol::LocalSeconds now() const;
    /// How long until the clock shows `time`; zero when it already does.
    [[nodiscard]] Steady::duration until(protocol::LocalSeconds time) const;

private:
    protocol::LocalSeconds start_;
    double speed_;
    std::function<Steady::time_point()> steady_;
    Steady::time_point began_;
};

} // namespace virtual_pump
