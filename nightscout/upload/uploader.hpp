// SPDX-License-Identifier: MIT
// Empties the outbox into one Nightscout site, and says how that goes. Facts: docs/architecture.md 8,
// docs/nightscout/api.md 4.4 and 10.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nightscout/upload/accepted_documents.hpp"
#include "nightscout/upload/back_off.hpp"
#include "nightscout/upload/batch_size.hpp"
#include "nightscout/upload/clock.hpp"
#include "nightscout/upload/inquiry.hpp"
#include "nightscout/upload/outbox.hpp"
#include "nightscout/upload/site_failures.hpp"
#include "nightscout/upload/suspect_documents.hpp"
#include "nightscout/upload/upload_api.hpp"
#include "nightscout/upload/upload_state.hpp"

namespace spdlog {
class logger;
}

namespace nightscout {

struct UploadPolicy {
    std::size_t batchDocuments = 200;
    std::size_t batchBytes = std::size_t{256} * 1024;
    BackOff::Policy backOff;
    /// After so many server errors (500) in a row a batch is taken apart to find the document that causes it.
    unsigned isolateAfter = 3;
    unsigned logEvery = 10; ///< of a row of failures, the first and then each n-th is logged
};

class Uploader {
public:
    /// `random`: uniform in [0, 1), for jitter.
    Uploader(Clock& clock, Client& client, Outbox& outbox, UploadPolicy policy,
             std::function<double()> random, spdlog::logger& log);

    /// Uploads whatever waits, for ever; returns when cancelled. What was refused is tried again first.
    asio::awaitable<void> run();
    /// Likewise, until nothing is due, or until a failure that waiting may remedy has come `retries` times
    /// more in a row, or only a person can help. True when nothing is due; what the site refuses alone waits
    /// for another time, see UploadState::refused.
    asio::awaitable<bool> drain(int retries);
    /// The outbox has something new. Does not shorten a wait after a failure.
    void wake() { clock_.interrupt(); }
    /// Another secret or token: what was refused is tried at once.
    void credentialsChanged();
    /// Asked whenever it is open; outlives this.
    void setInquiry(Inquiry& inquiry) { inquiry_ = &inquiry; }
    /// False: our clock may be wrong. Device statuses, which it makes outdated, wait until it is trusted.
    void trustClock(bool trusted);
    [[nodiscard]] const UploadState& state() const { return state_; }

private:
    using Items = std::vector<OutboxItem>;
    using Outcome = std::optional<RefusedAttempt>; ///< empty: done
    /// Failed: waiting may remedy it; Refused: only a person can.
    enum class Step : std::uint8_t { Moved, Idle, Failed, Refused };

    asio::awaitable<Step> uploadBatch();
    asio::awaitable<Outcome> inquire();
    asio::awaitable<Outcome> upload(Items items);
    asio::awaitable<Outcome> sendAll(Items items);
    /// One request, and for updates what has to be found out before it. Acknowledges what the site has then.
    asio::awaitable<Reply> attempt(const Items& items);
    asio::awaitable<Reply> post(const Items& items);
    asio::awaitable<Reply> put(const OutboxItem& item);
    asio::awaitable<Reply> remove(const OutboxItem& item);
    /// Takes the rule of proof one step further.
    asio::awaitable<Outcome> examine(OutboxItem item, Document knownGood);
    asio::awaitable<Outcome> repeat(Document knownGood);
    asio::awaitable<void> waitForSite();
    asio::awaitable<void> sleepUntil(Clock::Time time); ///< or until it is woken

    [[nodiscard]] Outcome outcomeOf(const Items& items, Reply reply);
    void removeUnsendable(Items& items);
    void refuse(const OutboxItem& item, const Refusal& refusal);
    void acknowledge(const Items& sent, const std::vector<Acknowledgement>& stored);
    [[nodiscard]] bool isIsolating(const OutboxItem& item) const;
    [[nodiscard]] Clock::Time nextStep();
    void holdWhatWaits();

    Clock& clock_;
    UploadApi api_;
    Outbox& outbox_;
    Inquiry* inquiry_ = nullptr;
    UploadPolicy policy_;
    UploadState state_;
    SiteFailures failures_;
    spdlog::logger& log_;
    BatchSize batch_;
    bool clockTrusted_ = true;
    bool mayUpdate_ = true; ///< false: the token may create but not update
    SuspectDocuments suspects_;
    AcceptedDocuments accepted_;
    std::uint64_t progress_ = 0; ///< counts whatever brings the end of the queue nearer
};

} // namespace nightscout
