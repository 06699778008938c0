// SPDX-License-Identifier: MIT
// The pump's GATT server as bluetoothd shows it to local clients: org.bluez.GattService1 and
// org.bluez.GattCharacteristic1 objects below the device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bluez_double_object.hpp"
#include "pump.hpp"

namespace virtual_pump::bluez {

class RemoteServices {
public:
    struct Listener {
        std::function<void()>
            worked; ///< a client has read, written or subscribed: the pump may have something to say
        std::function<void(const std::string&)> violation;
    };
    RemoteServices(const Bus& bus, const std::string& device, Pump& pump, std::uint16_t mtu,
                   Listener listener);

    /// The link is up and discovered: clients that have asked for notifications get them again.
    void attach();
    /// The link is lost. The objects stay, as for a bonded device.
    void detach();
    /// A notification or indication from the pump.
    void arrived(const Outgoing& outgoing);
    void forget(const std::string& owner);

    [[nodiscard]] static std::vector<std::string> uuids();

private:
    struct Characteristic {
        std::size_t index = 0;
        Bytes value;
        bool notifying = false;
        std::set<std::string> clients; ///< with a notify session
        std::unique_ptr<Object> object;
    };
    void exportService(const std::string& path, const std::string& uuid, const std::string& device);
    void exportCharacteristic(const std::string& path, const std::string& service, std::size_t index);
    void exportMethods(Characteristic& characteristic);
    void read(Characteristic& characteristic, sdbus::MethodCall& call);
    void write(const Characteristic& characteristic, sdbus::MethodCall& call);
    void startNotify(Characteristic& characteristic, sdbus::MethodCall& call);
    void stopNotify(Characteristic& characteristic, sdbus::MethodCall& call);
    void setNotifying(Characteristic& characteristic, bool notifying);

    Bus bus_;
    Pump& pump_;
    std::uint16_t mtu_;
    Listener listener_;
    bool attached_ = false;
    std::vector<std::unique_ptr<Object>> services_;
    std::vector<std::unique_ptr<Characteristic>>
        characteristics_; ///< index = that of virtual_pump::characteristics()
};

} // namespace virtual_pump::bluez
