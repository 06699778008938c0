// SPDX-License-Identifier: MIT
#include "bridge/clock/time_service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>

#include "ble/bluez/bus.hpp"

namespace bridge {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kLimit{10};
constexpr const char* kService = "org.freedesktop.timedate1";
constexpr const char* kPath = "/org/freedesktop/timedate1";

/// For one question: the service ends itself half a minute after it.
struct Connection {
    Connection(const asio::any_io_executor& executor, const std::string& address)
        : bus(ble::openBus(address)), pump(executor, *bus) {}
    std::unique_ptr<sdbus::IConnection> bus;
    ble::BusPump pump;
};

asio::awaitable<void> drive(std::shared_ptr<Connection> connection) {
    co_await connection->pump.run();
}

asio::awaitable<std::optional<bool>> ask(std::shared_ptr<Connection> connection) {
    try {
        const auto proxy = sdbus::createProxy(*connection->bus, kService, kPath);
        auto message = proxy->createMethodCall("org.freedesktop.DBus.Properties", "Get");
        message << kService << "NTPSynchronized";
        const auto answer = co_await ble::asyncCall<sdbus::Variant>(connection->pump, *proxy, message, kLimit,
                                                                    asio::use_awaitable);
        co_return answer.get<bool>();
    } catch (const sdbus::Error&) {
        co_return std::nullopt;
    }
}

} // namespace

asio::awaitable<std::optional<bool>> askTimeService(std::string busAddress) {
    const auto executor = co_await asio::this_coro::executor;
    std::shared_ptr<Connection> connection;
    try {
        connection = std::make_shared<Connection>(executor, busAddress);
    } catch (const sdbus::Error&) {
        co_return std::nullopt;
    }
    asio::cancellation_signal stop;
    asio::steady_timer ended{executor, asio::steady_timer::time_point::max()};
    bool running = true;
    asio::co_spawn(executor, drive(connection),
                   asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) {
                       running = false;
                       ended.cancel();
                   }));
    std::optional<bool> synchronised;
    std::exception_ptr cancelled;
    try {
        synchronised = co_await ask(connection);
    } catch (...) {
        cancelled = std::current_exception();
    }
    if (cancelled) co_await asio::this_coro::reset_cancellation_state();
    if (running) stop.emit(asio::cancellation_type::terminal);
    while (running) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) std::rethrow_exception(cancelled);
    co_return synchronised;
}

} // namespace bridge
