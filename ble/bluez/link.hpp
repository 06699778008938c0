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

#include "ble/bond_memory.hpp"
#include "ble/link_state.hpp"
#include "ble/mgmt/socket.hpp"
#include "ble/pump_link.hpp"

namespace spdlog {
class logger;
}

namespace ble {

/// docs/protocol/link.md 8.4 and 11.
struct LinkLimits {
    std::chrono::milliseconds call = std::chrono::seconds(5);       ///< of bluetoothd's management methods
    std::chrono::milliseconds operation = std::chrono::seconds(10); ///< read, write, subscribe
    // From connecting, first pairing and return alike (docs/architecture.md 4).
    std::chrono::milliseconds request = std::chrono::seconds(30); ///< to any request of the pump
    std::chrono::milliseconds subscription =
        std::chrono::seconds(60);                                 ///< to its subscription of the SAKE port
    std::chrono::milliseconds pairing = std::chrono::minutes(10); ///< open so long at a time
    std::chrono::milliseconds candidate =
        std::chrono::hours(24); ///< a bond without a finished handshake is kept
    std::chrono::milliseconds turn = std::chrono::seconds(10); ///< of each of two advertisements
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
};

struct BluezLinkSettings {
    std::string adapter;                      ///< "hci0"; empty: the first one with LE
    std::string mobileName = "Mobile 123457"; ///< "Mobile " and at most seven printable ASCII characters
    std::string pumpSerial;                   ///< "NG1234567H"; empty: any pump may pair
    bool openPairing = false;                 ///< although there is a proven bond, which is kept
    bool forgetBonds = false;                 ///< at the start, proven ones as well
    std::shared_ptr<BondMemory> bonds = std::make_shared<VolatileBondMemory>();
    std::string busAddress;                                ///< empty: the system bus
    OpenManagement openManagement = openManagementChannel; ///< a LinkError of it: advertise over D-Bus
    LinkLimits limits;
    Condition::Clock clock = std::chrono::steady_clock::now;
};

class BluezLink final : public PumpLink {
public:
    /// `listener` and `log` must outlive the executor's tasks. Throws std::invalid_argument for a name that
    /// the pump would not show.
    BluezLink(const asio::any_io_executor& executor, BluezLinkSettings settings, LinkListener& listener,
              spdlog::logger& log);
    ~BluezLink() override;

    /// Until cancelled; then withdraws advertisement and application and sends the pump away, within a
    /// second. Once. Throws LinkError when there is no bus, or when it is lost.
    asio::awaitable<void> run();

    [[nodiscard]] LinkState state() const;
    [[nodiscard]] std::optional<Peer> peer() const;
    /// What is in the way; empty when nothing is.
    [[nodiscard]] std::optional<LinkProblem> problem() const;

    /// For a while, as at the first start. Bonds that no handshake has proven are removed: their devices
    /// could not pair anew.
    void openPairing();

    asio::awaitable<LinkEvent> nextEvent() override;
    /// See EventQueue: decoder and encoder are forgotten when the next Connected is taken.
    void setDecoder(ValueDecoder decoder) override;
    void setEncoder(ValueEncoder encoder) override;
    void notifyPort(ByteView value) override;
    asio::awaitable<Bytes> read(PumpCharacteristic characteristic) override;
    asio::awaitable<void> write(PumpCharacteristic characteristic, Bytes value) override;
    asio::awaitable<void> subscribe(PumpCharacteristic characteristic) override;
    asio::awaitable<void> disconnect(EndReason reason) override;
    void confirmHandshake() override;

private:
    class Machine;
    std::shared_ptr<Machine> machine_;
};

} // namespace ble
