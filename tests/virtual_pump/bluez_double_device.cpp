// SPDX-License-Identifier: MIT
#include "bluez_double_device.hpp"

#include <algorithm>

namespace virtual_pump::bluez {
namespace {

constexpr const char* kDevice = "org.bluez.Device1";

} // namespace

std::string devicePath(std::string address) {
    std::replace(address.begin(), address.end(), ':', '_');
    return std::string(kAdapterPath) + "/dev_" + address;
}

Device::Device(const Bus& bus, std::string address, State state, std::function<void()> disconnect)
    : bus_(bus),
      address_(std::move(address)),
      alias_(address_),
      state_(std::move(state)),
      disconnect_(std::move(disconnect)),
      object_(bus, devicePath(address_)) {
    std::replace(alias_.begin(), alias_.end(), ':', '-');
    exportProperties();
    exportMethods();
    object_.publish();
}

void Device::exportProperties() {
    object_.property(kDevice, "Address", [this] { return address_; });
    object_.property(kDevice, "AddressType", [] { return std::string("public"); });
    object_.property(
        kDevice, "Alias", [this] { return alias_; }, [this](const std::string& alias) { alias_ = alias; });
    object_.property(kDevice, "Paired", [this] { return state_.paired; });
    object_.property(kDevice, "Bonded", [this] { return state_.paired; });
    object_.property(
        kDevice, "Trusted", [this] { return state_.trusted; },
        [this](bool trusted) { state_.trusted = trusted; });
    object_.property(kDevice, "Blocked", [] { return false; });
    object_.property(kDevice, "LegacyPairing", [] { return false; });
    object_.property(kDevice, "Connected", [this] { return state_.connected; });
    object_.property(kDevice, "ServicesResolved", [this] { return state_.servicesResolved; });
    object_.property(kDevice, "UUIDs", [this] { return state_.uuids; });
    object_.property(kDevice, "Adapter", [] { return sdbus::ObjectPath(kAdapterPath); });
}

void Device::exportMethods() {
    object_.method(kDevice, "Connect", "", "", [this](sdbus::MethodCall&) {
        // The pump is a central and never advertises: there is nobody to connect to.
        if (state_.connected) throw bluezError("AlreadyConnected", "Already Connected");
        throw bluezError("Failed", "le-connection-abort-by-local");
    });
    object_.method(kDevice, "Disconnect", "", "", [this](sdbus::MethodCall& call) {
        if (!state_.connected) throw bluezError("NotConnected", "Not Connected");
        disconnect_(); // may destroy this
        reply(call);
    });
    object_.method(kDevice, "Pair", "", "", [this](sdbus::MethodCall&) {
        if (state_.paired) throw alreadyExists();
        throw bluezError("ConnectionAttemptFailed", "Page Timeout");
    });
    object_.method(kDevice, "CancelPairing", "", "", [](sdbus::MethodCall&) { throw doesNotExist(); });
}

void Device::setName(const std::string& name) {
    if (name == name_) return;
    name_ = name;
    alias_ = name;
    if (nameProperty_ == nullptr) {
        // A second part of the same interface: sd-bus has no properties that come later.
        nameProperty_ = sdbus::createObject(bus_.connection, path());
        nameProperty_->registerProperty("Name").onInterface(kDevice).withGetter([this] { return name_; });
        nameProperty_->finishRegistration();
    }
    nameProperty_->emitPropertiesChangedSignal(kDevice, {"Name"});
    object_.changed(kDevice, "Alias");
}

void Device::setConnected(bool connected) {
    if (std::exchange(state_.connected, connected) != connected) object_.changed(kDevice, "Connected");
}

void Device::setPaired() {
    if (std::exchange(state_.paired, true)) return;
    object_.changed(kDevice, "Paired");
    object_.changed(kDevice, "Bonded");
}

void Device::setServicesResolved(bool resolved) {
    if (std::exchange(state_.servicesResolved, resolved) != resolved)
        object_.changed(kDevice, "ServicesResolved");
}

void Device::setUuids(std::vector<std::string> uuids) {
    if (uuids == state_.uuids) return;
    state_.uuids = std::move(uuids);
    object_.changed(kDevice, "UUIDs");
}

} // namespace virtual_pump::bluez
