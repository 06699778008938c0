// SPDX-License-Identifier: MIT
// sdbus-c++ on an Asio executor: one connection, one thread, no thread of its own. What goes wrong otherwise
// is listed in docs/style.md 6.
#pragma once

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace ble {

namespace asio = boost::asio;

/// A connection to the bus at `address`; empty: the system bus, for which DBUS_SYSTEM_BUS_ADDRESS counts.
/// Throws sdbus::Error.
std::unique_ptr<sdbus::IConnection> openBus(const std::string& address = {});

/// Drives one connection from an executor; owns neither. Declare connection, io_context, pump in this order.
class BusPump {
public:
    BusPump(const asio::any_io_executor& executor, sdbus::IConnection& bus);
    ~BusPump();
    BusPump(const BusPump&) = delete;
    BusPump& operator=(const BusPump&) = delete;

    /// To be called after every call, match or blocking call made outside run(): the wait of run() does not
    /// know of the new deadline, nor of signals that a blocking call has read.
    void wake() { wake_.cancel(); }
    asio::any_io_executor executor() { return descriptor_.get_executor(); }
    /// Until cancelled. Throws sdbus::Error when the bus is lost.
    asio::awaitable<void> run();

private:
    using Wait = asio::posix::descriptor_base;

    void arm(Wait::wait_type what, bool& armed);

    sdbus::IConnection& bus_;
    asio::posix::stream_descriptor descriptor_;
    asio::steady_timer wake_;
    bool readArmed_ = false;
    bool writeArmed_ = false;
};

/// The result of a method that has none.
struct NoResult {
    friend sdbus::Message& operator>>(sdbus::Message& message, NoResult& /*result*/) { return message; }
};

/// As asyncCall; `read(sdbus::MethodReply&) -> Reply` runs while the reply is dispatched, that is in the
/// order of the messages on the bus.
template <typename Reply, typename Read, typename Token>
auto asyncCallReading(BusPump& pump, sdbus::IProxy& proxy, sdbus::MethodCall call,
                      std::chrono::microseconds timeout, Read read, Token&& token) {
    auto start = [&pump, &proxy, timeout](auto handler, sdbus::MethodCall message, Read reader) {
        struct Operation {
            decltype(handler) completion;
            Read reader;
            asio::any_io_executor executor;
            bool done = false;
            bool replying = false; ///< sd-bus is calling back, and may not be robbed of the callback

            void finish(std::exception_ptr error, Reply reply) {
                if (std::exchange(done, true)) return;
                asio::get_associated_cancellation_slot(completion).clear();
                const auto target = asio::get_associated_executor(completion, executor);
                // Posted: this may run inside sd-bus, where no proxy may be destroyed.
                asio::post(target, [h = std::move(completion), error, r = std::move(reply)]() mutable {
                    h(error, std::move(r));
                });
            }
        };
        auto slot = asio::get_associated_cancellation_slot(handler);
        // Shared, because std::function wants copies.
        auto operation =
            std::make_shared<Operation>(Operation{std::move(handler), std::move(reader), pump.executor()});
        try {
            auto onReply = [operation](sdbus::MethodReply& reply, const sdbus::Error* error) {
                operation->replying = true;
                try { // an exception that leaves this callback blocks the connection for ever
                    if (error != nullptr) throw sdbus::Error(*error);
                    operation->finish(nullptr, operation->reader(reply));
                } catch (...) {
                    operation->finish(std::current_exception(), {});
                }
            };
            auto pending =
                proxy.callMethod(message, std::move(onReply), static_cast<std::uint64_t>(timeout.count()));
            pump.wake();
            if (slot.is_connected()) {
                slot.assign(
                    [weak = std::weak_ptr<Operation>(operation), pending](asio::cancellation_type) mutable {
                        const auto alive = weak.lock();
                        // What the reader of the reply does may end in here.
                        if (!alive || !alive->replying) pending.cancel();
                        if (alive)
                            alive->finish(std::make_exception_ptr(
                                              boost::system::system_error(asio::error::operation_aborted)),
                                          {});
                    });
            }
        } catch (...) {
            operation->finish(std::current_exception(), {});
        }
    };
    return asio::async_initiate<Token, void(std::exception_ptr, Reply)>(std::move(start), token,
                                                                        std::move(call), std::move(read));
}

/// Calls a method without blocking; completes with void(std::exception_ptr, Reply), the exception being
/// sdbus::Error or, when cancelled, system_error(operation_aborted). `Reply` is the D-Bus type of the single
/// result (`int`, `sdbus::Variant`, `std::map<..>`) or NoResult. `proxy` must outlive the operation.
template <typename Reply, typename Token>
auto asyncCall(BusPump& pump, sdbus::IProxy& proxy, sdbus::MethodCall call, std::chrono::microseconds timeout,
               Token&& token) {
    auto read = [](sdbus::MethodReply& reply) {
        Reply value{};
        reply >> value;
        return value;
    };
    return asyncCallReading<Reply>(pump, proxy, std::move(call), timeout, read, std::forward<Token>(token));
}

} // namespace ble
