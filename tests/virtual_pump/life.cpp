// SPDX-License-Identifier: MIT
#include "virtual_pump/life.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/history/record.hpp"
#include "therapy/time_line.hpp"

namespace virtual_pump {

namespace history = protocol::history;

Life cut(std::vector<protocol::Bytes> records, protocol::LocalSeconds now) {
    Life life;
    std::optional<therapy::Reference> reference;
    std::optional<protocol::LocalSeconds> time; // of the record before, where one has none
    for (protocol::Bytes& raw : records) {
        const auto record = history::decode(raw);
        if (record.has_value()) {
            if (const auto found = therapy::toReference(*record)) {
                reference = found; // its offset counts from the reference before it
                time = found->time;
            } else if (reference && record->header.sequenceNumber != history::kCorruptionSequenceNumber) {
                time = reference->time + std::chrono::seconds{record->header.relativeOffset};
            }
        }
        if (time && *time > now) {
            life.coming.push_back({*time, std::move(raw)});
        } else {
            life.past.push_back(std::move(raw));
        }
    }
    return life;
}

ScaledClock::ScaledClock(protocol::LocalSeconds start, double speed,
                         std::function<Steady::time_point()> steady,
                         std::optional<std::chrono::seconds> behind)
    : start_(start), speed_(speed), steady_(std::move(steady)), began_(steady_()) {
    // It gains speed - 1 seconds a second.
    if (behind && speed > 1) caughtUpAfter_ = Seconds(*behind) * (speed / (speed - 1));
}

protocol::LocalSeconds ScaledClock::now() const {
    const Seconds real = steady_() - began_;
    Seconds passed = real * speed_;
    if (caughtUpAfter_ && passed > *caughtUpAfter_)
        passed = *caughtUpAfter_ + (real - *caughtUpAfter_ / speed_);
    return start_ + std::chrono::floor<std::chrono::seconds>(passed);
}

ScaledClock::Steady::duration ScaledClock::until(protocol::LocalSeconds time) const {
    const Seconds passed = time - start_;
    Seconds real = passed / speed_;
    if (caughtUpAfter_ && passed > *caughtUpAfter_)
        real = *caughtUpAfter_ / speed_ + (passed - *caughtUpAfter_);
    // A millisecond more, so that rounding never wakes the pump just before.
    const auto at = began_ + std::chrono::ceil<Steady::duration>(real) + std::chrono::milliseconds(1);
    return std::max(at - steady_(), Steady::duration::zero());
}

} // namespace virtual_pump
