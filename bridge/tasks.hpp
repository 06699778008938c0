// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <string>

namespace spdlog {
class logger;
}

namespace bridge {

namespace asio = boost::asio;

/// Coroutines that live as long as the service. One that ends by an exception ends all of them.
class Tasks {
public:
    Tasks(asio::any_io_executor executor, spdlog::logger& log) : executor_(std::move(executor)), log_(log) {}

    void spawn(std::string name, asio::awaitable<void> task);
    /// Cancels all, in the order in which they were spawned.
    void stop();
    [[nodiscard]] bool stopping() const { return stopping_; }
    /// What went wrong first, if anything did.
    [[nodiscard]] const std::exception_ptr& failure() const { return failure_; }
    /// Called once, when the first task ends or stop() is called.
    void onStop(std::function<void()> handler) { onStop_ = std::move(handler); }
    /// Called when the last task has ended.
    void onAllEnded(std::function<void()> handler) { onAllEnded_ = std::move(handler); }

private:
    void noteFailure(const std::string& name, const std::exception& failure, const std::exception_ptr& error);

    asio::any_io_executor executor_;
    spdlog::logger& log_;
    struct Task {
        asio::cancellation_signal signal;
        bool ended = false; ///< then its signal may not be emitted any more: Asio 1.81 touches what is gone
    };
    std::list<Task> tasks_; ///< a signal may not move
    std::exception_ptr failure_;
    std::function<void()> onStop_;
    std::function<void()> onAllEnded_;
    std::size_t running_ = 0;
    bool stopping_ = false;
};

} // namespace bridge
