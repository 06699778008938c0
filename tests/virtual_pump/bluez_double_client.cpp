// SPDX-License-Identifier: MIT
#include "bluez_double_client.hpp"

#include <array>
#include <boost/asio/post.hpp>

#include "protocol/uuids.hpp"

namespace virtual_pump::test {

namespace uuid = protocol::uuid;

namespace {

constexpr const char* kAdapterPath = "/org/bluez/hci0";
constexpr const char* kApplicationPath = "/test/application";
constexpr const char* kAgentPath = "/test/agent";
constexpr const char* kService = "org.bluez.GattService1";
constexpr const char* kCharacteristic = "org.bluez.GattCharacteristic1";
constexpr const char* kAdvertisement = "org.bluez.LEAdvertisement1";
constexpr const char* kDevice = "org.bluez.Device1";

constexpr std::array kInformation{
    uuid::kManufacturerName,       uuid::kModelNumber,      uuid::kSerialNumber, uuid::kHardwareRevision,
    uuid::kFirmwareRevision,       uuid::kSoftwareRevision, uuid::kSystemId,     uuid::kPnpId,
    uuid::kRegulatoryCertification};

} // namespace

bool runUntil(asio::io_context& io, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        io.run_one_for(std::chrono::milliseconds(50));
    }
    return true;
}

protocol::sake::RandomSource countingRandom(std::uint8_t start) {
    return [next = start](std::span<std::uint8_t> out) mutable {
        for (auto& byte : out) byte = next++;
    };
}

Client::Client(asio::io_context& io, ble::BusPump& pump, sdbus::IConnection& bus,
               protocol::sake::KeyDatabase keys)
    : portUuid(uuid::kSakePort),
      informationUuid(uuid::kMobileDeviceInformation),
      io_(io),
      pump_(pump),
      bus_(bus),
      keys_(std::move(keys)) {
    watch();
}

Client::~Client() = default;

void Client::exportApplication() {
    const std::string root = kApplicationPath;
    auto manager = sdbus::createObject(bus_, root);
    manager->addObjectManager();
    application_.push_back(std::move(manager));
    int number = 0;
    for (const auto& [path, uuid] : std::map<std::string, std::string>{
             {root + "/service0", informationUuid}, {root + "/service1", std::string(uuid::kSakeService)}}) {
        auto service = sdbus::createObject(bus_, path);
        service->registerProperty("UUID").onInterface(kService).withGetter([uuid = uuid] { return uuid; });
        service->registerProperty("Primary").onInterface(kService).withGetter([] { return true; });
        service->finishRegistration();
        application_.push_back(std::move(service));
    }
    for (const auto uuid : kInformation)
        exportCharacteristic(root + "/service0/char" + std::to_string(number++), std::string(uuid), {"read"});
    exportPort(root + "/service1/char0");
}

void Client::exportCharacteristic(const std::string& path, const std::string& uuid,
                                  const std::vector<std::string>& flags) {
    auto object = sdbus::createObject(bus_, path);
    const sdbus::ObjectPath service(path.substr(0, path.rfind('/')));
    object->registerProperty("UUID").onInterface(kCharacteristic).withGetter([uuid] { return uuid; });
    object->registerProperty("Service").onInterface(kCharacteristic).withGetter([service] {
        return service;
    });
    object->registerProperty("Flags").onInterface(kCharacteristic).withGetter([flags] { return flags; });
    object->registerMethod(kCharacteristic, "ReadValue", "a{sv}", "ay", [this, uuid](sdbus::MethodCall call) {
        informationRead.push_back(uuid);
        auto answer = call.createReply();
        answer << Bytes{'x'};
        answer.send();
    });
    object->finishRegistration();
    application_.push_back(std::move(object));
}

void Client::exportPort(const std::string& path) {
    auto object = sdbus::createObject(bus_, path);
    const sdbus::ObjectPath service(path.substr(0, path.rfind('/')));
    object->registerProperty("UUID").onInterface(kCharacteristic).withGetter([this] { return portUuid; });
    object->registerProperty("Service").onInterface(kCharacteristic).withGetter([service] {
        return service;
    });
    object->registerProperty("Flags").onInterface(kCharacteristic).withGetter([this] { return portFlags; });
    object->registerProperty("Value").onInterface(kCharacteristic).withGetter([this] { return portValue_; });
    object->registerMethod(kCharacteristic, "WriteValue", "aya{sv}", "",
                           [this](sdbus::MethodCall call) { written(call); });
    object->registerMethod(kCharacteristic, "StartNotify", "", "", [this](sdbus::MethodCall call) {
        ++subscriptions;
        session_.reset();
        handshake_.emplace(keys_, countingRandom(7));
        call.createReply().send();
        asio::post(io_, [this] { notify(protocol::sake::kStartSignal); });
    });
    object->registerMethod(kCharacteristic, "StopNotify", "", "",
                           [](sdbus::MethodCall call) { call.createReply().send(); });
    object->finishRegistration();
    port_ = object.get();
    application_.push_back(std::move(object));
}

void Client::written(sdbus::MethodCall& call) {
    Bytes value;
    call >> value;
    const auto answer = handshake_->receive(value);
    const bool more = answer.has_value() && answer->has_value();
    if (more && notifyBeforeReply) notify(**answer);
    call.createReply().send();
    if (more && !notifyBeforeReply) notify(**answer);
    if (handshake_->done()) session_.emplace(handshake_->takeSession());
}

