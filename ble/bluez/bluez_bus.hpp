// SPDX-License-Identifier: MIT
// The connection to bluetoothd: calls with a deadline, and what it says about its objects, in order.
#pragma once

#include <spdlog/logger.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ble/bluez/bus.hpp"
#include "ble/bluez/names.hpp"
#include "ble/bluez/object_tree.hpp"
#include "ble/pump_link.hpp"

namespace ble {

/// `error` (not null) as LinkError that names `what` was tried; anything but sdbus::Error is rethrown as it
/// is.
[[noreturn]] void throwLinkError(const std::exception_ptr& error, const std::string& what);

/// Reported of every change after the tree has taken it over. Called while a message is dispatched.
class BluezListener {
public:
    virtual ~BluezListener() = default;
    virtual void bluezOwnerChanged() = 0;
    virtual void objectAdded(const std::string& path) = 0;
    virtual void objectRemoved(const std::string& path) = 0;
    virtual void propertiesChanged(const std::string& path, const std::string& interface,
                                   const Properties& changed) = 0;
};

class BluezBus : public std::enable_shared_from_this<BluezBus> {
public:
    /// `listener` and `log` must outlive every dispatch, that is pump().run(). Throws LinkError.
    BluezBus(asio::any_io_executor executor, const std::string& address, BluezListener& listener,
             spdlog::logger& log);

    [[nodiscard]] sdbus::IConnection& connection() { return *connection_; }
    [[nodiscard]] BusPump& pump() { return pump_; }
    [[nodiscard]] const ObjectTree& tree() const { return tree_; }
    /// bluetoothd is on the bus.
    [[nodiscard]] bool bluezRuns() const { return !owner_.empty(); }
    /// The message that `object` is handling comes from bluetoothd.
    [[nodiscard]] bool isFromBluez(const sdbus::IObject& object) const;

    /// Once, before anything else: who owns org.bluez now; changes are reported from then on.
    asio::awaitable<void> watch(std::chrono::milliseconds limit);
    /// Fills the tree.
    asio::awaitable<void> load(std::chrono::milliseconds limit);

    /// Calls a method of bluetoothd. Throws LinkError.
    template <typename Reply, typename... Arguments>
    asio::awaitable<Reply> call(std::string path, std::string interface, std::string method,
                                std::chrono::milliseconds limit, Arguments... arguments) {
        auto read = [](sdbus::MethodReply& reply) {
            Reply value{};
            reply >> value;
            return value;
        };
        return callReading<Reply>(std::move(path), std::move(interface), std::move(method), limit, read,
                                  std::move(arguments)...);
    }
    /// The same; `read(sdbus::MethodReply&)` runs in the order of the messages on the bus.
    template <typename Reply, typename Read, typename... Arguments>
    asio::awaitable<Reply> callReading(std::string path, std::string interface, std::string method,
                                       std::chrono::milliseconds limit, Read read, Arguments... arguments) {
        const auto keep = shared_from_this(); // the proxy must not outlive the connection
        const auto proxy = sdbus::createProxy(*connection_, bluez::kService, path);
        auto message = proxy->createMethodCall(interface, method);
        ((void)(message << arguments), ...);
        auto [error, reply] = co_await asyncCallReading<Reply>(pump_, *proxy, message, limit, std::move(read),
                                                               asio::as_tuple(asio::use_awaitable));
        if (error) throwLinkError(error, method);
        co_return std::move(reply);
    }
    asio::awaitable<void> setProperty(std::string path, std::string interface, std::string name,
                                      sdbus::Variant value, std::chrono::milliseconds limit);

private:
    BluezListener& listener_;
    spdlog::logger& log_;
    std::unique_ptr<sdbus::IConnection> connection_;
    BusPump pump_;
    ObjectTree tree_;
    std::string owner_; ///< unique name of bluetoothd; empty: not running

    void addMatch(const std::string& rule, void (BluezBus::*handler)(sdbus::Message&));
    void onNameOwnerChanged(sdbus::Message& message);
    void onInterfacesAdded(sdbus::Message& message);
    void onInterfacesRemoved(sdbus::Message& message);
    void onPropertiesChanged(sdbus::Message& message);
};

} // namespace ble
