// SPDX-License-Identifier: MIT
#include "bluez_double_object.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace virtual_pump::bluez {

sdbus::Error bluezError(std::string_view name, const std::string& message) {
    return {"org.bluez.Error." + std::string(name), message};
}
sdbus::Error doesNotExist() {
    return bluezError("DoesNotExist", "Does Not Exist");
}
sdbus::Error alreadyExists() {
    return bluezError("AlreadyExists", "Already Exists");
}
sdbus::Error invalidArguments() {
    return bluezError("InvalidArguments", "Invalid arguments in method call");
}

std::string describe(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const sdbus::Error& e) {
        return e.getName() + ": " + e.getMessage();
    } catch (const std::exception& e) {
        return e.what();
    }
}

ClientObject::ClientObject(const Bus& bus, const std::string& owner, const std::string& path)
    : owner_(bus.proxies) {
    const auto proxies = owner_.lock();
    if (!proxies) throw sdbus::Error("org.freedesktop.DBus.Error.Disconnected", "the daemon has ended");
    proxy_ = proxies->insert(proxies->end(), sdbus::createProxy(bus.connection, owner, path));
}

ClientObject::~ClientObject() {
    if (const auto proxies = owner_.lock()) proxies->erase(proxy_);
}

Object::Object(const Bus& bus, std::string path)
    : bus_(bus), path_(std::move(path)), object_(sdbus::createObject(bus.connection, path_)) {}

Object::~Object() {
    alive_.reset();
    if (!published_) return;
    try {
        object_->emitInterfacesRemovedSignal(interfaces_);
    } catch (const sdbus::Error&) { // the bus is gone, and with it everybody who would listen
    }
    bus_.pump.wake();
}

void Object::method(const std::string& interface, const std::string& name, const std::string& in,
                    const std::string& out, Method method) {
    note(interface);
    auto onCall = [this, method](sdbus::MethodCall call) {
        auto answer = [alive = std::weak_ptr<bool>(alive_), pump = &bus_.pump, method, call]() mutable {
            try {
                if (alive.expired())
                    throw sdbus::Error("org.freedesktop.DBus.Error.UnknownObject", "The object is gone");
                method(call);
            } catch (const sdbus::Error& error) {
                call.createErrorReply(error).send();
            }
            pump->wake();
        };
        asio::post(bus_.executor, std::move(answer));
    };
    object_->registerMethod(interface, name, in, out, std::move(onCall));
}

void Object::publish() {
    object_->finishRegistration();
    object_->emitInterfacesAddedSignal(interfaces_);
    published_ = true;
    bus_.pump.wake();
}

void Object::changed(const std::string& interface, const std::string& property) {
    if (!published_) return;
    object_->emitPropertiesChangedSignal(interface, {property});
    bus_.pump.wake();
}

void Object::note(const std::string& interface) {
    if (std::find(interfaces_.begin(), interfaces_.end(), interface) == interfaces_.end())
        interfaces_.push_back(interface);
}

void Object::later(std::function<void()> work) {
    asio::post(bus_.executor, [alive = std::weak_ptr<bool>(alive_), work = std::move(work)] {
        if (!alive.expired()) work();
    });
}

} // namespace virtual_pump::bluez
