// SPDX-License-Identifier: MIT
// What the site's refusals and failures stop, for how long, and what is said of them.
// docs/nightscout/api.md 9.
#pragma once

#include <bitset>
#include <functional>
#include <optional>

#include "nightscout/documents/document.hpp"
#include "nightscout/upload/back_off.hpp"
#include "nightscout/upload/clock.hpp"
#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/upload_api.hpp"
#include "nightscout/upload/upload_state.hpp"

namespace spdlog {
class logger;
}

namespace nightscout {

/// An attempt that the site answered, but did not accept.
struct RefusedAttempt {
    Reply reply;
    Operation operation{};
    Collection collection{};
};

class SiteFailures {
public:
    /// `random`: uniform in [0, 1), for jitter. `logEvery`: of a row of failures, the first and then each
    /// n-th is logged. `state` is kept up to date.
    SiteFailures(const BackOff::Policy& policy, std::function<double()> random, unsigned logEvery,
                 const Clock& clock, UploadState& state, spdlog::logger& log);

    /// What waits now because of it.
    FailureScope failed(const RefusedAttempt& attempt);
    void failed(FailureScope scope, BackOff::Failure failure);
    void succeeded(Operation operation, Collection collection, std::size_t documents);
    /// The site answered; that says nothing of the right to write.
    void answered();
    /// Other credentials: nothing waits any more.
    void release() { backOff_.release(); }

    [[nodiscard]] bool passes(FailureScope scope) const { return backOff_.of(scope).last.passes; }
    [[nodiscard]] Clock::Time siteWaitsUntil() const { return backOff_.of(FailureScope::Site).until; }
    [[nodiscard]] std::optional<Clock::Time> nextAttempt(bool onlyPassing) const;
    [[nodiscard]] bool waits(Collection collection) const;
    [[nodiscard]] bool waits(const OutboxItem& item) const;
    /// In a row, of what this one belongs to.
    [[nodiscard]] unsigned failuresOf(const OutboxItem& item) const;

private:
    [[nodiscard]] FailureScope scopeOf(const RefusedAttempt& attempt) const;
    void recovered(unsigned failures);

    BackOff backOff_;
    unsigned logEvery_;
    const Clock& clock_;
    UploadState& state_;
    spdlog::logger& log_;
    std::bitset<kCollections> acceptedSinceRefusal_; ///< a right that is missing, or a wrong secret
};

} // namespace nightscout
