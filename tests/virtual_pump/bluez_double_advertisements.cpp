// SPDX-License-Identifier: MIT
#include "bluez_double_advertisements.hpp"

#include <algorithm>

#include "bluez_double_applications.hpp"

namespace virtual_pump::bluez {
namespace {

constexpr const char* kManager = "org.bluez.LEAdvertisingManager1";
constexpr const char* kAdvertisement = "org.bluez.LEAdvertisement1";
constexpr std::uint16_t kMedtronic = 0x01f9;
constexpr std::string_view kShortUuidTail = "-0000-1000-8000-00805f9b34fb";
constexpr std::size_t kLargestPayload = 31; // of legacy advertising

sdbus::Error unparsable() {
    return bluezError("Failed", "Failed to parse advertisement.");
}

template <typename T>
T optional(const Properties& properties, const char* name, T otherwise) {
    const auto found = properties.find(name);
    return found == properties.end() ? otherwise : found->second.get<T>();
}

/// Bytes in the advertising data: flags, lists of UUIDs, manufacturer data.
std::size_t payloadSize(const Advertisement& advertisement) {
    std::size_t size = 3;
    std::size_t shortUuids = 0;
    std::size_t longUuids = 0;
    for (const auto& uuid : advertisement.serviceUuids)
        (uuid.ends_with(kShortUuidTail) ? shortUuids : longUuids)++;
    if (shortUuids > 0) size += 2 + 2 * shortUuids;
    if (longUuids > 0) size += 2 + 16 * longUuids;
    for (const auto& [company, data] : advertisement.manufacturerData) size += 4 + data.size();
    return size;
}

/// Throws sdbus::Error as bluetoothd answers.
Advertisement parse(const Properties& properties) try {
    Advertisement result;
    const auto type = properties.at("Type").get<std::string>();
    if (type != "peripheral" && type != "broadcast") throw unparsable();
    result.connectable = type == "peripheral";
    for (const auto& text : optional(properties, "ServiceUUIDs", std::vector<std::string>{})) {
        result.serviceUuids.push_back(fullUuid(text));
        if (result.serviceUuids.back().empty()) throw unparsable();
    }
    using Manufacturers = std::map<std::uint16_t, sdbus::Variant>;
    for (const auto& [company, data] : optional(properties, "ManufacturerData", Manufacturers{}))
        result.manufacturerData.emplace(company, data.get<protocol::Bytes>());
    result.localName = optional(properties, "LocalName", std::string{});
    if (properties.contains("Discoverable")) {
        result.discoverable = properties.at("Discoverable").get<bool>();
        if (*result.discoverable && !result.connectable) throw unparsable();
    }
    if (payloadSize(result) > kLargestPayload) throw unparsable();
    return result;
} catch (const std::out_of_range&) { // no Type
    throw unparsable();
} catch (const sdbus::Error&) { // a property of another type
    throw unparsable();
}

} // namespace

bool isMobileName(std::string_view name) {
    return name.starts_with("Mobile ") && name.size() <= 14 &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool Advertisement::offers(std::string_view uuid) const {
    return std::find(serviceUuids.begin(), serviceUuids.end(), uuid) != serviceUuids.end();
}

std::string Advertisement::mobileName() const {
    const auto data = manufacturerData.find(kMedtronic);
    if (data == manufacturerData.end()) return localName;
    const auto& bytes = data->second;
    if (bytes.size() < 2 || bytes.front() != 0 || bytes.back() != 0) return {};
    return {bytes.begin() + 1, bytes.end() - 1};
}

Advertisements::Advertisements(const Bus& bus, std::uint8_t instances, Listener listener)
    : bus_(bus), instances_(instances), listener_(std::move(listener)) {}

void Advertisements::exportOn(Object& adapter) {
    adapter_ = &adapter;
    adapter.method(kManager, "RegisterAdvertisement", "oa{sv}", "",
                   [this](sdbus::MethodCall& call) { add(call); });
    adapter.method(kManager, "UnregisterAdvertisement", "o", "",
                   [this](sdbus::MethodCall& call) { remove(call); });
    adapter.property(kManager, "ActiveInstances",
                     [this] { return static_cast<std::uint8_t>(active_.size()); });
    adapter.property(kManager, "SupportedInstances",
                     [this] { return static_cast<std::uint8_t>(instances_ - active_.size()); });
    adapter.property(kManager, "SupportedIncludes", [] {
        return std::vector<std::string>{"tx-power", "appearance", "local-name", "rsi"};
    });
}

void Advertisements::add(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    Properties options;
    call >> path >> options;
    const std::string owner = call.getSender();
    const bool known =
        std::any_of(active_.begin(), active_.end(),
                    [&](const Advertisement& a) { return a.owner == owner && a.path == path; }) ||
        std::find(pending_.begin(), pending_.end(), std::pair(owner, std::string(path))) != pending_.end();
    if (known) throw alreadyExists();
    if (active_.size() + pending_.size() >= instances_)
        throw bluezError("NotPermitted", "Maximum advertisements reached");
    pending_.emplace_back(owner, path);
    auto onProperties = [weak = weak_from_this(), call, path](const std::exception_ptr& error,
                                                              const Properties& properties) {
        if (const auto self = weak.lock()) self->answered(call, path, error, properties);
    };
    callClient<Properties>(bus_, owner, path, "org.freedesktop.DBus.Properties", "GetAll",
                           std::move(onProperties), std::string(kAdvertisement));
}

void Advertisements::answered(sdbus::MethodCall call, const std::string& path,
                              const std::exception_ptr& error, const Properties& properties) {
    const std::string owner = call.getSender();
    std::erase(pending_, std::pair(owner, path));
    try {
        if (error) throw unparsable();
        Advertisement advertisement = parse(properties);
        if (!listener_.powered()) throw bluezError("Failed", "Failed to register advertisement");
        advertisement.owner = owner;
        advertisement.path = path;
        active_.push_back(std::move(advertisement));
        reply(call);
        listener_.added(active_.back());
        announce();
    } catch (const sdbus::Error& refusal) {
        call.createErrorReply(refusal).send();
        bus_.pump.wake();
    }
}

void Advertisements::remove(sdbus::MethodCall& call) {
    sdbus::ObjectPath path;
    call >> path;
    const auto removed = std::erase_if(
        active_, [&](const Advertisement& a) { return a.owner == call.getSender() && a.path == path; });
    if (removed == 0) throw doesNotExist();
    reply(call);
    announce();
}

void Advertisements::announce() {
    adapter_->changed(kManager, "ActiveInstances");
    adapter_->changed(kManager, "SupportedInstances");
    listener_.changed();
}

void Advertisements::releaseAll() {
    for (const auto& advertisement : std::exchange(active_, {}))
        callClient<ble::NoResult>(bus_, advertisement.owner, advertisement.path, kAdvertisement, "Release",
                                  [](const std::exception_ptr&, ble::NoResult) {});
}

void Advertisements::forget(const std::string& owner) {
    if (std::erase_if(active_, [&](const Advertisement& a) { return a.owner == owner; }) > 0) announce();
}

} // namespace virtual_pump::bluez
