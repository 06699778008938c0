// SPDX-License-Identifier: MIT
// What bluetoothd has told about its objects: a mirror of the parts that this program looks at.
#pragma once

#include <sdbus-c++/Types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ble {

using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;
using ManagedObjects = std::map<sdbus::ObjectPath, Interfaces>;

class ObjectTree {
public:
    void clear() { objects_.clear(); }
    void replace(const ManagedObjects& objects);
    void add(const std::string& path, const Interfaces& interfaces);
    void remove(const std::string& path, const std::vector<std::string>& interfaces);
    void change(const std::string& path, const std::string& interface, const Properties& changed);

    [[nodiscard]] bool has(const std::string& path, const std::string& interface) const;
    /// Empty when there is no such property, or one of another type.
    template <typename T>
    [[nodiscard]] std::optional<T> get(const std::string& path, const std::string& interface,
                                       const std::string& name) const;
    [[nodiscard]] std::string text(const std::string& path, const std::string& interface,
                                   const std::string& name) const {
        return get<std::string>(path, interface, name).value_or(std::string{});
    }
    [[nodiscard]] bool flag(const std::string& path, const std::string& interface,
                            const std::string& name) const {
        return get<bool>(path, interface, name).value_or(false);
    }
    /// In order of their paths.
    [[nodiscard]] std::vector<std::string> pathsWith(const std::string& interface) const;

private:
    std::map<std::string, Interfaces> objects_;

    [[nodiscard]] const sdbus::Variant* find(const std::string& path, const std::string& interface,
                                             const std::string& name) const;
};

template <typename T>
std::optional<T> ObjectTree::get(const std::string& path, const std::string& interface,
                                 const std::string& name) const {
    const auto* value = find(path, interface, name);
    if (value == nullptr || !value->containsValueOfType<T>()) return std::nullopt;
    return value->get<T>();
}

} // namespace ble
