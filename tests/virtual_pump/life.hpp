// SPDX-License-Identifier: MIT
// The life that a pump still has before it: when each record of a history is written, and a clock that may
// run faster than ours.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
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
    /// `speed`: seconds of the pump's clock in a second of `steady`, more than 0. `behind`: so far the clock
    /// is behind at its start; once it has caught up it runs as fast as `steady`. Empty: it never does.
    ScaledClock(protocol::LocalSeconds start, double speed, std::function<Steady::time_point()> steady,
                std::optional<std::chrono::seconds> behind = std::nullopt);

    [[nodiscard]] protocol::LocalSeconds now() const;
    /// How long until the clock shows `time`; zero when it already does.
    [[nodiscard]] Steady::duration until(protocol::LocalSeconds time) const;

private:
    using Seconds = std::chrono::duration<double>;

    protocol::LocalSeconds start_;
    double speed_;
    std::function<Steady::time_point()> steady_;
    Steady::time_point began_;
    std::optional<Seconds> caughtUpAfter_; ///< of the pump's clock
};

} // namespace virtual_pump
