// SPDX-License-Identifier: MIT
#include "bluez_double_applications.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace virtual_pump::bluez {
namespace {

constexpr const char* kManager = "org.bluez.GattManager1";
constexpr const char* kService = "org.bluez.GattService1";
constexpr const char* kCharacteristic = "org.bluez.GattCharacteristic1";
constexpr std::string_view kBluetoothBase = "-0000-1000-8000-00805f9b34fb";

/// Throws sdbus::Error when the property is missing or has another type.
template <typename T>
T need(const Properties& properties, const char* name) {
    const auto found = properties.find(name);
    if (found == properties.end()) throw bluezError("Failed", "Failed to create entry in database");
    return found->second.get<T>();
}

/// 0: bluetoothd chooses.
std::uint16_t handleIn(const Properties& properties) {
    const auto found = properties.find("Handle");
    return found == properties.end() ? std::uint16_t{0} : found->second.get<std::uint16_t>();
}

bool isFlag(const std::string& word) {
    constexpr std::array<std::string_view, 17> known{"broadcast",
                                                     "read",
                                                     "write",
                                                     "write-without-response",
                                                     "notify",
                                                     "indicate",
                                                     "reliable-write",
                                                     "writable-auxiliaries",
                                                     "encrypt-read",
                                                     "encrypt-write",
                                                     "encrypt-notify",
                                                     "encrypt-indicate",
                                                     "authorize",
                                                     "authenticated-signed-writes",
                                                     "extended-properties",
                                                     "encrypt-authenticated-read",
                                                     "encrypt-authenticated-write"};
    return std::find(known.begin(), known.end(), word) != known.end();
}

} // namespace

std::string fullUuid(const std::string& text) {
    std::string digits = text.starts_with("0x") ? text.substr(2) : text;
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (std::size_t at = 0; at < digits.size(); ++at) {
        const bool dash = digits.size() == 36 && (at == 8 || at == 13 || at == 18 || at == 23);
        if (dash ? digits[at] != '-' : std::isxdigit(static_cast<unsigned char>(digits[at])) == 0) return {};
    }
    if (digits.size() == 4) return "0000" + digits + std::string(kBluetoothBase);
    if (digits.size() == 8) return digits + std::string(kBluetoothBase);
    return digits.size() == 36 ? digits : std::string{};
}

