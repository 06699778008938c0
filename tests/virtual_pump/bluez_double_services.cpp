// SPDX-License-Identifier: MIT
#include "bluez_double_services.hpp"

#include <algorithm>
#include <cstdio>

namespace virtual_pump::bluez {
namespace {

constexpr const char* kService = "org.bluez.GattService1";
constexpr const char* kCharacteristic = "org.bluez.GattCharacteristic1";

bool has(const CharacteristicSpec& spec, std::string_view flag) {
    return std::find(spec.flags.begin(), spec.flags.end(), flag) != spec.flags.end();
}

bool notifies(const CharacteristicSpec& spec) {
    return has(spec, "notify") || has(spec, "indicate");
}

/// "service001a" of the attribute handle, as bluetoothd names its objects.
std::string numbered(const std::string& parent, const char* kind, unsigned handle) {
    char digits[8];
    std::snprintf(digits, sizeof digits, "%04x", handle);
    return parent + "/" + kind + digits;
}

sdbus::Error notConnected() {
    return bluezError("Failed", "Not connected");
}

sdbus::Error toBluez(AttError error) {
    switch (error) {
        case AttError::ReadNotPermitted:
            return bluezError("NotPermitted", "Read not permitted");
        case AttError::WriteNotPermitted:
            return bluezError("NotPermitted", "Write not permitted");
        case AttError::RequestNotSupported:
            return bluezError("NotSupported", "Operation is not supported");
        default:
            break;
    }
    char text[48];
    std::snprintf(text, sizeof text, "Operation failed with ATT error: 0x%02x", static_cast<unsigned>(error));
    return bluezError("Failed", text);
}

} // namespace

RemoteServices::RemoteServices(const Bus& bus, const std::string& device, Pump& pump, std::uint16_t mtu,
                               Listener listener)
    : bus_(bus), pump_(pump), mtu_(mtu), listener_(std::move(listener)) {
    unsigned handle = 1;
    std::string service;
    const auto& specs = characteristics();
    for (std::size_t index = 0; index < specs.size(); ++index) {
        if (index == 0 || specs[index].serviceUuid != specs[index - 1].serviceUuid) {
            service = numbered(device, "service", handle++);
            exportService(service, std::string(specs[index].serviceUuid), device);
        }
        exportCharacteristic(numbered(service, "char", handle), service, index);
        handle += notifies(specs[index]) ? 3U : 2U; // declaration, value, CCCD
    }
}

std::vector<std::string> RemoteServices::uuids() {
    std::set<std::string> result;
    for (const auto& spec : virtual_pump::characteristics()) result.emplace(spec.serviceUuid);
    return {result.begin(), result.end()};
}

void RemoteServices::exportService(const std::string& path, const std::string& uuid,
                                   const std::string& device) {
    auto object = std::make_unique<Object>(bus_, path);
    object->property(kService, "UUID", [uuid] { return uuid; });
    object->property(kService, "Device", [device] { return sdbus::ObjectPath(device); });
    object->property(kService, "Primary", [] { return true; });
    object->property(kService, "Includes", [] { return std::vector<sdbus::ObjectPath>{}; });
    object->publish();
    services_.push_back(std::move(object));
}

void RemoteServices::exportCharacteristic(const std::string& path, const std::string& service,
                                          std::size_t index) {
    const auto& spec = virtual_pump::characteristics()[index];
    auto& entry = *characteristics_.emplace_back(std::make_unique<Characteristic>());
    entry.index = index;
    entry.object = std::make_unique<Object>(bus_, path);
    auto& object = *entry.object;
    object.property(kCharacteristic, "UUID", [&spec] { return std::string(spec.uuid); });
    object.property(kCharacteristic, "Service", [service] { return sdbus::ObjectPath(service); });
    object.property(kCharacteristic, "Value", [&entry] { return entry.value; });
    object.property(kCharacteristic, "Flags", [&spec] { return spec.flags; });
    object.property(kCharacteristic, "MTU", [this] { return mtu_; });
    if (notifies(spec)) object.property(kCharacteristic, "Notifying", [&entry] { return entry.notifying; });
    exportMethods(entry);
    object.publish();
}

void RemoteServices::exportMethods(Characteristic& entry) {
    auto& object = *entry.object;
    object.method(kCharacteristic, "ReadValue", "a{sv}", "ay",
                  [this, &entry](sdbus::MethodCall& call) { read(entry, call); });
    object.method(kCharacteristic, "WriteValue", "aya{sv}", "",
                  [this, &entry](sdbus::MethodCall& call) { write(entry, call); });
    object.method(kCharacteristic, "StartNotify", "", "",
                  [this, &entry](sdbus::MethodCall& call) { startNotify(entry, call); });
    object.method(kCharacteristic, "StopNotify", "", "",
                  [this, &entry](sdbus::MethodCall& call) { stopNotify(entry, call); });
}

void RemoteServices::read(Characteristic& entry, sdbus::MethodCall& call) {
    const auto& spec = virtual_pump::characteristics()[entry.index];
    if (!attached_) throw notConnected();
    if (spec.encrypted && !pump_.sessionUp())
        listener_.violation("read of the encrypted " + std::string(spec.uuid) + " before the handshake");
    const auto value = pump_.read(entry.index);
    if (!value.has_value()) throw toBluez(value.error());
    // bluetoothd stores what it has read, and announces it like a notification before it answers.
    entry.value = *value;
    entry.object->changed(kCharacteristic, "Value");
    reply(call, entry.value);
    listener_.worked();
}

void RemoteServices::write(const Characteristic& entry, sdbus::MethodCall& call) {
    Bytes value;
    Properties options;
    call >> value >> options;
    if (!attached_) throw notConnected();
    const auto& spec = virtual_pump::characteristics()[entry.index];
    if (!has(spec, "write")) throw bluezError("NotSupported", "Operation is not supported");
    if (value.size() > mtu_ - std::size_t{3})
        listener_.violation("write of " + std::to_string(value.size()) + " bytes does not fit the MTU");
    if (const auto error = pump_.write(entry.index, value)) throw toBluez(*error);
    reply(call);
    listener_.worked();
}

void RemoteServices::startNotify(Characteristic& entry, sdbus::MethodCall& call) {
    if (!notifies(virtual_pump::characteristics()[entry.index]))
        throw bluezError("NotSupported", "Operation is not supported");
    const bool first = entry.clients.empty();
    entry.clients.insert(call.getSender());
    if (attached_ && first) {
        pump_.subscribe(entry.index, true);
        setNotifying(entry, true);
    }
    reply(call); // also without a link: bluetoothd subscribes as soon as there is one
    listener_.worked();
}

void RemoteServices::stopNotify(Characteristic& entry, sdbus::MethodCall& call) {
    if (entry.clients.erase(call.getSender()) == 0) throw bluezError("Failed", "No notify session started");
    if (entry.clients.empty()) {
        if (attached_) pump_.subscribe(entry.index, false);
        setNotifying(entry, false);
    }
    reply(call);
}

void RemoteServices::setNotifying(Characteristic& entry, bool notifying) {
    if (std::exchange(entry.notifying, notifying) != notifying)
        entry.object->changed(kCharacteristic, "Notifying");
}

void RemoteServices::attach() {
    attached_ = true;
    for (const auto& entry : characteristics_) {
        if (entry->clients.empty()) continue;
        pump_.subscribe(entry->index, true);
        setNotifying(*entry, true);
    }
}

void RemoteServices::detach() {
    attached_ = false;
    for (const auto& entry : characteristics_) setNotifying(*entry, false);
}

void RemoteServices::arrived(const Outgoing& outgoing) {
    auto& entry = *characteristics_.at(outgoing.characteristic);
    entry.value = outgoing.value;
    entry.object->changed(kCharacteristic, "Value");
}

void RemoteServices::forget(const std::string& owner) {
    for (const auto& entry : characteristics_) {
        if (entry->clients.erase(owner) == 0 || !entry->clients.empty()) continue;
        if (attached_) pump_.subscribe(entry->index, false);
        setNotifying(*entry, false);
    }
}

} // namespace virtual_pump::bluez
