// SPDX-License-Identifier: MIT
#include "ble/bluez/gatt_application.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/uuids.hpp"

namespace ble {

namespace {

namespace uuid = protocol::uuid;

constexpr const char* kRoot = "/pump_bridge/gatt";

struct Readable {
    std::string_view uuid;
    std::string_view value;
};
using namespace std::string_view_literals;
/// The set that is known to satisfy the pump, in handle order (docs/protocol/link.md 4.1).
constexpr std::array kInformation{
    Readable{uuid::kManufacturerName, "Google"sv},   Readable{uuid::kModelNumber, "Nexus 5x"sv},
    Readable{uuid::kSerialNumber, "12345678"sv},     Readable{uuid::kHardwareRevision, "HW 1.0"sv},
    Readable{uuid::kFirmwareRevision, "FW 1.0"sv},   Readable{uuid::kSoftwareRevision, "1.0.0"sv},
    Readable{uuid::kSystemId, "\0\0\0\0\0\0\0\0"sv}, Readable{uuid::kPnpId, "\0\0\0\0\0\0\0"sv},
    Readable{uuid::kRegulatoryCertification, ""sv},
};

std::uint16_t offsetOf(const Properties& options) {
    const auto offset = options.find("offset");
    if (offset == options.end() || !offset->second.containsValueOfType<std::uint16_t>()) return 0;
    return offset->second.get<std::uint16_t>();
}

std::string deviceOf(const Properties& options) {
    const auto device = options.find("device");
    if (device == options.end() || !device->second.containsValueOfType<sdbus::ObjectPath>()) return {};
    return device->second.get<sdbus::ObjectPath>();
}

void addProperty(sdbus::IObject& object, const char* interface, const char* name, auto value) {
    object.registerProperty(name).onInterface(interface).withGetter([value] { return value; });
}

} // namespace

GattApplication::GattApplication(std::shared_ptr<BluezBus> bus, spdlog::logger& log, PortListener& listener)
    : bus_(std::move(bus)), log_(log), listener_(listener) {
    bus_->connection().addObjectManager(kRoot, sdbus::floating_slot);
    // sd-bus lists the youngest object first, and bluetoothd gives handles in the order of that list.
    const std::string information = fmt::format("{}/information", kRoot);
    const std::string sake = fmt::format("{}/sake", kRoot);
    addPort(sake + "/port", sake);
    addService(sake, uuid::kSakeService);
    for (std::size_t i = kInformation.size(); i-- > 0;) {
        const auto& [characteristic, value] = kInformation[i];
        addReadable(fmt::format("{}/c{}", information, i), information, characteristic,
                    Bytes(value.begin(), value.end()));
    }
    addService(information, uuid::kMobileDeviceInformation);
}

GattApplication::~GattApplication() = default;

sdbus::IObject& GattApplication::addObject(const std::string& path) {
    return *objects_.emplace_back(sdbus::createObject(bus_->connection(), path));
}

void GattApplication::addService(const std::string& path, std::string_view uuid) {
    auto& object = addObject(path);
    addProperty(object, bluez::kGattService, "UUID", std::string(uuid));
    addProperty(object, bluez::kGattService, "Primary", true);
    object.finishRegistration();
}

void GattApplication::addReadable(const std::string& path, const std::string& service, std::string_view uuid,
                                  Bytes value) {
    auto& object = addObject(path);
    addProperty(object, bluez::kGattCharacteristic, "UUID", std::string(uuid));
    addProperty(object, bluez::kGattCharacteristic, "Service", sdbus::ObjectPath(service));
    addProperty(object, bluez::kGattCharacteristic, "Flags", std::vector<std::string>{"read"});
    object.registerMethod("ReadValue")
        .onInterface(bluez::kGattCharacteristic)
        .implementedAs([value = std::move(value)](const Properties& options) {
            const std::size_t offset = offsetOf(options);
            if (offset > value.size()) throw sdbus::Error(bluez::kInvalidOffset, "beyond the value");
            return Bytes(value.begin() + static_cast<std::ptrdiff_t>(offset), value.end());
        });
    object.finishRegistration();
}

void GattApplication::addPort(const std::string& path, const std::string& service) {
    auto& object = addObject(path);
    port_ = &object;
    addProperty(object, bluez::kGattCharacteristic, "UUID", std::string(uuid::kSakePort));
    addProperty(object, bluez::kGattCharacteristic, "Service", sdbus::ObjectPath(service));
    addProperty(object, bluez::kGattCharacteristic, "Flags", std::vector<std::string>{"write", "notify"});
    object.registerMethod("WriteValue")
        .onInterface(bluez::kGattCharacteristic)
        .implementedAs([this](const Bytes& value, const Properties& options) { onWrite(value, options); });
    object.registerMethod("StartNotify").onInterface(bluez::kGattCharacteristic).implementedAs([this] {
        if (bus_->isFromBluez(*port_)) listener_.portSubscribed();
    });
    object.registerMethod("StopNotify").onInterface(bluez::kGattCharacteristic).implementedAs([this] {
        if (bus_->isFromBluez(*port_)) listener_.portUnsubscribed();
    });
    object.finishRegistration();
}

// The reply leaves when this returns; what the listener does about the write can only follow it.
void GattApplication::onWrite(const Bytes& value, const Properties& options) {
    if (offsetOf(options) != 0) throw sdbus::Error(bluez::kInvalidOffset, "only whole messages");
    if (!bus_->isFromBluez(*port_) || !listener_.portWritten(deviceOf(options), value))
        throw sdbus::Error(bluez::kNotPermitted, "not the connected pump");
}

void GattApplication::notifyPort(ByteView value) {
    auto signal = port_->createSignal(bluez::kProperties, "PropertiesChanged");
    const Properties changed{{"Value", sdbus::Variant(Bytes(value.begin(), value.end()))}};
    signal << bluez::kGattCharacteristic << changed << std::vector<std::string>{};
    port_->emitSignal(signal);
    bus_->pump().wake();
}

asio::awaitable<void> GattApplication::registerAt(std::string adapterPath, std::chrono::milliseconds limit) {
    const Properties options;
    std::optional<LinkError> failure;
    try {
        co_await bus_->call<NoResult>(adapterPath, bluez::kGattManager, "RegisterApplication", limit,
                                      sdbus::ObjectPath(kRoot), options);
    } catch (const LinkError& error) {
        failure = error;
    }
    if (!failure || failure->name() == bluez::kAlreadyExists) co_return;
    if (failure->name() == bluez::kAccessDenied)
        throw LinkError(
            failure->name(),
            "RegisterApplication refused by the bus: run as root, as a member of the group bluetooth, "
            "or install the D-Bus policy that comes with this program");
    throw LinkError(
        failure->name(),
        fmt::format("{}; bluetoothd's journal says why (journalctl -u bluetooth)", failure->what()));
}

asio::awaitable<void> GattApplication::unregisterAt(std::string adapterPath,
                                                    std::chrono::milliseconds limit) {
    try {
        co_await bus_->call<NoResult>(adapterPath, bluez::kGattManager, "UnregisterApplication", limit,
                                      sdbus::ObjectPath(kRoot));
    } catch (const LinkError& error) {
        log_.debug("ble: {}", error.what());
    }
}

} // namespace ble
