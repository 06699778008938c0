// SPDX-License-Identifier: MIT
#include "bridge/once.hpp"

#include <spdlog/logger.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bridge/exit_code.hpp"
#include "bridge/publish/held_records.hpp"

namespace bridge {

using namespace std::chrono_literals;

namespace {

/// It gives up when no pump has come for so long: pairing and the slowest reconnect seen fit twice.
constexpr auto kPumpLimit = 15min;
/// It waits so long for a witness of the computer's clock, and for what is measured then.
constexpr auto kClockLimit = 60s;

} // namespace

void Once::synced(const PumpInfo& pump) {
    synced_ = pump;
    wake();
}

asio::awaitable<int> Once::finish(SiteUpload* site) {
    co_await waitUntil([this] { return synced_.has_value(); }, kPumpLimit);
    if (!synced_) {
        if (parts_.tasks.stopping()) co_return kDone;
        parts_.log.error("run: no pump came within {} minutes. On the pump: Paired Devices > Pair New Device",
                         kPumpLimit.count());
        co_return kUnreachable;
    }
    // The pump's clock was measured by one that is trusted.
    const auto measured = [this] {
        return parts_.host.trusted() && !parts_.clockKeeper.wantsReading(*synced_);
    };
    co_await waitUntil(measured, kClockLimit);
    int exitCode = kDone;
    if (const auto held = heldRecords(parts_.store, synced_->id, parts_.zone, parts_.host.trustedNow());
        !held.empty()) {
        parts_.log.error("run: {} records are stored and not sent: {}", held.front().count,
                         describe(held.front()));
        exitCode = kFoundProblem;
    }
    if (site != nullptr) {
        const int code = co_await site->uploadAll();
        if (code == kUnreachable) co_return code;
        if (code != kDone) exitCode = code;
    }
    parts_.log.info("run: done, uploaded={}", site != nullptr ? site->uploader().state().uploaded : 0);
    co_return exitCode;
}

/// At most `limit`; whoever changes what it asks for calls wake().
asio::awaitable<void> Once::waitUntil(std::function<bool()> done, std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done() && !parts_.tasks.stopping() && std::chrono::steady_clock::now() < end) {
        wake_.expires_at(end);
        boost::system::error_code ignored;
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

} // namespace bridge
