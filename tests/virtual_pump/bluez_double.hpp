// SPDX-License-Identifier: MIT
// A double of bluetoothd with a pump nearby: owns the name org.bluez on a private bus and keeps to the
// contract of the real daemon as far as the bridge can see it, so that the production binary runs unchanged
// against it. Facts: bluetoothd 5.66 as read and as measured (docs/protocol/bluez-lab.md), the pump as in
// docs/protocol/link.md 3 to 9.
#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pump.hpp"

namespace ble {
class BusPump;
}

namespace virtual_pump {

struct DoubleSettings {
    std::string adapterAddress = "00:1A:7D:DA:71:13";
    std::string pumpAddress = "00:23:F7:12:34:56";
    std::string pumpName = "Pump 1234567H";
    std::uint16_t mtu = 184; ///< of the bearer; the same as the pump's
    std::uint8_t advertisingInstances = 5;
    std::uint16_t lastHandle = 0xffff; ///< of the attribute database

    /// The adapter is off at first, and busy until bluetoothd has switched it on (AutoEnable); 0: it is on.
    std::chrono::milliseconds powersItselfAfter{0};
    bool userOpensPairing = true; ///< somebody stands at the pump's menu "Pair New Device"
    bool bonded = false;          ///< both sides hold a bond at the start
    bool nameKnownAtOnce =
        false; ///< else the Name of a new device comes after ServicesResolved, as over the air
    bool announceConnected =
        false; ///< a new device is announced before it is Connected, else as Connected at once
    bool resolvedBeforeObjects = false; ///< ServicesResolved before the InterfacesAdded of the GATT objects

    std::chrono::milliseconds reconnectDelay{0}; ///< advertisement seen -> a bonded pump connects
    std::chrono::milliseconds discoveryDelay{0}; ///< connected -> the pump has discovered us
    std::chrono::milliseconds resolveDelay{0};   ///< connected -> the daemon has discovered the pump
    std::chrono::milliseconds writeDelay{0};     ///< notified -> the pump writes its answer to the SAKE port
    double recordsPerSecond = 0;                 ///< pace of history notifications; 0: as the bus takes them
    std::uint64_t progressEvery = 500;           ///< records between two RecordsSent events
};

struct DoubleEvent {
    enum class Kind {
        ApplicationRegistered,
        Advertised, ///< detail: "pairing" or "reconnect", and the name
        Ignored,    ///< the pump does not care for what is advertised; detail: why
        Connected,  ///< detail: address
        Paired,
        PairingRefused, ///< detail: why
        Subscribed,
        CccdTrap, ///< subscribed without a StartNotify, since the application is the one from before
                  ///< (docs/protocol/link.md 4.3)
        ServicesResolved,
        HandshakeDone,
        ReportStarted, ///< count: reports since the start
        RecordsSent,   ///< count: records since the start
        ReportDone,    ///< count: records since the start
        Disconnected,  ///< detail: why
        Violation,     ///< detail: what the bridge did that a real pump or bluetoothd would not stand
    };
    Kind kind;
    std::string detail;
    std::uint64_t count = 0;
};
std::string_view name(DoubleEvent::Kind kind); ///< "handshake done"

class BluezDouble {
public:
    using EventSink = std::function<void(const DoubleEvent&)>;

    /// Takes the name org.bluez at once; `bus` is driven by `busPump`. Declare bus, io_context, busPump,
    /// pump, double in this order. The sink may run inside sd-bus's dispatch: it must not call back into the
    /// double. Throws sdbus::Error when the name cannot be had.
    BluezDouble(boost::asio::any_io_executor executor, sdbus::IConnection& bus, ble::BusPump& busPump,
                Pump& pump, DoubleSettings settings = {}, EventSink sink = {});
    /// As when bluetoothd ends: advertisements are released, the link and the name are given up.
    ~BluezDouble();
    BluezDouble(const BluezDouble&) = delete;
    BluezDouble& operator=(const BluezDouble&) = delete;

    // What can happen to a link.
    void dropLink(); ///< radio lost for a moment; a bonded pump comes again when it sees us
    void leave();    ///< the pump goes out of range
    void comeBack();
    void strangerConnects(); ///< another central, which neither pairs nor subscribes
    void forgetBond();       ///< the user removes the phone in the pump's menu
    void openPairing(bool open);
    /// The pump has something to say: to be called after Pump::append().
    void pumpHasNews();

    // What can happen to a daemon.
    void restart();        ///< bluetoothd ends and starts again: only bonds survive
    void takeDeviceBack(); ///< as the first step of its end, before the adapter and its name go
    void removeAdapter();
    void addAdapter();
    void switchOff(); ///< somebody turns the adapter off; the bridge may turn it on again

    [[nodiscard]] bool connected() const;
    [[nodiscard]] bool bonded() const; ///< both sides hold the bond
    [[nodiscard]] std::size_t cccdTraps() const;
    [[nodiscard]] std::size_t handlesLeft() const; ///< attribute handles of bluetoothd
    [[nodiscard]] const std::vector<std::string>& violations() const;

private:
    class Daemon;
    std::shared_ptr<Daemon> daemon_;
};

} // namespace virtual_pump