bool LocalCharacteristic::has(std::string_view flag) const {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

const LocalService* Application::service(std::string_view uuid) const {
    const auto found =
        std::find_if(services.begin(), services.end(), [&](const auto& s) { return s.uuid == uuid; });
    return found == services.end() ? nullptr : &*found;
}

const LocalCharacteristic* Application::characteristic(const LocalService& of, std::string_view uuid) const {
    const auto found = std::find_if(characteristics.begin(), characteristics.end(),
                                    [&](const auto& c) { return c.service == of.path && c.uuid == uuid; });
    return found == characteristics.end() ? nullptr : &*found;
}

Applications::Applications(const Bus& bus, Listener listener, std::uint16_t lastHandle)
    : bus_(bus), listener_(std::move(listener)), lastHandle_(lastHandle) {}

void Applications::exportOn(Object& adapter) {
    adapter.method(kManager, "RegisterApplication", "oa{sv}", "",
                   [this](sdbus::MethodCall& call) { add(call); });
    adapter.method(kManager, "UnregisterApplication", "o", "",
                   [this](sdbus::MethodCall& call) { remove(call); });
}

void Applications::add(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    Properties options;
    call >> path >> options;
    const std::string owner = call.getSender();
    const bool known =
        std::any_of(applications_.begin(), applications_.end(),
                    [&](const Application& a) { return a.owner == owner && a.path == path; }) ||
        std::find(pending_.begin(), pending_.end(), std::pair(owner, std::string(path))) != pending_.end();
    if (known) throw alreadyExists();
    pending_.emplace_back(owner, path);
    auto onObjects = [weak = weak_from_this(), call, path](const std::exception_ptr& error,
                                                           const Objects& objects) {
        if (const auto self = weak.lock()) self->answered(call, path, error, objects);
    };
    callClient<Objects>(bus_, owner, path, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                        std::move(onObjects));
}

void Applications::answered(sdbus::MethodCall call, const std::string& path, const std::exception_ptr& error,
                            const Objects& objects) {
    const std::string owner = call.getSender();
    std::erase(pending_, std::pair(owner, path));
    try {
        if (error) throw bluezError("Failed", "No object received");
        Application application = read(objects);
        application.id = ++lastId_;
        application.owner = owner;
        application.path = path;
        place(application);
        watch(application);
        applications_.push_back(std::move(application));
        reply(call);
    } catch (const sdbus::Error& refusal) {
        call.createErrorReply(refusal).send();
    }
    bus_.pump.wake();
    listener_.changed();
}

Application Applications::read(const Objects& objects) {
    Application result;
    for (const auto& [path, interfaces] : objects) {
        if (const auto service = interfaces.find(kService); service != interfaces.end()) {
            LocalService entry{path, fullUuid(need<std::string>(service->second, "UUID")),
                               need<bool>(service->second, "Primary"), handleIn(service->second)};
            if (entry.uuid.empty()) throw bluezError("Failed", "Failed to create entry in database");
            result.services.push_back(std::move(entry));
        }
        const auto found = interfaces.find(kCharacteristic);
        if (found == interfaces.end()) continue;
        const Properties& properties = found->second;
        LocalCharacteristic entry{path, need<sdbus::ObjectPath>(properties, "Service"),
                                  fullUuid(need<std::string>(properties, "UUID")),
                                  need<std::vector<std::string>>(properties, "Flags"), handleIn(properties)};
        if (entry.uuid.empty() || entry.flags.empty() ||
            !std::all_of(entry.flags.begin(), entry.flags.end(), isFlag))
            throw bluezError("Failed", "Failed to create entry in database");
        if (properties.contains("WriteAcquired") || properties.contains("NotifyAcquired"))
            listener_.violation("characteristic " + entry.uuid + " offers WriteAcquired or NotifyAcquired");
        result.characteristics.push_back(std::move(entry));
    }
    if (result.services.empty()) throw bluezError("Failed", "No valid service object found");
    for (const auto& characteristic : result.characteristics) {
        const bool placed =
            std::any_of(result.services.begin(), result.services.end(),
                        [&](const LocalService& s) { return s.path == characteristic.service; });
        if (!placed) throw bluezError("Failed", "Failed to create entry in database");
    }
    return result;
}

bool Applications::isFree(std::uint32_t first, std::uint32_t last) const {
    constexpr std::uint32_t kOwn = 0x0010;
    if (first < kOwn || last > lastHandle_) return false;
    const auto overlaps = [&](std::uint32_t handle) { return handle >= first && handle <= last; };
    for (const auto& application : applications_) {
        for (const auto& service : application.services)
            if (overlaps(service.handle)) return false;
        for (const auto& characteristic : application.characteristics)
            if (overlaps(characteristic.handle)) return false;
    }
    return true;
}

void Applications::placeService(LocalService& service, std::vector<LocalCharacteristic>& characteristics) {
    std::uint32_t attributes = 1;
    std::uint32_t lastAsked = service.handle;
    for (const auto& each : characteristics) {
        if (each.service != service.path) continue;
        attributes += each.has("notify") || each.has("indicate") ? 3U : 2U;
        lastAsked = std::max<std::uint32_t>(lastAsked, each.handle);
    }
    const bool fixed = service.handle != 0;
    const std::uint32_t first = fixed ? service.handle : nextHandle_;
    if (!isFree(first, first + attributes - 1))
        throw bluezError("Failed", "Failed to create entry in database");
    if (fixed && lastAsked > first + attributes - 1)
        throw bluezError("Failed", "Failed to create entry in database");
    service.handle = static_cast<std::uint16_t>(first);
    std::uint32_t at = first;
    for (auto& each : characteristics) {
        if (each.service != service.path) continue;
        if (each.handle == 0) each.handle = static_cast<std::uint16_t>(at + 2);
        at = each.handle + (each.has("notify") || each.has("indicate") ? 1U : 0U);
    }
    nextHandle_ = std::max(nextHandle_, first + attributes);
}

void Applications::place(Application& application) {
    for (auto& service : application.services) placeService(service, application.characteristics);
}

void Applications::watch(Application& application) {
    for (const auto& characteristic : application.characteristics) {
        if (!characteristic.has("notify") && !characteristic.has("indicate")) continue;
        auto proxy = sdbus::createProxy(bus_.connection, application.owner, characteristic.path);
        auto onChange = [this, id = application.id, path = characteristic.path](sdbus::Signal& signal) {
            try { // nothing may leave this callback
                std::string interface;
                Properties values;
                signal >> interface >> values;
                const auto value = values.find("Value");
                if (interface == kCharacteristic && value != values.end())
                    listener_.notified(id, path, value->second.get<protocol::Bytes>());
            } catch (const sdbus::Error& error) {
                listener_.violation("unreadable PropertiesChanged of " + path + ": " + error.getMessage());
            }
        };
        proxy->registerSignalHandler("org.freedesktop.DBus.Properties", "PropertiesChanged", onChange);
        proxy->finishRegistration();
        application.watches.push_back(std::move(proxy));
    }
}

void Applications::remove(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    call >> path;
    const auto removed = std::erase_if(
        applications_, [&](const Application& a) { return a.owner == call.getSender() && a.path == path; });
    if (removed == 0) throw doesNotExist();
    reply(call);
    listener_.changed();
}

const Application* Applications::withService(std::string_view uuid) const {
    const auto found = std::find_if(applications_.rbegin(), applications_.rend(),
                                    [&](const Application& a) { return a.service(uuid) != nullptr; });
    return found == applications_.rend() ? nullptr : &*found;
}

bool Applications::has(std::uint64_t id) const {
    return std::any_of(applications_.begin(), applications_.end(),
                       [&](const Application& a) { return a.id == id; });
}

void Applications::forget(const std::string& owner) {
    const auto removed = std::erase_if(applications_, [&](const Application& a) { return a.owner == owner; });
    if (removed > 0) listener_.changed();
}

} // namespace virtual_pump::bluez
