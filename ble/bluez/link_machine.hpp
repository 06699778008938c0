// SPDX-License-Identifier: MIT
// The inside of BluezLink. What bluetoothd tells is taken down at once, in callbacks, so that events keep the
// order of the bus (bluez_link.cpp); what follows from it is done by one coroutine that looks at the result
// (bluez_link_machine.cpp).
#pragma once

#include <deque>
#include <map>

#include "ble/advertiser.hpp"
#include "ble/bluez/agent.hpp"
#include "ble/bluez/bluez_bus.hpp"
#include "ble/bluez/gatt_application.hpp"
#include "ble/bluez/link.hpp"
#include "ble/bluez/pump_client.hpp"
#include "ble/condition.hpp"
#include "ble/event_queue.hpp"

namespace ble {

class BluezLink::Machine final : public std::enable_shared_from_this<Machine>,
                                 public BluezListener,
                                 public PortListener {
public:
    Machine(asio::any_io_executor executor, BluezLinkSettings settings, spdlog::logger& log,
            std::function<void(LinkState)> onState);

    asio::awaitable<void> run();

    [[nodiscard]] LinkState state() const { return state_; }
    [[nodiscard]] std::optional<Peer> peer() const;
    [[nodiscard]] const std::string& problem() const { return problem_; }
    EventQueue& events() { return events_; }
    /// Throws LinkError "disconnected" before run().
    PumpClient& pump();
    void notifyPort(ByteView value);
    asio::awaitable<void> disconnect();
    void confirmPaired();

private:
    /// Whatever was registered is void: bluetoothd or the adapter has gone.
    struct Restart {};

    struct Connection {
        std::string path; ///< of Device1
        Peer peer;
        bool pairing = false; ///< may it pair?
        bool subscribed = false;
        bool resolved = false;
        bool pairingRefused = false;
        std::string dropReason{}; ///< why we end it; empty: we do not
    };

    asio::any_io_executor executor_;
    BluezLinkSettings settings_;
    spdlog::logger& log_;
    std::function<void(LinkState)> onState_;
    Condition changes_;
    EventQueue events_;
    std::shared_ptr<BluezBus> bus_;
    std::unique_ptr<Agent> agent_;
    std::unique_ptr<GattApplication> application_;
    std::unique_ptr<Advertiser> advertiser_;
    std::unique_ptr<PumpClient> pump_;

    LinkState state_ = LinkState::Stopped;
    std::string problem_;
    std::string advertisingWay_; ///< as logged last
    asio::cancellation_signal stopBus_;
    bool busRuns_ = false;
    bool stopping_ = false;
    std::exception_ptr busError_;
    unsigned bluezStarts_ = 0; ///< changes of the owner of org.bluez
    unsigned servedStart_ = 0;
    std::string adapter_; ///< object path; empty: none chosen
    bool adapterReady_ = false;
    bool applicationRegistered_ = false;
    AdvertisingMode mode_ = AdvertisingMode::Reconnect;
    bool forcePairing_;
    bool pairingDone_ = false;
    std::string pairedPath_; ///< of the pump that paired in this run: its name may not be known yet
    std::optional<Connection> current_;
    unsigned failedConnections_ = 0; ///< connections in a row that came to nothing
    std::deque<Bytes> portQueue_;
    bool portSending_ = false;
    Condition::Clock::time_point lastPortWrite_{};

    // BluezListener
    void bluezOwnerChanged() override;
    void objectAdded(const std::string& path) override;
    void objectRemoved(const std::string& path) override;
    void propertiesChanged(const std::string& path, const std::string& interface,
                           const Properties& changed) override;
    // PortListener
    void portSubscribed() override;
    void portUnsubscribed() override;
    bool portWritten(const std::string& devicePath, Bytes value) override;

    // connections
    void considerDevice(const std::string& path);
    void beginConnection(const std::string& path);
    void endConnection(const std::string& reason);
    void explainLoss(const Connection& ended);
    void checkDiscovered();
    void refuseConnection(const std::string& path);
    asio::awaitable<void> sendPort();
    [[nodiscard]] bool acceptsPairing(const std::string& devicePath);
    [[nodiscard]] bool isBonded(const std::string& path) const;
    [[nodiscard]] bool isPump(const std::string& path) const;
    [[nodiscard]] Peer peerAt(const std::string& path) const;
    /// Logs `text` when this is a change.
    void enter(LinkState state, const std::string& text);

    // the state machine
    void startBus();
    asio::awaitable<void> stopBus();
    asio::awaitable<void> serve();
    asio::awaitable<void> serveBluez();
    asio::awaitable<void> serveAdapter();
    asio::awaitable<void> chooseAdapter();
    asio::awaitable<void> powerAdapter();
    /// The refusal, if any.
    asio::awaitable<std::optional<LinkError>> switchOn();
    asio::awaitable<void> chooseAdvertiser();
    asio::awaitable<void> allowPairing(bool allowed);
    asio::awaitable<void> removeOldBonds();
    asio::awaitable<void> renewApplication();
    asio::awaitable<void> awaitConnection();
    asio::awaitable<void> guardConnection();
    asio::awaitable<void> drop(std::string reason);
    asio::awaitable<void> withdraw();
    /// While the adapter is off but there: bluetoothd would advertise again with it, before the application
    /// is new.
    asio::awaitable<void> takeBack();
    void forget(const std::string& reason);
    [[nodiscard]] std::string findAdapter() const;
    [[nodiscard]] bool hasBond() const;
    [[nodiscard]] AdvertisingMode modeNow() const;
    [[nodiscard]] bool serving() const;
    /// As Condition::until; throws LinkError when the bus is lost.
    asio::awaitable<bool> until(std::function<bool()> holds, Condition::Clock::time_point deadline);
    /// The same, and throws Restart when bluetoothd or the adapter has gone.
    asio::awaitable<bool> whileServing(std::function<bool()> holds, Condition::Clock::time_point deadline);
    asio::awaitable<void> set(std::string path, const char* interface, const char* name,
                              sdbus::Variant value);
};

} // namespace ble
