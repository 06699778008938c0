// SPDX-License-Identifier: MIT
#include "capture/gatt_map.hpp"

#include <iterator>
#include <utility>

#include "protocol/codec/cursor.hpp"

namespace capture {
namespace {

constexpr std::string_view kPrimaryService = "00002800-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kClientConfiguration = "00002902-0000-1000-8000-00805f9b34fb";
constexpr std::string_view kCharacteristic = "00002803-0000-1000-8000-00805f9b34fb";

/// Attributes of a service that are not the value of a characteristic: declarations 0x28xx and descriptors
/// 0x29xx.
bool isDeclaration(const std::string& uuid) {
    return uuid.starts_with("000028") && uuid.ends_with("-0000-1000-8000-00805f9b34fb");
}
bool isDescriptor(const std::string& uuid) {
    return uuid.starts_with("000029") && uuid.ends_with("-0000-1000-8000-00805f9b34fb");
}

} // namespace

void GattMap::learn(const AttPdu& request, const AttPdu& response) {
    switch (response.opCode) {
        case OpCode::ReadByGroupTypeResponse:
            if (request.uuid == kPrimaryService && request.handle == 1) beginServices();
            for (const FoundAttribute& each : response.found)
                learnService(each.handle, {each.lastHandle, uuidText(each.value)});
            return;
        case OpCode::FindByTypeValueResponse:
            if (request.uuid != kPrimaryService) return;
            for (const FoundAttribute& each : response.found)
                services_[each.handle] = {each.lastHandle, uuidText(request.value)};
            return;
        case OpCode::FindInformationResponse:
            for (const FoundAttribute& each : response.found) types_[each.handle] = each.uuid;
            return;
        case OpCode::ReadByTypeResponse:
            return learnTypes(request, response);
        default:
            return;
    }
}

/// From the first handle on: handles move with a new registration.
void GattMap::beginServices() {
    former_ = std::exchange(services_, {});
    assumed_.clear();
}

/// A client that knows what is in a service asks for the services again, not for their contents; BlueZ does
/// so with a pump that returns.
void GattMap::learnService(std::uint16_t first, Service service) {
    const auto former = former_.find(first);
    if (former == former_.end() || former->second != service) {
        const auto forget = [&](auto& map) {
            map.erase(map.lower_bound(first), map.upper_bound(service.last));
        };
        forget(characteristics_);
        forget(types_);
    }
    services_[first] = std::move(service);
}

void GattMap::learnTypes(const AttPdu& request, const AttPdu& response) {
    if (request.uuid != kCharacteristic) return;
    for (const FoundAttribute& each : response.found) {
        Reader declaration(each.value);
        const auto properties = declaration.get<std::uint8_t>("properties");
        const auto valueHandle = declaration.get<std::uint16_t>("value handle");
        const ByteView uuid = declaration.take(declaration.remaining(), "uuid");
        if (!declaration.failed()) characteristics_[valueHandle] = {properties, uuidText(uuid)};
    }
}

void GattMap::assume(std::uint16_t handle, Attribute attribute) {
    assumed_[handle] = std::move(attribute);
}

const GattMap::Service* GattMap::serviceIn(const Services& services, std::uint16_t handle) {
    const auto after = services.upper_bound(handle);
    if (after == services.begin()) return nullptr;
    const Service& service = std::prev(after)->second;
    return handle <= service.last ? &service : nullptr;
}

/// Clients need not discover the descriptor behind a value that notifies or indicates when there is room for
/// one only, and BlueZ does not.
bool GattMap::isImpliedConfiguration(std::uint16_t handle) const {
    constexpr unsigned kNotifyOrIndicate = 0x30;
    const auto value = static_cast<std::uint16_t>(handle - 1);
    const auto next = static_cast<std::uint16_t>(handle + 1);
    const auto characteristic = characteristics_.find(value);
    if (characteristic == characteristics_.end()) return false;
    if ((characteristic->second.properties & kNotifyOrIndicate) == 0) return false;
    const Service* const service = serviceOf(value);
    if (service == nullptr || serviceOf(handle) != service) return false;
    return serviceOf(next) != service || characteristics_.contains(static_cast<std::uint16_t>(next + 1));
}

std::optional<GattMap::Attribute> GattMap::find(std::uint16_t handle) const {
    if (auto attribute = learnt(handle)) return attribute;
    const auto assumed = assumed_.find(handle);
    return assumed == assumed_.end() ? std::nullopt : std::optional(assumed->second);
}

std::optional<GattMap::Attribute> GattMap::learnt(std::uint16_t handle) const {
    Attribute attribute;
    const Service* const service = serviceOf(handle);
    if (service == nullptr && serviceIn(former_, handle) != nullptr) return std::nullopt; // it has gone
    if (service != nullptr) attribute.service = service->uuid;
    if (const auto value = characteristics_.find(handle); value != characteristics_.end()) {
        attribute.characteristic = value->second.uuid;
        return attribute;
    }
    const auto type = types_.find(handle);
    if (type == types_.end()) {
        if (!isImpliedConfiguration(handle)) return std::nullopt;
        attribute.characteristic = characteristics_.at(static_cast<std::uint16_t>(handle - 1)).uuid;
        attribute.descriptor = kClientConfiguration;
        return attribute;
    }
    if (!isDescriptor(type->second)) {
        // Without a declaration the type of the attribute is the characteristic's own.
        (isDeclaration(type->second) ? attribute.descriptor : attribute.characteristic) = type->second;
        return attribute;
    }
    attribute.descriptor = type->second;
    const auto after = characteristics_.lower_bound(handle);
    if (after != characteristics_.begin()) {
        const auto& [valueHandle, characteristic] = *std::prev(after);
        if (serviceOf(valueHandle) == serviceOf(handle)) attribute.characteristic = characteristic.uuid;
    }
    return attribute;
}

bool GattMap::isValueOf(std::uint16_t handle, std::string_view characteristic) const {
    const auto attribute = find(handle);
    return attribute && attribute->descriptor.empty() && attribute->characteristic == characteristic;
}

} // namespace capture
