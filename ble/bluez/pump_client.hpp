// SPDX-License-Identifier: MIT
// The pump's GATT server as bluetoothd shows it: finds characteristics below the device, reads, writes what
// may be written, subscribes. Facts: docs/protocol/link.md 7.3.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "ble/bluez/bluez_bus.hpp"
#include "ble/condition.hpp"
#include "ble/event_queue.hpp"
#include "ble/pump_link.hpp"

namespace ble {

class PumpClient {
public:
    /// `queue` gets the values, and decodes what is read; it must outlive this. `limit`: of each operation.
    PumpClient(std::shared_ptr<BluezBus> bus, asio::any_io_executor executor, EventQueue& queue,
               std::chrono::milliseconds limit, Condition::Clock clock);

    void attach(const std::string& devicePath);
    /// Operations under way end with LinkErrorKind::Disconnected.
    void detach();
    /// The characteristics that history needs are there.
    [[nodiscard]] bool discovered() const;
    void treeChanged();
    /// A change of Value of a characteristic below the device becomes an event.
    void propertiesChanged(const std::string& path, const Properties& changed);

    // One at a time: an operation waits for the one before. Each throws LinkError.
    asio::awaitable<Bytes> read(PumpCharacteristic characteristic);
    asio::awaitable<void> write(PumpCharacteristic characteristic, Bytes value);
    asio::awaitable<void> subscribe(PumpCharacteristic characteristic);

    /// Takes back the subscriptions of the connection that has ended: bluetoothd would renew them at the next
    /// one, before the handshake (docs/protocol/bluez-lab.md "Pairing, bonds, reconnect").
    asio::awaitable<void> dropSubscriptions(std::chrono::milliseconds limit);

private:
    class Turn;

    std::shared_ptr<BluezBus> bus_;
    Condition changes_;
    EventQueue& queue_;
    std::chrono::milliseconds limit_;
    std::string device_; ///< object path; empty: not connected
    unsigned connection_ = 0;
    bool busy_ = false;
    std::set<std::string> subscribed_;
    std::map<std::string, std::optional<PumpCharacteristic>> known_;

    [[nodiscard]] std::string find(PumpCharacteristic characteristic) const;
    [[nodiscard]] std::optional<PumpCharacteristic> identify(const std::string& path) const;
    asio::awaitable<Turn> takeTurn();
    asio::awaitable<std::string> locate(PumpCharacteristic characteristic, unsigned connection);
    template <typename T>
    asio::awaitable<T> whileConnected(unsigned connection, asio::awaitable<T> work);
};

} // namespace ble
