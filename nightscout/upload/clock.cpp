// SPDX-License-Identifier: MIT
#include "nightscout/upload/clock.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace nightscout {

namespace asio = boost::asio;

namespace {

class SystemClock final : public Clock {
public:
    using Utc = std::function<std::chrono::sys_seconds()>;
    SystemClock(const asio::any_io_executor& executor, Utc utc) : timer_(executor), utc_(std::move(utc)) {}

    [[nodiscard]] Time now() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] std::chrono::sys_seconds utc() const override { return utc_(); }

    asio::awaitable<void> wait(Time time) override {
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        boost::system::error_code interrupted;
        timer_.expires_at(time);
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
        if (cancellation.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
    }

    void interrupt() override { timer_.cancel(); }

private:
    asio::steady_timer timer_;
    Utc utc_;
};

} // namespace

std::unique_ptr<Clock> systemClock(const asio::any_io_executor& executor,
                                   std::function<std::chrono::sys_seconds()> utc) {
    return std::make_unique<SystemClock>(executor, std::move(utc));
}

} // namespace nightscout
