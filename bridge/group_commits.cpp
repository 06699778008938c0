// SPDX-License-Identifier: MIT
#include "bridge/group_commits.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace bridge {
namespace {

/// The pump's state and the site's answers to what was sent come within a few seconds of a record.
constexpr std::chrono::seconds kWithin{5};

} // namespace

GroupCommits::GroupCommits(const asio::any_io_executor& executor, Store& store)
    : store_(store), opened_(executor), due_(executor) {
    store_.groupCommits([this] {
        waiting_ = true;
        opened_.cancel();
    });
}

asio::awaitable<void> GroupCommits::run() {
    while ((co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none) {
        if (!std::exchange(waiting_, false)) {
            boost::system::error_code ignored;
            opened_.expires_at(asio::steady_timer::time_point::max());
            co_await opened_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            continue;
        }
        due_.expires_after(kWithin);
        co_await due_.async_wait(asio::use_awaitable);
        store_.flush();
    }
}

} // namespace bridge
