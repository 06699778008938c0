// SPDX-License-Identifier: MIT
#include "ble/bluez/gatt_application.hpp"

#include <fmt/format.h>

#include <array>

#include "protocol/uuids.hpp"

namespace ble {

namespace {

namespace uuid = protocol::uuid;

constexpr const char* kRoot = "/pump_bridge/gatt";

// Far behind what bluetoothd takes for itself, which begins at 1. The handle of a characteristic is that of
// its value: its declaration stands before it, the CCCD that bluetoothd adds to the port behind it.
constexpr std::uint16_t kInformationHandle = 0x0100;
constexpr std::uint16_t kSakeHandle = 0x0120;

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
    addService(sake, uuid::kSakeService, kSakeHandle);
    for (std::size_t i = kInformation.size(); i-- > 0;) {
        const auto& [characteristic, value] = kInformation[i];
        addReadable(fmt::format("{}/c{}", information, i), information, characteristic,
                    Bytes(value.begin(), value.end()),
                    static_cast<std::uint16_t>(kInformationHandle + 2 * (i + 1)));
    }
    addService(information, uuid::kMobileDeviceInformation, kInformationHandle);
}

GattApplication::~GattApplication() = default;

sdbus::IObject& GattApplication::addObject(const std::string& path) {
    return *objects_.emplace_back(sdbus::createObject(bus_->connection(), path));
}

// bluetoothd writes the handle that it has chosen for 0; it is of no interest.
void GattApplication::addHandle(sdbus::IObject& object, const char* interface, std::uint16_t handle) {
    object.registerProperty("Handle")
        .onInterface(interface)
        .withGetter([this, handle] { return fixedHandles_ ? handle : std::uint16_t{0}; })
        .withSetter([](const std::uint16_t& /*chosen*/) {});
}

void GattApplication::addService(const std::string& path, std::string_view uuid, std::uint16_t handle) {
    auto& object = addObject(path);
    addProperty(object, bluez::kGattService, "UUID", std::string(uuid));
    addProperty(object, bluez::kGattService, "Primary", true);
    addHandle(object, bluez::kGattService, handle);
    object.finishRegistration();
}

void GattApplication::addReadable(const std::string& path, const std::string& service, std::string_view uuid,
                                  Bytes value, std::uint16_t handle) {
    auto& object = addObject(path);
    addProperty(object, bluez::kGattCharacteristic, "UUID", std::string(uuid));
    addProperty(object, bluez::kGattCharacteristic, "Service", sdbus::ObjectPath(service));
    addProperty(object, bluez::kGattCharacteristic, "Flags", std::vector<std::string>{"read"});
    addHandle(object, bluez::kGattCharacteristic, handle);
    object.registerMethod("ReadValue")
        .onInterface(bluez::kGattCharacteristic)
        .implementedAs([this, value = std::move(value)](const Properties& options) {
            listener_.informationRead(deviceOf(options));
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
    addHandle(object, bluez::kGattCharacteristic, kSakeHandle + 2);
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

asio::awaitable<std::optional<LinkError>> GattApplication::tryRegister(std::string adapterPath,
                                                                       std::chrono::milliseconds limit) {
    const Properties options;
    std::optional<LinkError> failure;
    try {
        co_await bus_->call<NoResult>(adapterPath, bluez::kGattManager, "RegisterApplication", limit,
                                      sdbus::ObjectPath(kRoot), options);
    } catch (const LinkError& error) {
        failure = error;
    }
    if (failure && failure->kind() == LinkErrorKind::AlreadyExists) failure.reset();
    co_return failure;
}

asio::awaitable<void> GattApplication::registerAt(std::string adapterPath, std::chrono::milliseconds limit) {
    fixedHandles_ = true;
    auto failure = co_await tryRegister(adapterPath, limit);
    if (failure && failure->kind() == LinkErrorKind::Refused) { // another program may sit there
        log_.warn("ble: {}; trying without fixed handles", failure->what());
        fixedHandles_ = false;
        failure = co_await tryRegister(adapterPath, limit);
    }
    if (!failure) co_return;
    if (failure->kind() == LinkErrorKind::Refused)
        throw LinkError(LinkErrorKind::HandlesUsedUp, failure->what());
    throw *failure;
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
