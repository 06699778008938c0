// SPDX-License-Identifier: MIT
#include "bridge/lasting_task.hpp"

#include <spdlog/logger.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bridge/store/store.hpp"

namespace bridge {
namespace {

/// The first failure of a task is logged, and then each such one: every ten minutes.
constexpr unsigned kLogEvery = 20;

} // namespace

asio::awaitable<void> lasting(std::string name, std::function<asio::awaitable<void>()> task,
                              std::chrono::milliseconds pause, spdlog::logger& log) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (unsigned failures = 0;; ++failures) {
        try {
            co_await task();
            co_return;
        } catch (const StoreError& error) {
            if (error.kind() != StoreErrorKind::Passing) throw;
            if (failures % kLogEvery == 0)
                log.error("{}: {}; tried again every {} s (failures={})", name, error.what(),
                          std::chrono::duration_cast<std::chrono::seconds>(pause).count(), failures + 1);
        }
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

} // namespace bridge
