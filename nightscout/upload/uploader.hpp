// SPDX-License-Identifier: MIT
// Empties the outbox into one Nightscout site, and says how that goes. Facts: docs/architecture.md 8,
// docs/nightscout/api.md 4.4 and 10.
#pragma once

#include <array>
#include <bitset>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nightscout/upload/answer.hpp"
#include "nightscout/upload/client.hpp"
#include "nightscout/upload/outbox.hpp"

namespace spdlog {
class logger;
}

namespace nightscout {

struct UploadPolicy {
    std::size_t batchDocuments = 200;
    std::size_t batchBytes = 256 * 1024;
    std::chrono::milliseconds firstBackoff = std::chrono::seconds(1);
    std::chrono::milliseconds longestBackoff = std::chrono::minutes(5);
    std::chrono::milliseconds refusedRetry = std::chrono::minutes(5); ///< after 401, 403 and 404
    double jitter = 0.2; ///< a wait varies by this share, both ways
    /// A batch that met a server error (500) this often is taken apart to find the document that causes it.
    unsigned isolateAfter = 3;
    /// UTC, to drop device statuses that are no longer worth sending (docs/nightscout/api.md 10.4); without
    /// it none is dropped.
    std::function<UtcSeconds()> now;
    unsigned logEvery = 10; ///< of a row of failures, the first and then each n-th is logged
};

/// How uploading goes, for status and for the exit code of `run --once`.
struct UploadState {
    /// The worst that is the case for any collection: what is Refused needs a person, the others may pass.
    enum class Health : std::uint8_t {
        Unknown,
        Good,
        Unreachable,
        Failing,
        Refused
    } health = Health::Unknown;
    std::uint64_t requests = 0;
    std::uint64_t uploaded = 0; ///< documents acknowledged since start, updates included
    std::uint64_t setAside = 0;
    std::optional<UtcSeconds> lastUpload; ///< of anything; empty also without a clock in the policy
    std::string lastError;                ///< a sentence, never a secret; empty again once all is well
};

class Uploader {
public:
    /// `random`: uniform in [0, 1), for jitter.
    Uploader(asio::any_io_executor executor, Client& client, Outbox& outbox, UploadPolicy policy,
             std::function<double()> random, spdlog::logger& log);

    /// Uploads whatever waits, for ever; returns when cancelled.
    asio::awaitable<void> run();
    /// Uploads until the outbox is empty, or until a failure that waiting may mend has come `retries` times
    /// more in a row, or only a person can mend it. True when the outbox is empty.
    asio::awaitable<bool> drain(int retries);
    /// The outbox has something new. Does not shorten a wait after a failure.
    void wake();
    [[nodiscard]] const UploadState& state() const { return state_; }

private:
    using Time = std::chrono::steady_clock::time_point;
    /// What can be in trouble by itself: each collection (in their order), deletions, and the site as a
    /// whole.
    enum FailureScope : std::size_t { kDeletions = 4, kSite = 5, kSlots = 6 };
    struct BackoffState {
        unsigned failures = 0; ///< in a row
        Time until{};          ///< no further attempt before
        UploadState::Health health = UploadState::Health::Good;
        bool mendable = true; ///< by waiting
        std::string sentence;
    };
    struct Failure {
        Verdict verdict{};
        std::string reason;
        Operation operation{};
        Collection collection{};
        std::optional<std::chrono::seconds> retryAfter;
    };
    using Outcome = std::optional<Failure>; ///< empty: done
    struct Lookup {
        Outcome failure;
        std::optional<std::string> serverId;
    };
    struct SuspectDocument {
        OutboxItem item;
        Failure failure;
    };
    /// Failed: waiting may mend it; Refused: only a person can.
    enum class Step : std::uint8_t { Moved, Idle, Failed, Refused };
    using Items = std::span<const OutboxItem>;

    // The loop, and what failures do to it (uploader.cpp).
    [[nodiscard]] std::uint64_t handled() const;
    asio::awaitable<Step> uploadBatch();
    asio::awaitable<Outcome> upload(std::vector<OutboxItem> items);
    asio::awaitable<void> waitUntil(Time time, bool untilWoken);
    [[nodiscard]] bool isBlocked(const OutboxItem& item) const;
    void releaseHolds();
    [[nodiscard]] FailureScope slotOf(const Failure& failure) const;
    FailureScope noteFailure(const Failure& failure);
    void noteTransportFailure(const TransportError& error);
    void postpone(FailureScope slot, std::chrono::milliseconds wait);
    void noteSuccess(Operation operation, Collection collection, std::size_t documents);
    void updateHealth();
    [[nodiscard]] std::chrono::milliseconds backoff(unsigned failures) const;
    [[nodiscard]] std::optional<Time> nextMend(bool byItself) const;

    // What one batch is made of (upload_requests.cpp).
    asio::awaitable<Outcome> post(std::vector<OutboxItem> items);
    void dropOutdated(std::vector<OutboxItem>& items);
    asio::awaitable<Outcome> postPart(Items part);
    asio::awaitable<Outcome> put(OutboxItem item);
    asio::awaitable<Outcome> remove(OutboxItem item);
    asio::awaitable<Lookup> findTreatment(Document document);
    asio::awaitable<Lookup> findProfile(Document wanted);
    asio::awaitable<Lookup> findDeviceStatus(Document document);
    /// Sets suspectDocuments aside where the site has shown that the fault is theirs; else says what is
    /// wrong.
    asio::awaitable<Outcome> settle(std::vector<SuspectDocument> suspectDocuments,
                                    std::uint64_t acceptedBefore);
    asio::awaitable<Response> send(std::string_view method, std::string path, std::string body);
    [[nodiscard]] Judgement judged(const Response& response) const;
    [[nodiscard]] bool isIsolating(Operation operation, Collection collection) const;
    void acknowledge(Operation operation, Collection collection, std::span<const Acknowledgement> items);
    void setAside(std::int64_t id, const std::string& reason);

    asio::any_io_executor executor_;
    Client& client_;
    Outbox& outbox_;
    UploadPolicy policy_;
    std::function<double()> random_;
    spdlog::logger& log_;
    asio::steady_timer wake_;
    UploadState state_;
    std::array<BackoffState, kSlots> troubles_{};
    std::array<std::uint64_t, 4> accepted_{}; ///< documents of each collection, since start
    std::bitset<4> welcome_;                  ///< collections that were accepted since they were last refused
    std::size_t batchBytes_;                  ///< smaller than the policy's after a 413
    bool mayUpdate_ = true;                   ///< false: the token may create but not update
    /// Documents that failed alone, with accepted_ of their collection at that time.
    std::map<std::int64_t, std::uint64_t> suspects_;
};

} // namespace nightscout
