// SPDX-License-Identifier: MIT
// Runs one coroutine on a test's io_context to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>

namespace nightscout::testing {

inline void runUntil(boost::asio::io_context& io, const bool& done,
                     std::chrono::seconds limit = std::chrono::seconds(60)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!done)
        if (io.run_one_until(end) == 0) throw std::runtime_error("the test's task did not end in time");
}

template <typename T>
T runTask(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    struct State {
        bool done = false;
        std::exception_ptr error;
        std::optional<T> result;
    };
    const auto state = std::make_shared<State>();
    boost::asio::co_spawn(io, std::move(task), [state](const std::exception_ptr& error, T result) {
        state->error = error;
        state->result = std::move(result);
        state->done = true;
    });
    runUntil(io, state->done);
    if (state->error) std::rethrow_exception(state->error);
    return std::move(*state->result);
}

} // namespace nightscout::testing
