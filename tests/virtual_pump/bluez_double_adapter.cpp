// SPDX-License-Identifier: MIT
// org.bluez.Adapter1 of the double.
#include "bluez_double_daemon.hpp"

namespace virtual_pump {

namespace {

constexpr const char* kAdapter = "org.bluez.Adapter1";

} // namespace

void BluezDouble::Daemon::exportAdapter() {
    adapter_ = std::make_unique<bluez::Object>(bus_, bluez::kAdapterPath);
    auto& object = *adapter_;
    object.property(kAdapter, "Address", [this] { return settings_.adapterAddress; });
    object.property(kAdapter, "AddressType", [] { return std::string("public"); });
    object.property(kAdapter, "Name", [] { return std::string("bridge"); });
    object.property(kAdapter, "Class", [] { return std::uint32_t{0}; });
    object.property(kAdapter, "Discovering", [] { return false; });
    object.property(kAdapter, "Modalias", [] { return std::string("usb:v1D6Bp0246d0542"); });
    object.property(kAdapter, "Roles", [] { return std::vector<std::string>{"central", "peripheral"}; });
    object.property(kAdapter, "UUIDs", [] {
        return std::vector<std::string>{"00001800-0000-1000-8000-00805f9b34fb",
                                        "00001801-0000-1000-8000-00805f9b34fb"};
    });
    exportSwitches();
    object.method(kAdapter, "RemoveDevice", "o", "", [this](sdbus::MethodCall& call) { removeDevice(call); });
    for (const char* name : {"StartDiscovery", "StopDiscovery"})
        object.method(kAdapter, name, "", "", [](sdbus::MethodCall& call) { bluez::reply(call); });
    object.method(kAdapter, "SetDiscoveryFilter", "a{sv}", "",
                  [](sdbus::MethodCall& call) { bluez::reply(call); });
    applications_->exportOn(object);
    advertisements_->exportOn(object);
    object.publish();
}

void BluezDouble::Daemon::exportSwitches() {
    auto& object = *adapter_;
    auto& on = switches_;
    object.property(
        kAdapter, "Alias", [&on] { return on.alias; }, [&on](const std::string& alias) { on.alias = alias; });
    object.property(
        kAdapter, "Powered", [&on] { return on.powered; }, [this](bool powered) { setPowered(powered); },
        [&on] {
            if (on.busy) throw bluez::bluezError("Busy", "");
        });
    object.property(
        kAdapter, "Discoverable", [&on] { return on.discoverable; },
        [&on](bool discoverable) { on.discoverable = discoverable; });
    object.property(
        kAdapter, "Pairable", [&on] { return on.pairable; },
        [&on](bool pairable) { on.pairable = pairable; });
    object.property(
        kAdapter, "DiscoverableTimeout", [&on] { return on.discoverableTimeout; },
        [&on](std::uint32_t seconds) { on.discoverableTimeout = seconds; });
    object.property(
        kAdapter, "PairableTimeout", [&on] { return on.pairableTimeout; },
        [&on](std::uint32_t seconds) { on.pairableTimeout = seconds; });
}

void BluezDouble::Daemon::powerItself() {
    switches_.powered = false;
    switches_.busy = true;
    powerTimer_.expires_after(settings_.powersItselfAfter);
    powerTimer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->adapter_ == nullptr) return;
        self->switches_.busy = false;
        self->setPowered(true);
        self->adapter_->changed(kAdapter, "Powered");
    });
}

void BluezDouble::Daemon::switchOff() {
    setPowered(false);
    adapter_->changed(kAdapter, "Powered");
}

void BluezDouble::Daemon::setPowered(bool powered) {
    switches_.powered = powered;
    if (!powered) disconnect("connection terminated by local host");
    consider();
}

void BluezDouble::Daemon::removeDevice(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    call >> path;
    if (device_ != nullptr && path == device_->path()) {
        disconnect("connection terminated by local host");
        bonds_.host = false;
        bonds_.cccdKeptFor = 0;
        removePumpDevice();
    } else if (stranger_ != nullptr && path == stranger_->path()) {
        strangerLeaves();
    } else {
        throw bluez::doesNotExist();
    }
    bluez::reply(call);
}

} // namespace virtual_pump
