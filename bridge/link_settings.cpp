// SPDX-License-Identifier: MIT
#include "bridge/link_settings.hpp"

#include <memory>
#include <random>
#include <string>

#include "bridge/session/stored_bonds.hpp"

namespace bridge {
namespace {

constexpr std::string_view kNameSetting = "mobile-name";

/// The name under which the pump lists us: the configured one, or six digits that are kept.
std::string mobileName(const Configuration& configuration, Store& store) {
    std::string name = configuration.pump.name;
    if (name.empty()) name = store.setting(kNameSetting).value_or("");
    if (name.empty()) {
        name = std::to_string(100'000U + std::random_device{}() % 900'000U); // never a 0 in front
        store.setSetting(kNameSetting, name);
    }
    return "Mobile " + name;
}

} // namespace

ble::BluezLinkSettings linkSettings(const Configuration& configuration, Store& store) {
    ble::BluezLinkSettings settings;
    settings.adapter = configuration.bluetooth.adapter;
    settings.mobileName = mobileName(configuration, store);
    settings.pumpSerial = configuration.pump.serial;
    settings.bonds = std::make_shared<StoredBonds>(store);
    return settings;
}

} // namespace bridge
