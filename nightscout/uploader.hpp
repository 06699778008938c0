// SPDX-License-Identifier: MIT
// Empties the outbox into one Nightscout site, and says how that goes. Facts: design.md 8,
// nightscout-v1.md 4.4 and 10.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "nightscout/client.hpp"
#include "nightscout/outbox.hpp"

namespace spdlog {
class logger;
}

namespace nightscout {

struct UploadPolicy {
    std::size_t batchDocuments = 200;
    std::size_t batchBytes = 256 * 1024;
    std::chrono::milliseconds firstBackoff = std::chrono::seconds(1);
    std::chrono::milliseconds longestBackoff = std::chrono::minutes(5);
    std::chrono::milliseconds refusedRetry = std::chrono::minutes(5); ///< after 401 and 403
    double jitter = 0.2;                                              ///< share of a wait that is random
};

/// How the last attempt went, for status and for the exit code of `run --once`.
struct UploadState {
    enum class Health : std::uint8_t {
        Unknown,
        Good,
        Unreachable,
        Refused,
        Failing
    } health = Health::Unknown;
    std::uint64_t requests = 0;
    std::uint64_t uploaded = 0; ///< documents acknowledged since start
    std::uint64_t setAside = 0;
    std::string lastError; ///< a sentence; never a secret
};

class Uploader {
public:
    /// `random`: uniform in [0, 1), for jitter.
    Uploader(asio::any_io_executor executor, Client& client, Outbox& outbox, UploadPolicy policy,
             std::function<double()> random, spdlog::logger& log);

    /// Uploads whatever waits, for ever: until cancelled.
    asio::awaitable<void> run();
    /// Uploads until the outbox is empty, or until a failure that waiting may mend has come back `retries`
    /// times. True when the outbox is empty.
    asio::awaitable<bool> drain(int retries);
    /// The outbox has something new.
    void wake();
    [[nodiscard]] const UploadState& state() const { return state_; }

private:
    struct Step; // what one batch led to
    asio::awaitable<Step> uploadBatch();
    asio::awaitable<Step> post(std::vector<OutboxItem> items);
    asio::awaitable<Step> put(const OutboxItem& item);
    asio::awaitable<Step> remove(const OutboxItem& item);
    asio::awaitable<std::optional<std::string>> findServerId(const Document& document);

    asio::any_io_executor executor_;
    Client& client_;
    Outbox& outbox_;
    UploadPolicy policy_;
    std::function<double()> random_;
    spdlog::logger& log_;
    asio::steady_timer wake_;
    UploadState state_;
};

} // namespace nightscout
