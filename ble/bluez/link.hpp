// SPDX-License-Identifier: MIT
// PumpLink on bluetoothd. run() is the state machine of docs/protocol/link.md 11: it registers our GATT
// application, advertises, guards connections, and starts over after whatever bluetoothd, the adapter or the
// pump do.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ble/mgmt/socket.hpp"
#include "ble/pump_link.hpp"

namespace spdlog {
class logger;
}

namespace ble {

/// docs/protocol/link.md 8.4 and 11.
struct LinkLimits {
    std::chrono::milliseconds call = std::chrono::seconds(5);         ///< of bluetoothd's management methods
    std::chrono::milliseconds operation = std::chrono::seconds(10);   ///< read, write, subscribe
    std::chrono::milliseconds subscription = std::chrono::seconds(8); ///< from connection to SAKE port
    std::chrono::milliseconds pairingSubscription = std::chrono::seconds(30); ///< the same, while pairing
    std::chrono::milliseconds discovery = std::chrono::seconds(60); ///< from subscription to ServicesResolved
    std::chrono::milliseconds disconnection = std::chrono::seconds(5);
    std::chrono::milliseconds withdrawal = std::chrono::milliseconds(300); ///< of each of the last calls
    std::chrono::milliseconds retry = std::chrono::seconds(5);             ///< after a refusal of bluetoothd
    /// From the end of an advertisement until bluetoothd says that the adapter is off.
    std::chrono::milliseconds powerNews = std::chrono::milliseconds(500);
    ManagementLimits management;
    std::chrono::milliseconds backOff = std::chrono::seconds(2); ///< between connections that came to nothing
    /// A notification that follows the response to a write too closely is missed by some hosts
    /// (docs/protocol/link.md 4.2).
    std::chrono::milliseconds portSettle = std::chrono::milliseconds(30);
    std::chrono::milliseconds pairingHint = std::chrono::seconds(60);
    std::chrono::milliseconds reconnectHint = std::chrono::minutes(15);
};

struct BluezLinkSettings {
    std::string adapter;                      ///< "hci0"; empty: the first one with LE
    std::string mobileName = "Mobile 123457"; ///< "Mobile " and at most seven printable ASCII characters
    std::string pumpSerial;                   ///< "NG1234567H"; empty: any pump
    bool forcePairing = false;                ///< forget the bond first
    std::string busAddress;                   ///< empty: the system bus
    OpenManagement openManagement = openManagementChannel; ///< a LinkError of it: advertise over D-Bus
    LinkLimits limits;
};

enum class LinkState : std::uint8_t {
    BluezMissing,
    AdapterMissing,
    AdvertisingPairing,
    AdvertisingReconnect,
    Connected,
    Subscribed, ///< the pump listens to the SAKE port
    Ready,      ///< and its own services can be used
    Stopped,
};
std::string_view toString(LinkState state);

class BluezLink final : public PumpLink {
public:
    /// `onState` is called after each change of state(). `log` must outlive the executor's tasks. Throws
    /// std::invalid_argument for a name that the pump would not show.
    BluezLink(asio::any_io_executor executor, BluezLinkSettings settings, spdlog::logger& log,
              std::function<void(LinkState)> onState = {});
    ~BluezLink() override;

    /// Until cancelled; then withdraws advertisement and application and sends the pump
    /// away, within a second. Once. Throws LinkError
    /// when there is no bus, or when it is lost.
    asio::awaitable<void> run();

    [[nodiscard]] LinkState state() const;
    [[nodiscard]] std::optional<Peer> peer() const;
    /// What is in the way and what to do about it; empty when nothing is.
    [[nodiscard]] std::string problem() const;

    asio::awaitable<LinkEvent> nextEvent() override;
    /// See EventQueue: decoder and encoder are forgotten when the next Connected is taken.
    void setDecoder(ValueDecoder decoder) override;
    void setEncoder(ValueEncoder encoder) override;
    void notifyPort(ByteView value) override;
    asio::awaitable<Bytes> read(PumpCharacteristic characteristic) override;
    asio::awaitable<void> write(PumpCharacteristic characteristic, Bytes value) override;
    asio::awaitable<void> subscribe(PumpCharacteristic characteristic) override;
    asio::awaitable<void> disconnect() override;
    void confirmPaired() override;

private:
    class Machine;
    std::shared_ptr<Machine> machine_;
};

} // namespace ble
