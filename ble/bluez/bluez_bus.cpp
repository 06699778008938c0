// SPDX-License-Identifier: MIT
#include "ble/bluez/bluez_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ble {

namespace {

struct NamedKind {
    std::string_view name;
    LinkErrorKind kind;
};
constexpr std::array kKinds{
    NamedKind{"org.freedesktop.DBus.Error.NoReply", LinkErrorKind::Timeout},
    NamedKind{"org.freedesktop.DBus.Error.Timeout", LinkErrorKind::Timeout},
    NamedKind{"org.freedesktop.DBus.Error.NameHasNoOwner", LinkErrorKind::BluezMissing},
    NamedKind{"org.freedesktop.DBus.Error.ServiceUnknown", LinkErrorKind::BluezMissing},
    NamedKind{"org.freedesktop.DBus.Error.AccessDenied", LinkErrorKind::AccessDenied},
    NamedKind{bluez::kAlreadyExists, LinkErrorKind::AlreadyExists},
    NamedKind{bluez::kBusy, LinkErrorKind::Busy},
    NamedKind{bluez::kInProgress, LinkErrorKind::InProgress},
    NamedKind{bluez::kNotPermitted, LinkErrorKind::NotPermitted},
};

LinkErrorKind kindOf(const std::string& name) {
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const NamedKind& known) { return known.name == name; });
    return found == kKinds.end() ? LinkErrorKind::Refused : found->kind;
}

std::unique_ptr<sdbus::IConnection> open(const std::string& address) {
    try {
        return openBus(address);
    } catch (const sdbus::Error& error) {
        throw LinkError(
            kindOf(error.getName()),
            fmt::format("cannot connect to the system bus ({}): is dbus.service running, and may this "
                        "process open its socket?",
                        error.getMessage()));
    }
}

} // namespace

void throwLinkError(const std::exception_ptr& error, const std::string& what) {
    try {
        std::rethrow_exception(error);
    } catch (const sdbus::Error& e) {
        const auto kind = kindOf(e.getName());
        if (kind == LinkErrorKind::Timeout)
            throw LinkError(kind, fmt::format("{}: no answer from bluetoothd", what));
        throw LinkError(kind, fmt::format("{}: {} ({})", what, e.getMessage(), e.getName()));
    }
}

BluezBus::BluezBus(asio::any_io_executor executor, const std::string& address, BluezListener& listener,
                   spdlog::logger& log)
    : listener_(listener), log_(log), connection_(open(address)), pump_(std::move(executor), *connection_) {}

bool BluezBus::isFromBluez(const sdbus::IObject& object) const {
    const auto* message = object.getCurrentlyProcessedMessage();
    return message != nullptr && !owner_.empty() && message->getSender() == owner_;
}

void BluezBus::addMatch(const std::string& rule, void (BluezBus::*handler)(sdbus::Message&)) {
    auto callback = [this, handler](sdbus::Message& message) {
        try { // what leaves this callback blocks the connection
            (this->*handler)(message);
        } catch (const std::exception& error) {
            log_.warn("ble: signal {} not understood: {}", message.getMemberName(), error.what());
        }
    };
    connection_->addMatch(rule, callback, sdbus::floating_slot);
}

asio::awaitable<void> BluezBus::watch(std::chrono::milliseconds limit) {
    addMatch(
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
        "member='NameOwnerChanged',arg0='org.bluez'",
        &BluezBus::onNameOwnerChanged);
    addMatch(
        "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager',"
        "member='InterfacesAdded'",
        &BluezBus::onInterfacesAdded);
    addMatch(
        "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager',"
        "member='InterfacesRemoved'",
        &BluezBus::onInterfacesRemoved);
    addMatch(
        "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',"
        "member='PropertiesChanged',path_namespace='/org/bluez'",
        &BluezBus::onPropertiesChanged);
    const auto keep = shared_from_this();
    const auto proxy = sdbus::createProxy(*connection_, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    auto message = proxy->createMethodCall("org.freedesktop.DBus", "GetNameOwner");
    message << bluez::kService;
    const auto read = [this](sdbus::MethodReply& reply) {
        reply >> owner_;
        return NoResult{};
    };
    const auto [error, none] = co_await asyncCallReading<NoResult>(pump_, *proxy, message, limit, read,
                                                                   asio::as_tuple(asio::use_awaitable));
    if (!error) co_return;
    try {
        throwLinkError(error, "GetNameOwner");
    } catch (const LinkError& e) {
        if (e.kind() != LinkErrorKind::BluezMissing) throw;
    }
}

asio::awaitable<void> BluezBus::load(std::chrono::milliseconds limit) {
    const auto read = [this](sdbus::MethodReply& reply) {
        ManagedObjects objects;
        reply >> objects;
        tree_.replace(objects);
        return NoResult{};
    };
    co_await callReading<NoResult>("/", bluez::kObjectManager, "GetManagedObjects", limit, read);
}

asio::awaitable<void> BluezBus::setProperty(std::string path, std::string interface, std::string name,
                                            sdbus::Variant value, std::chrono::milliseconds limit) {
    co_await call<NoResult>(std::move(path), bluez::kProperties, "Set", limit, std::move(interface),
                            std::move(name), std::move(value));
}

void BluezBus::onNameOwnerChanged(sdbus::Message& message) {
    std::string name;
    std::string before;
    std::string after;
    message >> name >> before >> after;
    owner_ = after;
    tree_.clear();
    listener_.bluezOwnerChanged();
}

void BluezBus::onInterfacesAdded(sdbus::Message& message) {
    if (message.getSender() != owner_) return;
    sdbus::ObjectPath path;
    Interfaces interfaces;
    message >> path >> interfaces;
    tree_.add(path, interfaces);
    listener_.objectAdded(path);
}

void BluezBus::onInterfacesRemoved(sdbus::Message& message) {
    if (message.getSender() != owner_) return;
    sdbus::ObjectPath path;
    std::vector<std::string> interfaces;
    message >> path >> interfaces;
    tree_.remove(path, interfaces);
    listener_.objectRemoved(path);
}

void BluezBus::onPropertiesChanged(sdbus::Message& message) {
    if (message.getSender() != owner_) return;
    std::string interface;
    Properties changed;
    message >> interface >> changed;
    const auto path = message.getPath();
    tree_.change(path, interface, changed);
    listener_.propertiesChanged(path, interface, changed);
}

} // namespace ble
