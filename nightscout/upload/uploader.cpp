// SPDX-License-Identifier: MIT
#include "nightscout/upload/uploader.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <set>
#include <utility>

#include "nightscout/documents/device_status.hpp"
#include "nightscout/upload/failure_sentence.hpp"
#include "nightscout/upload/refusal.hpp"

namespace nightscout {
namespace {

/// What was refused is looked at again by then, whatever happens to the clock.
constexpr std::chrono::hours kLongestSleepWithRefusals{1};

/// Lists in braces inside a coroutine are too much for GCC 12.
std::vector<Acknowledgement> one(std::int64_t id, const std::optional<std::string>& serverId) {
    return {Acknowledgement{id, serverId}};
}

} // namespace

Uploader::Uploader(Clock& clock, Client& client, Outbox& outbox, UploadPolicy policy,
                   std::function<double()> random, spdlog::logger& log)
    : clock_(clock),
      api_(client),
      outbox_(outbox),
      policy_(policy),
      failures_(policy.backOff, std::move(random), policy.logEvery, clock, state_, log),
      log_(log),
      batch_(policy_.batchDocuments, policy_.batchBytes) {}

void Uploader::credentialsChanged() {
    failures_.release();
    mayUpdate_ = true;
    wake();
}

void Uploader::trustClock(bool trusted) {
    clockTrusted_ = trusted;
    wake();
}

asio::awaitable<void> Uploader::run() {
    try {
        outbox_.retryRefused();
        for (;;) {
            co_await waitForSite();
            const Step step = co_await uploadBatch();
            if (step == Step::Idle) co_await sleepUntil(nextStep());
        }
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    }
}

asio::awaitable<bool> Uploader::drain(int retries) {
    outbox_.retryRefused();
    int failures = 0;
    for (;;) {
        co_await waitForSite();
        const std::uint64_t before = progress_;
        const Step step = co_await uploadBatch();
        if (progress_ != before) failures = 0; // a batch may fail half-way
        if (step == Step::Failed) {
            if (++failures > retries) co_return false;
        } else if (step == Step::Refused) {
            if (!failures_.passes(FailureScope::Site)) co_return false; // else the others go on
        } else if (step == Step::Idle) {
            const auto passing = failures_.nextAttempt(true);
            if (!passing) co_return !failures_.nextAttempt(false) || outbox_.depth() == 0;
            co_await sleepUntil(*passing);
        }
    }
}

asio::awaitable<Uploader::Step> Uploader::uploadBatch() {
    holdWhatWaits();
    batch_.tick(clock_.now());
    const bool asks = inquiry_ != nullptr && inquiry_->isOpen();
    Items items;
    if (!asks) items = outbox_.next(policy_.batchDocuments, batch_.bytes(), clock_.utc());
    // The outbox leaves held collections out; deletions wait by themselves, for they come last anyway.
    if (!asks && (items.empty() || failures_.waits(items.front()))) co_return Step::Idle;
    auto scope = FailureScope::Site;
    try {
        Outcome failure;
        if (asks)
            failure = co_await inquire();
        else
            failure = co_await upload(std::move(items));
        state_.requests = api_.requests();
        if (!failure) co_return Step::Moved;
        scope = failures_.failed(*failure);
    } catch (const TransportError& error) {
        state_.requests = api_.requests();
        failures_.failed(FailureScope::Site, backOffFailure(error, clockTrusted_));
    }
    co_return failures_.passes(scope) ? Step::Failed : Step::Refused;
}

asio::awaitable<Uploader::Outcome> Uploader::inquire() {
    Reply reply = co_await inquiry_->ask(api_);
    if (!reply.accepted()) co_return RefusedAttempt{std::move(reply), Operation::Post, Collection::Entries};
    ++progress_;
    failures_.answered();
    co_return std::nullopt;
}

/// One attempt that may fail: a document that the site refused alone is compared with a good one first; where
/// there is none, the others go before it.
asio::awaitable<Uploader::Outcome> Uploader::upload(Items items) {
    removeUnsendable(items);
    if (items.empty()) co_return std::nullopt;
    const Items suspects = suspects_.takeFrom(items);
    if (suspects.empty()) co_return co_await sendAll(std::move(items));
    const OutboxItem& next = suspects_.next(suspects);
    if (auto good = accepted_.like(next.document, outbox_))
        co_return co_await examine(next, std::move(*good));
    if (items.empty()) items.push_back(next);
    co_return co_await sendAll(std::move(items));
}

asio::awaitable<Uploader::Outcome> Uploader::sendAll(Items items) {
    const OutboxItem& first = items.front();
    if (first.operation == Operation::Post) {
        const bool alone = first.document.collection == Collection::DeviceStatus;
        const std::size_t most = alone ? 1 : batch_.documents(first.document.collection);
        if (items.size() > most) items.resize(most);
        Reply reply = co_await attempt(items);
        co_return outcomeOf(items, std::move(reply));
    }
    for (auto& item : items) {
        const Items alone(1, item);
        Reply reply = co_await attempt(alone);
        if (auto failure = outcomeOf(alone, std::move(reply))) co_return failure;
    }
    co_return std::nullopt;
}

asio::awaitable<Reply> Uploader::attempt(const Items& items) {
    switch (items.front().operation) {
        case Operation::Put:
            co_return co_await put(items.front());
        case Operation::Delete:
            co_return co_await remove(items.front());
        case Operation::Post:
            break;
    }
    co_return co_await post(items);
}

asio::awaitable<Reply> Uploader::post(const Items& items) {
    const OutboxItem& first = items.front();
    if (first.document.collection == Collection::DeviceStatus && first.attempts > 0) {
        const auto present = co_await api_.findDeviceStatus(first.document);
        if (!present.reply.accepted()) co_return present.reply;
        if (present.serverId) {
            acknowledge(items, one(first.id, present.serverId));
            co_return present.reply;
        }
    }
    std::vector<std::int64_t> ids;
    for (const auto& item : items) ids.push_back(item.id);
    outbox_.countAttempt(ids);
    auto posted = co_await api_.post(items);
    if (posted.reply.verdict == Verdict::TooLarge) batch_.tooLarge(posted.bytes, clock_.now());
    if (!posted.stored.empty()) acknowledge(items, posted.stored);
    co_return std::move(posted.reply);
}

asio::awaitable<Reply> Uploader::put(const OutboxItem& item) {
    const Items alone(1, item);
    // Entries have no PUT: a POST of the same time and type replaces (docs/nightscout/api.md 5.2).
    if (item.document.collection != Collection::Treatments || !mayUpdate_) co_return co_await post(alone);
    auto serverId = item.serverId;
    if (!serverId) {
        auto found = co_await api_.findTreatment(item.document);
        if (!found.reply.accepted()) co_return std::move(found.reply);
        serverId = std::move(found.serverId);
    }
    if (!serverId) co_return co_await post(alone);
    outbox_.countAttempt({&item.id, 1});
    Reply reply = co_await api_.put(item, *serverId);
    if (reply.accepted()) acknowledge(alone, one(item.id, serverId));
    if (reply.verdict != Verdict::Refused) co_return reply;
    // A token without the right to update (docs/nightscout/api.md 10.3).
    Reply posted = co_await post(alone);
    if (posted.accepted() && std::exchange(mayUpdate_, false))
        log_.warn("nightscout: the token may not update, changed documents are posted again: {}",
                  reply.reason);
    co_return posted;
}

asio::awaitable<Reply> Uploader::remove(const OutboxItem& item) {
    outbox_.countAttempt({&item.id, 1});
    Reply reply = co_await api_.remove(item);
    if (reply.accepted()) acknowledge(Items(1, item), one(item.id, std::nullopt));
    co_return reply;
}

asio::awaitable<Uploader::Outcome> Uploader::examine(OutboxItem item, Document knownGood) {
    suspects_.add(item); // the last to be compared, should this fail
    if (auto failure = co_await repeat(knownGood)) co_return failure;
    const Items alone(1, item);
    Reply reply = co_await attempt(alone);
    if (reply.accepted()) co_return std::nullopt;
    const OutboxItem& sent = alone.front();
    if (!isAboutDocuments(reply.verdict) && reply.verdict != Verdict::ServerError)
        co_return RefusedAttempt{std::move(reply), sent.operation, sent.document.collection};
    if (auto failure = co_await repeat(knownGood)) co_return failure;
    refuse(sent, refusedAgain(sent, reply.verdict, std::move(reply.reason), clock_.utc()));
    co_return std::nullopt;
}

/// The site has it: once more changes nothing.
asio::awaitable<Uploader::Outcome> Uploader::repeat(Document knownGood) {
    OutboxItem item;
    item.document = std::move(knownGood);
    const Items alone(1, item);
    const Document& document = alone.front().document;
    auto posted = co_await api_.post(alone);
    if (posted.reply.accepted()) {
        failures_.succeeded(Operation::Post, document.collection, 0);
        co_return std::nullopt;
    }
    accepted_.forget(document);
    co_return RefusedAttempt{std::move(posted.reply), Operation::Post, document.collection};
}

/// Its back-off may end before its time: credentialsChanged().
asio::awaitable<void> Uploader::waitForSite() {
    while (clock_.now() < failures_.siteWaitsUntil()) co_await clock_.wait(failures_.siteWaitsUntil());
}

asio::awaitable<void> Uploader::sleepUntil(Clock::Time time) {
    if (clock_.now() < time) co_await clock_.wait(time);
}

/// A batch that is refused is halved, until a document is refused alone.
Uploader::Outcome Uploader::outcomeOf(const Items& items, Reply reply) {
    const OutboxItem& first = items.front();
    const Collection collection = first.document.collection;
    if (reply.accepted()) {
        if (first.operation == Operation::Post) batch_.accepted(collection);
        return std::nullopt;
    }
    const bool isolates =
        isAboutDocuments(reply.verdict) || (reply.verdict == Verdict::ServerError && isIsolating(first));
    if (isolates && items.size() > 1) {
        batch_.refused(collection, items.size());
        ++progress_;
    } else if (isolates) {
        suspects_.add(first);
    }
    return RefusedAttempt{std::move(reply), first.operation, collection};
}

void Uploader::removeUnsendable(Items& items) {
    const auto limit = clock_.utc() - kStatusLifetime;
    std::vector<Acknowledgement> outdated;
    std::erase_if(items, [&](const OutboxItem& item) {
        const bool old = item.document.collection == Collection::DeviceStatus && item.document.time < limit;
        if (old) outdated.push_back({item.id, std::nullopt});
        return old;
    });
    if (!outdated.empty()) {
        outbox_.acknowledge(outdated);
        for (const auto& item : outdated) suspects_.erase(item.id);
        log_.debug("nightscout: dropped outdated device statuses={}", outdated.size());
    }
    std::erase_if(items, [this](const OutboxItem& item) {
        auto reason = whyUnsendable(item);
        if (reason) refuse(item, unsendable(std::move(*reason), clock_.utc()));
        return reason.has_value();
    });
}

void Uploader::refuse(const OutboxItem& item, const Refusal& refusal) {
    outbox_.refuse(item.id, refusal);
    suspects_.erase(item.id);
    ++progress_;
    ++state_.refused;
    state_.lastRefusal = refusal.reason;
    const bool first = refusal.setAside && item.refusals < kProofOccasions;
    if (refusal.setAside) ++state_.setAside;
    if (first)
        log_.error("nightscout: the site does not take a document, set aside, tried again daily id={}: {}",
                   item.id, refusal.reason);
    else
        log_.warn("nightscout: the site refuses a document, tried again later id={} occasions={}: {}",
                  item.id, refusal.occasions, refusal.reason);
}

void Uploader::acknowledge(const Items& sent, const std::vector<Acknowledgement>& stored) {
    const OutboxItem& first = sent.front();
    const Collection collection = first.document.collection;
    outbox_.acknowledge(stored);
    progress_ += stored.size();
    for (const auto& item : stored) suspects_.erase(item.id);
    suspects_.accepted(collection);
    if (first.operation == Operation::Post) {
        std::set<std::int64_t> ids;
        for (const auto& item : stored) ids.insert(item.id);
        for (const auto& item : sent)
            if (ids.contains(item.id)) accepted_.remember(item.document);
    }
    if (first.operation != Operation::Delete) state_.uploaded += stored.size();
    failures_.succeeded(first.operation, collection, stored.size());
}

bool Uploader::isIsolating(const OutboxItem& item) const {
    return failures_.failuresOf(item) + 1 >= policy_.isolateAfter ||
           (item.operation == Operation::Post && batch_.isReduced(item.document.collection));
}

/// When there may be something to do although nobody says so.
Clock::Time Uploader::nextStep() {
    const auto now = clock_.now();
    auto next = failures_.nextAttempt(false).value_or(Clock::Time::max());
    const auto utc = clock_.utc();
    if (const auto retry = outbox_.nextRetry(); retry && *retry > utc)
        next = std::min<Clock::Time>(
            next, now + std::min<std::chrono::seconds>(*retry - utc, kLongestSleepWithRefusals));
    return next;
}

void Uploader::holdWhatWaits() {
    for (const auto collection : {Collection::Entries, Collection::Treatments, Collection::DeviceStatus})
        outbox_.setHeld(collection, failures_.waits(collection));
    if (!clockTrusted_) outbox_.setHeld(Collection::DeviceStatus, true);
}

} // namespace nightscout
