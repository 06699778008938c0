// SPDX-License-Identifier: MIT
// An object of the BlueZ double on the bus, and calls to objects of its clients. Methods are answered outside
// sd-bus's dispatch, where objects and proxies may come and go.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ble/bluez/bus.hpp"

namespace virtual_pump::bluez {

namespace asio = boost::asio;

inline constexpr const char* kAdapterPath = "/org/bluez/hci0";
inline constexpr std::chrono::seconds kClientTimeout{25};

/// The proxies of the calls under way. A proxy owns its callbacks, and these own who waits: were it owned in
/// turn by who waits, a call that is never answered would keep both for ever.
using Proxies = std::list<std::unique_ptr<sdbus::IProxy>>;

/// The daemon's connection, which outlives who holds a copy.
struct Bus {
    asio::any_io_executor executor;
    sdbus::IConnection& connection;
    ble::BusPump& pump;
    std::weak_ptr<Proxies> proxies; ///< owned by the daemon
};

/// A client's object, for one call; gives the proxy back.
class ClientObject {
public:
    ClientObject(const Bus& bus, const std::string& owner, const std::string& path);
    ~ClientObject();
    ClientObject(const ClientObject&) = delete;
    ClientObject& operator=(const ClientObject&) = delete;

    sdbus::IProxy& operator*() const { return **proxy_; }
    sdbus::IProxy* operator->() const { return proxy_->get(); }

private:
    std::weak_ptr<Proxies> owner_;
    Proxies::iterator proxy_;
};

using Properties = std::map<std::string, sdbus::Variant>;

/// "NotPermitted" becomes org.bluez.Error.NotPermitted.
sdbus::Error bluezError(std::string_view name, const std::string& message);
/// The words that bluetoothd has for the frequent ones.
sdbus::Error doesNotExist();
sdbus::Error alreadyExists();
sdbus::Error invalidArguments();

/// Sends the answer to a method that was called earlier.
template <typename... Values>
void reply(sdbus::MethodCall& call, const Values&... values) {
    auto message = call.createReply();
    static_cast<void>((message << ... << values));
    message.send();
}

/// What a failed call says: "org.bluez.Error.Rejected: no".
std::string describe(const std::exception_ptr& error);

/// An object whose interfaces are announced by publish() and withdrawn by the destructor, as ObjectManager
/// clients expect it.
class Object {
public:
    /// Answers the call, at once or later; a thrown sdbus::Error is the answer.
    using Method = std::function<void(sdbus::MethodCall&)>;

    Object(const Bus& bus, std::string path);
    ~Object();
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    void method(const std::string& interface, const std::string& name, const std::string& in,
                const std::string& out, Method method);
    template <typename Getter>
    void property(const std::string& interface, const std::string& name, Getter getter) {
        note(interface);
        object_->registerProperty(name).onInterface(interface).withGetter(std::move(getter));
    }
    /// The setter runs outside the dispatch, after which the change is announced; before that `check` may
    /// refuse by sdbus::Error.
    template <typename Getter, typename Setter>
    void property(
        const std::string& interface, const std::string& name, Getter getter, Setter setter,
        const std::function<void()>& check = [] {}) {
        using Value = std::decay_t<std::invoke_result_t<Getter>>;
        note(interface);
        auto onSet = [this, interface, name, setter, check](const Value& value) {
            check();
            later([this, interface, name, setter, value] {
                setter(value);
                changed(interface, name);
            });
        };
        object_->registerProperty(name)
            .onInterface(interface)
            .withGetter(std::move(getter))
            .withSetter(onSet);
    }
    void publish();
    void changed(const std::string& interface, const std::string& property);

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    void note(const std::string& interface);
    void later(std::function<void()> work); ///< unless the object is gone by then

    Bus bus_;
    std::string path_;
    std::unique_ptr<sdbus::IObject> object_;
    std::vector<std::string> interfaces_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    bool published_ = false;
};

/// Calls a method of a client's object; `handler(std::exception_ptr, Reply)` runs on the executor.
template <typename Reply, typename Handler, typename... Arguments>
void callClient(const Bus& bus, const std::string& owner, const std::string& path,
                const std::string& interface, const std::string& method, Handler handler,
                const Arguments&... arguments) {
    const auto object = std::make_shared<ClientObject>(bus, owner, path);
    auto call = (*object)->createMethodCall(interface, method);
    static_cast<void>((call << ... << arguments));
    ble::asyncCall<Reply>(
        bus.pump, **object, std::move(call), kClientTimeout,
        asio::bind_executor(bus.executor, [object, handler = std::move(handler)](std::exception_ptr error,
                                                                                 Reply value) mutable {
            handler(std::move(error), std::move(value));
        }));
}

} // namespace virtual_pump::bluez