void Client::notify(ByteView value) {
    if (port_ == nullptr) return;
    portValue_.assign(value.begin(), value.end());
    port_->emitPropertiesChangedSignal(kCharacteristic, {"Value"});
    pump_.wake();
}

std::string Client::registerApplication() {
    exportApplication();
    return call(kAdapterPath, "org.bluez.GattManager1", "RegisterApplication",
                sdbus::ObjectPath(kApplicationPath), Properties{});
}

std::string Client::unregisterApplication() {
    auto error = call(kAdapterPath, "org.bluez.GattManager1", "UnregisterApplication",
                      sdbus::ObjectPath(kApplicationPath));
    port_ = nullptr;
    application_.clear();
    return error;
}

void Client::exportAgent() {
    agent_ = sdbus::createObject(bus_, kAgentPath);
    agent_->registerMethod("RequestAuthorization")
        .onInterface("org.bluez.Agent1")
        .implementedAs([this](const sdbus::ObjectPath&) {
            ++agentRequests;
            if (!acceptPairing) throw sdbus::Error("org.bluez.Error.Rejected", "no");
        });
    agent_->finishRegistration();
}

std::string Client::registerAgent() {
    if (agent_ == nullptr) exportAgent();
    const sdbus::ObjectPath path(kAgentPath);
    auto error =
        call("/org/bluez", "org.bluez.AgentManager1", "RegisterAgent", path, std::string("NoInputNoOutput"));
    if (!error.empty()) return error;
    return call("/org/bluez", "org.bluez.AgentManager1", "RequestDefaultAgent", path);
}

std::string Client::advertise(const std::string& uuid, const std::string& path) {
    auto object = sdbus::createObject(bus_, path);
    object->registerProperty("Type").onInterface(kAdvertisement).withGetter([] {
        return std::string("peripheral");
    });
    object->registerProperty("ServiceUUIDs").onInterface(kAdvertisement).withGetter([uuid] {
        return std::vector<std::string>{uuid};
    });
    object->registerProperty("LocalName").onInterface(kAdvertisement).withGetter([this] {
        return localName;
    });
    object->registerProperty("Discoverable").onInterface(kAdvertisement).withGetter([this] {
        return discoverable;
    });
    object->registerMethod("Release").onInterface(kAdvertisement).implementedAs([this] { ++released; });
    object->finishRegistration();
    advertisements_[path] = std::move(object);
    return call(kAdapterPath, "org.bluez.LEAdvertisingManager1", "RegisterAdvertisement",
                sdbus::ObjectPath(path), Properties{});
}

std::string Client::withdraw(const std::string& path) {
    advertisements_.erase(path);
    return call(kAdapterPath, "org.bluez.LEAdvertisingManager1", "UnregisterAdvertisement",
                sdbus::ObjectPath(path));
}

std::string Client::startNotify(const std::string& path) {
    return call(path, kCharacteristic, "StartNotify");
}

std::string Client::write(const std::string& path, const Bytes& value) {
    return call(path, kCharacteristic, "WriteValue", value,
                Properties{{"type", sdbus::Variant(std::string("request"))}});
}

std::pair<std::string, Bytes> Client::read(const std::string& path) {
    return request<Bytes>(path, kCharacteristic, "ReadValue", Properties{});
}

Objects Client::managedObjects() {
    return request<Objects>("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects").second;
}

std::optional<Properties> Client::device() {
    for (const auto& [path, interfaces] : managedObjects())
        if (path.find("/dev_00_23_F7") != std::string::npos && interfaces.contains(kDevice))
            return interfaces.at(kDevice);
    return std::nullopt;
}

std::string Client::disconnect() {
    for (const auto& [path, interfaces] : managedObjects())
        if (interfaces.contains(kDevice) && interfaces.at(kDevice).at("Connected").get<bool>())
            return call(path, kDevice, "Disconnect");
    return "nothing connected";
}

std::string Client::find(std::string_view serviceUuid, std::string_view uuid) {
    const auto objects = managedObjects();
    for (const auto& [path, interfaces] : objects) {
        const auto found = interfaces.find(kCharacteristic);
        if (found == interfaces.end() || found->second.at("UUID").get<std::string>() != uuid) continue;
        const auto service = found->second.at("Service").get<sdbus::ObjectPath>();
        if (objects.at(service).at(kService).at("UUID").get<std::string>() == serviceUuid) return path;
    }
    return {};
}

void Client::watch() {
    matches_.push_back(
        bus_.addMatch("type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties'",
                      [this](sdbus::Message& message) {
                          std::string interface;
                          Properties properties;
                          message >> interface >> properties;
                          changed(message.getPath(), interface, properties);
                      }));
    matches_.push_back(
        bus_.addMatch("type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager'",
                      [this](sdbus::Message& message) {
                          sdbus::ObjectPath path;
                          message >> path;
                          log.push_back(message.getMemberName() + " " + path);
                      }));
}

void Client::changed(const std::string& path, const std::string& interface, const Properties& properties) {
    for (const auto& [name, value] : properties) {
        if (interface == kCharacteristic && name == "Value") values.emplace_back(path, value.get<Bytes>());
        if (interface == kDevice && value.peekValueType() == "b")
            log.push_back(name + (value.get<bool>() ? " true" : " false"));
    }
}

} // namespace virtual_pump::test
