// SPDX-License-Identifier: MIT
#include "nightscout/upload/uploader.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <numeric>
#include <utility>

namespace nightscout {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Health = UploadState::Health;

constexpr std::size_t index(Collection collection) {
    return static_cast<std::size_t>(collection);
}

std::string sentenceFor(Verdict verdict, const std::string& reason, Operation operation,
                        Collection collection, bool wholeSite) {
    const std::string what(name(collection));
    switch (verdict) {
        case Verdict::Refused:
            if (wholeSite) return "the site refuses the API secret or token: " + reason;
            return "the API secret or token may not " +
                   std::string(operation == Operation::Delete ? "delete " : "write ") + what + ": " + reason;
        case Verdict::NotFound:
            if (collection == Collection::Treatments)
                return "the site does not take treatments: add careportal to its ENABLE setting (" + reason +
                       ")";
            return "the site has no /api/v1/" + what + ": is its address right? (" + reason + ")";
        case Verdict::Busy:
            return "the site cannot answer at present: " + reason;
        default:
            return "the site does not take " + what + ": " + reason;
    }
}

} // namespace

Uploader::Uploader(asio::any_io_executor executor, Client& client, Outbox& outbox, UploadPolicy policy,
                   std::function<double()> random, spdlog::logger& log)
    : executor_(std::move(executor)),
      client_(client),
      outbox_(outbox),
      policy_(std::move(policy)),
      random_(std::move(random)),
      log_(log),
      wake_(executor_),
      batchBytes_(policy_.batchBytes) {}

void Uploader::wake() {
    wake_.cancel();
}

