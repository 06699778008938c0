// SPDX-License-Identifier: MIT
#include "ble/bluez/object_tree.hpp"

#include <algorithm>
#include <array>

#include "ble/bluez/names.hpp"

namespace ble {

namespace {

bool interesting(const std::string& interface) {
    static constexpr std::array kKept{bluez::kAdapter,     bluez::kDevice,
                                      bluez::kGattService, bluez::kGattCharacteristic,
                                      bluez::kGattManager, bluez::kAdvertisingManager};
    return std::any_of(kKept.begin(), kKept.end(), [&](const char* kept) { return interface == kept; });
}

void assign(Properties& properties, const Properties& changed) {
    for (const auto& [name, value] : changed)
        if (name != "Value") properties.insert_or_assign(name, value); // values are events, not state
}

} // namespace

void ObjectTree::replace(const ManagedObjects& objects) {
    clear();
    for (const auto& [path, interfaces] : objects) add(path, interfaces);
}

void ObjectTree::add(const std::string& path, const Interfaces& interfaces) {
    for (const auto& [interface, properties] : interfaces)
        if (interesting(interface)) assign(objects_[path][interface], properties);
}

void ObjectTree::remove(const std::string& path, const std::vector<std::string>& interfaces) {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return;
    for (const auto& interface : interfaces) object->second.erase(interface);
    if (object->second.empty()) objects_.erase(object);
}

void ObjectTree::change(const std::string& path, const std::string& interface, const Properties& changed) {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return;
    const auto properties = object->second.find(interface);
    if (properties != object->second.end()) assign(properties->second, changed);
}

bool ObjectTree::has(const std::string& path, const std::string& interface) const {
    const auto object = objects_.find(path);
    return object != objects_.end() && object->second.contains(interface);
}

std::vector<std::string> ObjectTree::pathsWith(const std::string& interface) const {
    std::vector<std::string> paths;
    for (const auto& [path, interfaces] : objects_)
        if (interfaces.contains(interface)) paths.push_back(path);
    return paths;
}

const sdbus::Variant* ObjectTree::find(const std::string& path, const std::string& interface,
                                       const std::string& name) const {
    const auto object = objects_.find(path);
    if (object == objects_.end()) return nullptr;
    const auto properties = object->second.find(interface);
    if (properties == object->second.end()) return nullptr;
    const auto value = properties->second.find(name);
    return value == properties->second.end() ? nullptr : &value->second;
}

} // namespace ble
