// SPDX-License-Identifier: MIT
// A clock that is where its reader waits for, at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "nightscout/upload/clock.hpp"

namespace nightscout::testing {

class FakeClock final : public Clock {
public:
    using Wait = std::chrono::milliseconds;

    explicit FakeClock(boost::asio::io_context& io)
        : executor_(io.get_executor()), forever_(systemClock(io.get_executor(), [] { return kStart; })) {}

    [[nodiscard]] Time now() const override { return Time{} + kBefore + elapsed_; }
    [[nodiscard]] std::chrono::sys_seconds utc() const override {
        return utcStart_ + std::chrono::floor<std::chrono::seconds>(elapsed_);
    }
    boost::asio::awaitable<void> wait(Time time) override {
        if (time == Time::max()) {
            co_await forever_->wait(time);
        } else if (time > now()) {
            waits_.push_back(std::chrono::ceil<Wait>(time - now()));
            advance(time - now());
            co_await boost::asio::post(executor_, boost::asio::use_awaitable); // others come first
        }
    }
    void interrupt() override { forever_->interrupt(); }

    void advance(Time::duration by) { elapsed_ += by; }
    void setUtc(std::chrono::sys_seconds utc) {
        utcStart_ = utc - std::chrono::floor<std::chrono::seconds>(elapsed_);
    }
    [[nodiscard]] Time::duration elapsed() const { return elapsed_; }
    [[nodiscard]] const std::vector<Wait>& waits() const { return waits_; } ///< in their order

private:
    static constexpr std::chrono::sys_seconds kStart =
        std::chrono::sys_days(std::chrono::year(2026) / 3 / 14);
    static constexpr std::chrono::hours kBefore{1000}; ///< the computer has been on for a while
    std::chrono::sys_seconds utcStart_ = kStart;
    Time::duration elapsed_{0};
    std::vector<Wait> waits_;
    boost::asio::any_io_executor executor_;
    std::unique_ptr<Clock> forever_;
};

} // namespace nightscout::testing
