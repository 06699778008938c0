// SPDX-License-Identifier: MIT
// org.bluez.LEAdvertisingManager1: what local clients put on the air.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bluez_double_object.hpp"
#include "protocol/codec/bytes.hpp"

namespace virtual_pump::bluez {

struct Advertisement {
    std::string owner;
    std::string path;
    bool connectable = false;              ///< Type "peripheral"
    std::vector<std::string> serviceUuids; ///< in full
    std::map<std::uint16_t, protocol::Bytes> manufacturerData;
    std::string localName;            ///< travels in the scan response
    std::optional<bool> discoverable; ///< empty: as the adapter is

    [[nodiscard]] bool offers(std::string_view uuid) const;
    /// The name that the pump shows: from Medtronic's manufacturer data, else the local name
    /// (docs/protocol/link.md 3.1).
    [[nodiscard]] std::string mobileName() const;
};
/// "Mobile " and up to seven printable characters.
bool isMobileName(std::string_view name);

class Advertisements : public std::enable_shared_from_this<Advertisements> {
public:
    struct Listener {
        std::function<void(const Advertisement&)> added;
        std::function<void()> changed;
        std::function<bool()> powered;
    };
    Advertisements(const Bus& bus, std::uint8_t instances, Listener listener);
    /// Once, before `adapter` is published; `adapter` must outlive the registrations.
    void exportOn(Object& adapter);
    /// Tells the clients that their advertisements have ended, as bluetoothd does when it stops.
    void releaseAll();

    [[nodiscard]] const std::vector<Advertisement>& active() const { return active_; }
    void forget(const std::string& owner);

private:
    void add(sdbus::MethodCall& call);
    void answered(sdbus::MethodCall call, const std::string& path, const std::exception_ptr& error,
                  const Properties& properties);
    void remove(sdbus::MethodCall& call);
    void announce();

    Bus bus_;
    std::uint8_t instances_;
    Listener listener_;
    Object* adapter_ = nullptr;
    std::vector<std::pair<std::string, std::string>> pending_;
    std::vector<Advertisement> active_;
};

} // namespace virtual_pump::bluez
