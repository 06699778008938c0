// SPDX-License-Identifier: MIT
#include "bridge/tasks.hpp"

#include <spdlog/logger.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace bridge {

void Tasks::spawn(std::string name, asio::awaitable<void> task) {
    Task& own = tasks_.emplace_back();
    auto ended = [this, &own, name = std::move(name)](const std::exception_ptr& error) {
        own.ended = true;
        try {
            if (error) std::rethrow_exception(error);
        } catch (const boost::system::system_error& failure) {
            if (failure.code() != asio::error::operation_aborted || !stopping_)
                noteFailure(name, failure, error);
        } catch (const std::exception& failure) {
            noteFailure(name, failure, error);
        }
        stop();
        if (--running_ == 0 && onAllEnded_) onAllEnded_();
    };
    ++running_;
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(own.signal.slot(), std::move(ended)));
}

void Tasks::noteFailure(const std::string& name, const std::exception& failure,
                        const std::exception_ptr& error) {
    log_.error("{}: {}", name, failure.what());
    if (!failure_) failure_ = error;
}

void Tasks::stop() {
    if (std::exchange(stopping_, true)) return;
    if (onStop_) onStop_();
    for (Task& task : tasks_) {
        if (!task.ended) task.signal.emit(asio::cancellation_type::terminal);
    }
}

} // namespace bridge
