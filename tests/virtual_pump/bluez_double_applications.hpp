// SPDX-License-Identifier: MIT
// org.bluez.GattManager1: the GATT applications of local clients, that is, the services that the bridge shows
// to the pump.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bluez_double_object.hpp"
#include "protocol/codec/bytes.hpp"

namespace virtual_pump::bluez {

struct LocalCharacteristic {
    std::string path;
    std::string service; ///< path
    std::string uuid;    ///< lower case, 128 bits
    std::vector<std::string> flags;
    std::uint16_t handle = 0; ///< of its value

    [[nodiscard]] bool has(std::string_view flag) const;
};
struct LocalService {
    std::string path;
    std::string uuid;
    bool primary = false;
    std::uint16_t handle = 0;
};

struct Application {
    std::uint64_t id = 0; ///< another one for each registration
    std::string owner;    ///< unique bus name
    std::string path;
    std::vector<LocalService> services;
    std::vector<LocalCharacteristic> characteristics;
    std::vector<std::unique_ptr<sdbus::IProxy>> watches; ///< one for each characteristic that notifies

    [[nodiscard]] const LocalService* service(std::string_view uuid) const;
    [[nodiscard]] const LocalCharacteristic* characteristic(const LocalService& of,
                                                            std::string_view uuid) const;
};

/// A 16-, 32- or 128-bit UUID as clients may write it ("fe82", "0xFE82", ..) in full and in lower case; empty
/// when it is none.
std::string fullUuid(const std::string& text);

class Applications : public std::enable_shared_from_this<Applications> {
public:
    struct Listener {
        std::function<void()> changed;
        /// Runs inside sd-bus's dispatch, so that it sees values and replies in their order.
        std::function<void(std::uint64_t application, const std::string& path, protocol::Bytes value)>
            notified;
        std::function<void(const std::string&)> violation;
    };
    /// `lastHandle`: of the attribute database.
    Applications(const Bus& bus, Listener listener, std::uint16_t lastHandle = 0xffff);
    /// Once, before `adapter` is published.
    void exportOn(Object& adapter);

    /// The application that has this service; the newest if there are several.
    [[nodiscard]] const Application* withService(std::string_view uuid) const;
    [[nodiscard]] bool has(std::uint64_t id) const;
    void forget(const std::string& owner);
    /// Attribute handles that are not taken and have never been given out by bluetoothd's own choice.
    [[nodiscard]] std::size_t handlesLeft() const { return lastHandle_ + 1U - nextHandle_; }

private:
    using Interfaces = std::map<std::string, Properties>;
    using Objects = std::map<sdbus::ObjectPath, Interfaces>;

    void add(sdbus::MethodCall& call);
    void answered(sdbus::MethodCall call, const std::string& path, const std::exception_ptr& error,
                  const Objects& objects);
    void remove(sdbus::MethodCall& call);
    /// Throws sdbus::Error as bluetoothd answers.
    Application read(const Objects& objects);
    void watch(Application& application);
    /// As bluetoothd 5.66: what a client asks for it gets when the range is free, else bluetoothd takes what
    /// follows the last one, and never gives it back (docs/protocol/link.md 4.3).
    void place(Application& application);
    void placeService(LocalService& service, std::vector<LocalCharacteristic>& characteristics);
    [[nodiscard]] bool isFree(std::uint32_t first, std::uint32_t last) const;

    Bus bus_;
    Listener listener_;
    std::uint64_t lastId_ = 0;
    std::vector<std::pair<std::string, std::string>> pending_; ///< owner and path, asked but not yet answered
    std::vector<Application> applications_;
    std::uint16_t lastHandle_;
    std::uint32_t nextHandle_ = 0x0010; ///< behind bluetoothd's own services
};

} // namespace virtual_pump::bluez
