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

/// Told what the pump does to the SAKE port. Called while a message is dispatched; must not throw.
class PortListener {
public:
    virtual ~PortListener() = default;
    virtual void portSubscribed() = 0;
    virtual void portUnsubscribed() = 0;
    /// `devicePath`: who wrote; may be empty. False refuses the write.
    virtual bool portWritten(const std::string& devicePath, Bytes value) = 0;
};

class GattApplication {
public:
    GattApplication(std::shared_ptr<BluezBus> bus, spdlog::logger& log, PortListener& listener);
    ~GattApplication();

    /// Makes it known to the adapter. Throws LinkError; a refusal says what to do.
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

    sdbus::IObject& addObject(const std::string& path);
    void addService(const std::string& path, std::string_view uuid);
    void addReadable(const std::string& path, const std::string& service, std::string_view uuid, Bytes value);
    void addPort(const std::string& path, const std::string& service);
    void onWrite(const Bytes& value, const Properties& options);
};

} // namespace ble