asio::awaitable<void> Uploader::run() {
    try {
        for (;;) {
            co_await waitUntil(troubles_[kSite].until, false);
            const Step step = co_await uploadBatch();
            if (step == Step::Idle) co_await waitUntil(nextMend(false).value_or(Time::max()), true);
        }
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
}

asio::awaitable<bool> Uploader::drain(int retries) {
    int failures = 0;
    for (;;) {
        co_await waitUntil(troubles_[kSite].until, false);
        const std::uint64_t before = handled();
        const Step step = co_await uploadBatch();
        if (handled() != before) failures = 0; // a batch may fail half-way
        if (step == Step::Failed) {
            if (++failures > retries) co_return false;
        } else if (step == Step::Refused) {
            if (!troubles_[kSite].mendable) co_return false; // else the other collections go on
        } else if (step == Step::Idle) {
            if (outbox_.depth() == 0) co_return true;
            const auto mend = nextMend(true);
            if (!mend) co_return false;
            co_await waitUntil(*mend, true);
        }
    }
}

/// Documents that left the outbox through us.
std::uint64_t Uploader::handled() const {
    return std::accumulate(accepted_.begin(), accepted_.end(), state_.setAside);
}

asio::awaitable<Uploader::Step> Uploader::uploadBatch() {
    releaseHolds();
    auto items = outbox_.next(policy_.batchDocuments, batchBytes_);
    if (items.empty() || isBlocked(items.front())) co_return Step::Idle;
    try {
        const Outcome failure = co_await upload(std::move(items));
        if (!failure) co_return Step::Moved;
        const FailureScope slot = noteFailure(*failure);
        co_return troubles_[slot].mendable ? Step::Failed : Step::Refused;
    } catch (const TransportError& error) {
        noteTransportFailure(error);
        co_return troubles_[kSite].mendable ? Step::Failed : Step::Refused;
    }
}

asio::awaitable<Uploader::Outcome> Uploader::upload(std::vector<OutboxItem> items) {
    const Operation operation = items.front().operation;
    if (operation == Operation::Post) {
        co_return co_await post(std::move(items));
    }
    Outcome unsettled; // one document's trouble does not keep the next ones waiting
    for (unsigned failures = 0; auto& item : items) {
        Outcome failure;
        if (operation == Operation::Put)
            failure = co_await put(std::move(item));
        else
            failure = co_await remove(std::move(item));
        if (!failure) continue;
        const bool general = failure->verdict != Verdict::ServerError &&
                             failure->verdict != Verdict::Rejected && failure->verdict != Verdict::TooLarge;
        if (general || ++failures >= policy_.isolateAfter) co_return failure;
        unsettled = std::move(failure);
    }
    co_return unsettled;
}

asio::awaitable<void> Uploader::waitUntil(Time time, bool untilWoken) {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    while (Steady::now() < time) {
        boost::system::error_code woken;
        wake_.expires_at(time);
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (cancellation.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
        if (untilWoken) co_return;
    }
}

/// The outbox leaves held collections out; deletions wait by themselves, for they come last anyway.
bool Uploader::isBlocked(const OutboxItem& item) const {
    const auto now = Steady::now();
    return now < troubles_[index(item.document.collection)].until ||
           (item.operation == Operation::Delete && now < troubles_[kDeletions].until);
}

void Uploader::releaseHolds() {
    const auto now = Steady::now();
    for (const auto collection :
         {Collection::Entries, Collection::Treatments, Collection::DeviceStatus, Collection::Profile})
        if (now >= troubles_[index(collection)].until) outbox_.setHeld(collection, false);
}

Uploader::FailureScope Uploader::slotOf(const Failure& failure) const {
    auto others = welcome_;
    others.reset(index(failure.collection));
    if (failure.verdict == Verdict::Busy) return kSite;
    if (failure.operation == Operation::Delete && welcome_.any()) return kDeletions;
    if (failure.verdict == Verdict::Refused && others.none()) return kSite;
    return static_cast<FailureScope>(index(failure.collection));
}

Uploader::FailureScope Uploader::noteFailure(const Failure& failure) {
    const FailureScope slot = slotOf(failure);
    if (failure.verdict == Verdict::Refused && failure.operation != Operation::Delete)
        welcome_.reset(index(failure.collection));
    const bool waits = failure.verdict == Verdict::Refused || failure.verdict == Verdict::NotFound;
    auto& trouble = troubles_[slot];
    trouble.mendable = !waits;
    trouble.health = failure.verdict == Verdict::Refused ? Health::Refused : Health::Failing;
    trouble.sentence =
        sentenceFor(failure.verdict, failure.reason, failure.operation, failure.collection, slot == kSite);
    const milliseconds asked = failure.retryAfter.value_or(std::chrono::seconds(0));
    postpone(slot, std::max(asked, waits ? policy_.refusedRetry : backoff(trouble.failures + 1)));
    if (slot < kDeletions) outbox_.setHeld(failure.collection, true);
    return slot;
}

void Uploader::noteTransportFailure(const TransportError& error) {
    using Cause = TransportError::Kind;
    auto& trouble = troubles_[kSite];
    const bool unreachable = error.kind() == Cause::Unreachable || error.kind() == Cause::Timeout;
    trouble.mendable = error.kind() != Cause::Certificate && error.kind() != Cause::Redirected;
    trouble.health = unreachable ? Health::Unreachable : Health::Failing;
    trouble.sentence = error.what();
    postpone(kSite, backoff(trouble.failures + 1));
}

void Uploader::postpone(FailureScope slot, milliseconds wait) {
    auto& trouble = troubles_[slot];
    const bool first = trouble.failures++ == 0;
    trouble.until = Steady::now() + wait;
    state_.lastError = trouble.sentence;
    updateHealth();
    if (first && trouble.health == Health::Refused)
        log_.error("nightscout: upload stopped, trying again each {} s: {}", wait.count() / 1000,
                   trouble.sentence);
    else if (first)
        log_.warn("nightscout: upload failed: {}", trouble.sentence);
    else if (trouble.health != Health::Refused && trouble.failures % std::max(1U, policy_.logEvery) == 0)
        log_.warn("nightscout: upload still fails, failures={} next_s={}: {}", trouble.failures,
                  wait.count() / 1000, trouble.sentence);
}

void Uploader::noteSuccess(Operation operation, Collection collection, std::size_t documents) {
    const auto own =
        operation == Operation::Delete ? kDeletions : static_cast<FailureScope>(index(collection));
    unsigned mended = 0;
    for (const FailureScope slot : {own, kSite})
        mended += std::exchange(troubles_[slot], BackoffState{}).failures;
    welcome_.set(index(collection));
    if (policy_.now) state_.lastUpload = policy_.now();
    if (mended > 0) log_.info("nightscout: upload works again after failures={}", mended);
    log_.debug("nightscout: uploaded collection={} documents={}", name(collection), documents);
    updateHealth();
}

void Uploader::updateHealth() {
    state_.health = Health::Good;
    for (const auto& trouble : troubles_) state_.health = std::max(state_.health, trouble.health);
    if (state_.health == Health::Good) state_.lastError.clear();
}

milliseconds Uploader::backoff(unsigned failures) const {
    const double doubled = static_cast<double>(policy_.firstBackoff.count()) *
                           std::exp2(static_cast<double>(failures > 0 ? failures - 1 : 0));
    const double capped = std::min(doubled, static_cast<double>(policy_.longestBackoff.count()));
    return milliseconds(std::llround(capped * (1.0 + policy_.jitter * (2.0 * random_() - 1.0))));
}

/// When the first of what is in trouble may be tried again.
std::optional<Uploader::Time> Uploader::nextMend(bool byItself) const {
    std::optional<Time> first;
    for (const auto& trouble : troubles_)
        if (trouble.until > Steady::now() && (trouble.mendable || !byItself) &&
            (!first || trouble.until < *first))
            first = trouble.until;
    return first;
}

} // namespace nightscout
