// SPDX-License-Identifier: MIT
#include "nightscout/upload/site_failures.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

#include "nightscout/upload/failure_sentence.hpp"

namespace nightscout {
namespace {

using Health = UploadHealth;

constexpr std::size_t index(Collection collection) {
    return static_cast<std::size_t>(collection);
}

FailureScope ownScope(Operation operation, Collection collection) {
    return operation == Operation::Delete ? FailureScope::Deletions : nightscout::scopeOf(collection);
}

} // namespace

SiteFailures::SiteFailures(const BackOff::Policy& policy, std::function<double()> random, unsigned logEvery,
                           const Clock& clock, UploadState& state, spdlog::logger& log)
    : backOff_(policy, std::move(random)),
      logEvery_(std::max(1U, logEvery)),
      clock_(clock),
      state_(state),
      log_(log) {}

FailureScope SiteFailures::failed(const RefusedAttempt& attempt) {
    const auto scope = scopeOf(attempt);
    if (attempt.reply.verdict == Verdict::Refused && attempt.operation != Operation::Delete)
        acceptedSinceRefusal_.reset(index(attempt.collection));
    failed(scope, backOffFailure(attempt.reply, attempt.operation, attempt.collection, scope));
    return scope;
}

void SiteFailures::failed(FailureScope scope, BackOff::Failure failure) {
    const auto wait = backOff_.fail(scope, std::move(failure), clock_.now());
    const auto& state = backOff_.of(scope);
    state_.lastError = state.last.sentence;
    state_.health = backOff_.health();
    const auto seconds = wait.count() / 1000;
    if (state.failures == 1 && state.last.health == Health::Refused)
        log_.error("nightscout: upload stopped, trying again in {} s: {}", seconds, state.last.sentence);
    else if (state.failures == 1)
        log_.warn("nightscout: upload failed: {}", state.last.sentence);
    else if (state.last.health != Health::Refused && state.failures % logEvery_ == 0)
        log_.warn("nightscout: upload still fails, failures={} next_s={}: {}", state.failures, seconds,
                  state.last.sentence);
}

void SiteFailures::succeeded(Operation operation, Collection collection, std::size_t documents) {
    const unsigned ended =
        backOff_.succeed(ownScope(operation, collection)) + backOff_.succeed(FailureScope::Site);
    acceptedSinceRefusal_.set(index(collection));
    state_.lastUpload = clock_.utc();
    log_.debug("nightscout: uploaded collection={} documents={}", name(collection), documents);
    recovered(ended);
}

void SiteFailures::answered() {
    recovered(backOff_.succeed(FailureScope::Site));
}

std::optional<Clock::Time> SiteFailures::nextAttempt(bool onlyPassing) const {
    return backOff_.nextAttempt(clock_.now(), onlyPassing);
}

bool SiteFailures::waits(Collection collection) const {
    return backOff_.waits(nightscout::scopeOf(collection), clock_.now());
}

bool SiteFailures::waits(const OutboxItem& item) const {
    return waits(item.document.collection) ||
           (item.operation == Operation::Delete && backOff_.waits(FailureScope::Deletions, clock_.now()));
}

unsigned SiteFailures::failuresOf(const OutboxItem& item) const {
    return backOff_.of(ownScope(item.operation, item.document.collection)).failures;
}

FailureScope SiteFailures::scopeOf(const RefusedAttempt& attempt) const {
    auto others = acceptedSinceRefusal_;
    others.reset(index(attempt.collection));
    if (attempt.reply.verdict == Verdict::Busy) return FailureScope::Site;
    if (attempt.operation == Operation::Delete && acceptedSinceRefusal_.any()) return FailureScope::Deletions;
    if (attempt.reply.verdict == Verdict::Refused && others.none()) return FailureScope::Site;
    return nightscout::scopeOf(attempt.collection);
}

/// `failures`: that have ended.
void SiteFailures::recovered(unsigned failures) {
    if (failures > 0) log_.info("nightscout: upload works again after failures={}", failures);
    state_.health = backOff_.health();
    if (state_.health == Health::Good) state_.lastError.clear();
}

} // namespace nightscout
