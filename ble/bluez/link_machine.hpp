// SPDX-License-Identifier: MIT
// The inside of BluezLink. What bluetoothd reports is taken down at once, in callbacks, so that events keep
// the order of the bus (ble/bluez/link_reports.cpp); what follows from it is done by one coroutine that looks
// at the result (ble/bluez/link_machine.cpp).
#pragma once

#include <deque>
#include <map>
#include <set>

#include "ble/advertiser.hpp"
#include "ble/bluez/agent.hpp"
#include "ble/bluez/bluez_bus.hpp"
#include "ble/bluez/gatt_application.hpp"
#include "ble/bluez/link.hpp"
#include "ble/bluez/pump_client.hpp"
#include "ble/condition.hpp"
#include "ble/event_queue.hpp"
#include "ble/peer_patience.hpp"

namespace ble {

class BluezLink::Machine final : public std::enable_shared_from_this<Machine>,
                                 public BluezListener,
                                 public PortListener {
public:
    Machine(const asio::any_io_executor& executor, BluezLinkSettings settings, LinkListener& listener,
            spdlog::logger& log);

    asio::awaitable<void> run();

    [[nodiscard]] LinkState state() const { return state_; }
    [[nodiscard]] std::optional<Peer> peer() const;
    [[nodiscard]] const std::optional<LinkProblem>& problem() const { return problem_; }
    EventQueue& events() { return events_; }
    /// Throws LinkErrorKind::Disconnected before run().
    PumpClient& pump();
    void notifyPort(ByteView value);
    asio::awaitable<void> disconnect(EndReason reason);
    void confirmHandshake();
    void openPairing();

private:
    /// Whatever was registered is void: bluetoothd or the adapter has gone.
    struct Restart {};

    struct Connection {
        std::string path; ///< of Device1
        Peer peer;
        bool proven = false; ///< its bond, by a finished handshake
        bool subscribed = false;
        bool resolved = false;
        bool handshaken = false; ///< in this connection
        bool pairingRefused = false;
        Condition::Time since{};
        std::optional<Condition::Time> firstRequest{};
        std::optional<Condition::Time> lastRequest{}; ///< before the subscription
        std::optional<EndReason> dropReason{};        ///< why we end it
    };

    asio::any_io_executor executor_;
    BluezLinkSettings settings_;
    spdlog::logger& log_;
    LinkListener& listener_;
    Condition changes_;
    EventQueue events_;
    std::shared_ptr<BluezBus> bus_;
    std::unique_ptr<Agent> agent_;
    std::unique_ptr<GattApplication> application_;
    std::unique_ptr<Advertiser> advertiser_;
    std::unique_ptr<PumpClient> pump_;

    LinkState state_ = LinkState::Stopped;
    std::optional<LinkProblem> problem_;
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
    bool bondsRead_ = false;            ///< since the start
    std::set<std::string> bondedPaths_; ///< as seen last
    bool bondRemoved_ = false;          ///< from bluetoothd, by somebody else
    bool removeCandidates_ = false;
    bool agentRegistered_ = false;
    std::optional<bool> pairable_; ///< as set last
    bool reconnectNext_ = false;   ///< of the two advertisements in turn
    std::optional<Condition::Time> pairingUntil_;
    std::optional<Condition::Time> openedForRemovalAt_;     ///< pairing, as the last bond was removed
    std::map<std::string, Condition::Time> candidateSince_; ///< by address
    PeerPatience patience_;
    std::optional<Connection> current_;
    unsigned failedConnections_ = 0; ///< connections in a row that came to nothing
    std::deque<Bytes> portQueue_;
    bool portSending_ = false;
    Condition::Time lastPortWrite_{};

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
    void informationRead(const std::string& devicePath) override;

    // connections (ble/bluez/link_connections.cpp)
    void considerDevice(const std::string& path);
    void beginConnection(const std::string& path);
    void endConnection(std::optional<EndReason> reason);
    void checkDiscovered();
    void noteRequest();
    void sendAway(const std::string& path);
    asio::awaitable<void> guardConnection();
    asio::awaitable<void> drop(EndReason reason);
    asio::awaitable<void> sendPort();
    [[nodiscard]] Peer peerAt(const std::string& path) const;
    [[nodiscard]] std::string timesOf(const Connection& connection) const;

    // bonds and pairing: docs/architecture.md 4 (ble/bluez/link_bonds.cpp)
    enum class Bond : std::uint8_t { None, Candidate, Proven, Other };
    enum class Mode : std::uint8_t { Closed, Pairing, Reconnect, Both };
    [[nodiscard]] Bond bondOf(const std::string& path) const;
    [[nodiscard]] bool hasBond(Bond kind) const;
    [[nodiscard]] bool pairingOpen() const;
    [[nodiscard]] Mode modeNow() const;
    [[nodiscard]] bool acceptsPairing(const std::string& devicePath);
    [[nodiscard]] bool isBonded(const std::string& path) const;
    /// At the start, and when the last bond has gone.
    asio::awaitable<void> reviewBonds();
    void noteBonds();
    asio::awaitable<void> removeBonds(std::function<bool(const std::string& path)> which);
    asio::awaitable<void> applyPairing();
    asio::awaitable<void> allowPairing(bool allowed);
    /// Logs `text` when this is a change.
    void enter(LinkState state, const std::string& text);
    void setProblem(std::optional<LinkProblem> problem);

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
    asio::awaitable<void> renewApplication();
    asio::awaitable<void> awaitConnection();
    asio::awaitable<void> advertise(Mode mode);
    asio::awaitable<void> withdraw();
    /// While the adapter is off but there: bluetoothd would advertise again with it, before the application
    /// is new.
    asio::awaitable<void> takeBack();
    void forget();
    [[nodiscard]] std::string findAdapter() const;
    [[nodiscard]] bool serving() const;
    /// As Condition::until; throws LinkError when the bus is lost.
    asio::awaitable<bool> until(std::function<bool()> holds, Condition::Time deadline);
    /// The same, and throws Restart when bluetoothd or the adapter has gone.
    asio::awaitable<bool> whileServing(std::function<bool()> holds, Condition::Time deadline);
    asio::awaitable<void> set(std::string path, const char* interface, const char* name,
                              sdbus::Variant value);
};

} // namespace ble
