// SPDX-License-Identifier: MIT
// Commits what the store holds back for a few seconds (Store::groupCommits). docs/architecture.md 3.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "bridge/store/store.hpp"

namespace bridge {

namespace asio = boost::asio;

class GroupCommits {
public:
    /// `store` must outlive this.
    GroupCommits(const asio::any_io_executor& executor, Store& store);

    asio::awaitable<void> run();

private:
    Store& store_;
    asio::steady_timer opened_;
    asio::steady_timer due_;
    bool waiting_ = false;
};

} // namespace bridge
