// SPDX-License-Identifier: MIT
#include "nightscout/upload/back_off.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nightscout {

BackOff::BackOff(Policy policy, std::function<double()> random)
    : policy_(policy), random_(std::move(random)) {}

BackOff::Wait BackOff::fail(FailureScope scope, Failure failure, Time now) {
    auto& state = states_.at(static_cast<std::size_t>(scope));
    const std::size_t before = state.failures++;
    const Wait own = failure.refused ? policy_.refused.at(std::min(before, policy_.refused.size() - 1))
                                     : step(state.failures);
    const Wait wait = std::max<Wait>(own, failure.atLeast);
    state.until = now + wait;
    state.last = std::move(failure);
    return wait;
}

unsigned BackOff::succeed(FailureScope scope) {
    return std::exchange(states_.at(static_cast<std::size_t>(scope)), State{}).failures;
}

void BackOff::release() {
    for (auto& state : states_)
        if (state.last.refused) state.until = {};
}

std::optional<BackOff::Time> BackOff::nextAttempt(Time now, bool passing) const {
    std::optional<Time> first;
    for (const auto& state : states_)
        if (state.until > now && (state.last.passes || !passing) && (!first || state.until < *first))
            first = state.until;
    return first;
}

UploadHealth BackOff::health() const {
    auto worst = UploadHealth::Good;
    for (const auto& state : states_) worst = std::max(worst, state.last.health);
    return worst;
}

BackOff::Wait BackOff::step(unsigned failures) const {
    const double doubled = static_cast<double>(policy_.first.count()) *
                           std::exp2(static_cast<double>(failures > 0 ? failures - 1 : 0));
    const double capped = std::min(doubled, static_cast<double>(policy_.longest.count()));
    return Wait(std::llround(capped * (1.0 + policy_.jitter * (2.0 * random_() - 1.0))));
}

} // namespace nightscout
