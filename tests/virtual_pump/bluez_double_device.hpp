// SPDX-License-Identifier: MIT
// org.bluez.Device1: a remote device as bluetoothd shows it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bluez_double_object.hpp"

namespace virtual_pump::bluez {

class Device {
public:
    struct State {
        bool connected = false;
        bool paired = false;
        bool trusted = false;
        bool servicesResolved = false;
        std::vector<std::string> uuids;
    };
    /// `disconnect` is called for a connected device, before the client's call is answered.
    Device(const Bus& bus, std::string address, State state, std::function<void()> disconnect);

    [[nodiscard]] const std::string& path() const { return object_.path(); }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// bluetoothd has no Name property before somebody has told it the name.
    void setName(const std::string& name);
    void setConnected(bool connected);
    void setPaired();
    void setServicesResolved(bool resolved);
    void setUuids(std::vector<std::string> uuids);

private:
    void exportProperties();
    void exportMethods();

    Bus bus_;
    std::string address_;
    std::string name_;
    std::string alias_;
    State state_;
    std::function<void()> disconnect_;
    Object object_;
    std::unique_ptr<sdbus::IObject> nameProperty_;
};

/// "/org/bluez/hci0/dev_00_23_F7_12_34_56"
std::string devicePath(std::string address);

} // namespace virtual_pump::bluez
