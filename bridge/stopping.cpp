// SPDX-License-Identifier: MIT
#include "bridge/stopping.hpp"

#include <spdlog/logger.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>

namespace bridge {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto kStopLimit = 2s;

} // namespace

asio::awaitable<void> stopSignal(spdlog::logger& log) {
    asio::signal_set signals{co_await asio::this_coro::executor, SIGINT, SIGTERM};
    const int number = co_await signals.async_wait(asio::use_awaitable);
    log.info("run: {} received, stopping", number == SIGINT ? "SIGINT" : "SIGTERM");
}

void StopLimit::begin(int exitCode) {
    timer_.expires_after(kStopLimit);
    timer_.async_wait([this, exitCode](boost::system::error_code error) {
        if (error) return;
        log_.error("run: not everything ended within {} s, leaving", kStopLimit.count());
        log_.flush();
        std::_Exit(exitCode); // the store survives that as it survives a power cut
    });
}

} // namespace bridge
