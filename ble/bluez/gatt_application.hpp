// SPDX-License-Identifier: MIT
// What the pump finds on us: mobile device information (V 900) and the SAKE port, exported to bluetoothd as
// one GATT application. Facts: docs/protocol/link.md 4.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ble/bluez/bluez_bus.hpp"
#include "protocol/codec/bytes.hpp"

namespace ble {

/// Hears what the pump does with our services. Called while a message is dispatched; must not throw.
class PortListener {
public:
    virtual ~PortListener() = default;
    virtual void portSubscribed() = 0;
    virtual void portUnsubscribed() = 0;
    /// `devicePath`: who wrote; may be empty. False refuses the write.
    virtual bool portWritten(const std::string& devicePath, Bytes value) = 0;
    /// A read of one of our values, which belongs to the pump's discovery.
    virtual void informationRead(const std::string& devicePath) = 0;
};

class GattApplication {
public:
    GattApplication(std::shared_ptr<BluezBus> bus, spdlog::logger& log, PortListener& listener);
    ~GattApplication();

    /// Makes it known to the adapter, at the same attribute handles each time (docs/protocol/link.md 4.3).
    /// Throws LinkError; HandlesUsedUp when bluetoothd has no place for it.
    asio::awaitable<void> registerAt(std::string adapterPath, std::chrono::milliseconds limit);
    /// Failures are of no interest: bluetoothd or the adapter is gone then.
    asio::awaitable<void> unregisterAt(std::string adapterPath, std::chrono::milliseconds limit);
    /// Notifies the SAKE port. The bytes are in the signal itself: nothing that a reader could get later.
    void notifyPort(ByteView value);

private:
    std::shared_ptr<BluezBus> bus_;
    spdlog::logger& log_;
    PortListener& listener_;
    std::vector<std::unique_ptr<sdbus::IObject>> objects_;
    sdbus::IObject* port_ = nullptr;
    bool fixedHandles_ = true; ///< else bluetoothd chooses

    void addHandle(sdbus::IObject& object, const char* interface, std::uint16_t handle);
    asio::awaitable<std::optional<LinkError>> tryRegister(std::string adapterPath,
                                                          std::chrono::milliseconds limit);

    sdbus::IObject& addObject(const std::string& path);
    void addService(const std::string& path, std::string_view uuid, std::uint16_t handle);
    void addReadable(const std::string& path, const std::string& service, std::string_view uuid, Bytes value,
                     std::uint16_t handle);
    void addPort(const std::string& path, const std::string& service);
    void onWrite(const Bytes& value, const Properties& options);
};

} // namespace ble
