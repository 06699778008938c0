// SPDX-License-Identifier: MIT
// One connection of the pump: pairing, its discovery of our services, the handshake over the SAKE port, and
// what it sends afterwards. Ends with end(); coroutines that are still under way then return at their next
// step.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "bluez_double.hpp"
#include "bluez_double_agents.hpp"
#include "bluez_double_applications.hpp"
#include "bluez_double_device.hpp"
#include "bluez_double_services.hpp"

namespace virtual_pump::bluez {

/// What outlives a connection.
struct Bonds {
    bool host = false; ///< bluetoothd has our half
    bool pump = false;
    /// The application whose CCCD value bluetoothd keeps for the bonded pump; 0: none.
    std::uint64_t cccdKeptFor = 0;
};

class Visit : public std::enable_shared_from_this<Visit> {
public:
    /// All references outlive end(), not the Visit.
    struct Surroundings {
        Bus bus;
        const DoubleSettings& settings;
        Pump& pump;
        Agents& agents;
        Applications& applications;
        Device& device;
        Bonds& bonds;
        std::function<bool()> pairable;
        /// The device's GATT objects; made at the first call.
        std::function<RemoteServices&()> services;
        std::function<void(DoubleEvent)> report;
        std::function<void(const std::string&)> drop; ///< asks to end the connection, later
    };
    explicit Visit(Surroundings surroundings);

    void start();
    void end();
    /// Inside sd-bus's dispatch: the client has changed the Value of one of its characteristics.
    void clientNotified(std::uint64_t application, const std::string& path, Bytes value);
    void applicationsChanged();
    void pumpHasNews();

private:
    asio::awaitable<void> proceed();
    asio::awaitable<void> discoverUs();
    asio::awaitable<void> resolve();
    asio::awaitable<void> send();
    asio::awaitable<void> writePort();
    asio::awaitable<bool> pair();
    asio::awaitable<bool> pause(
        std::chrono::milliseconds delay); ///< false: the connection has ended meanwhile
    asio::awaitable<bool> readInformation(const Application& application);
    void rediscover(); ///< unless what there is has been looked at
    void subscribe(const Application& application, const LocalCharacteristic& port);
    /// Another application has come on a live link: a new handshake, while the subscriptions stay.
    void startOver();
    void answer(const Bytes& notified);
    void account(const Outgoing& outgoing);
    [[nodiscard]] asio::awaitable<void> pace(const Outgoing& outgoing);
    void spawn(asio::awaitable<void> task);
    void violation(const std::string& what);
    [[nodiscard]] Properties requestOptions() const;

    Surroundings around_;
    bool ended_ = false;
    bool discovered_ = false; ///< encrypted, and the pump looks at our services
    bool discovering_ = false;
    std::uint64_t application_ = 0;  ///< last discovered
    std::uint64_t subscribedTo_ = 0; ///< application
    std::string owner_;              ///< of the SAKE port
    std::string port_;               ///< path
    bool writePending_ = false;
    bool writing_ = false;
    std::deque<Bytes> writes_;
    bool subscribedBefore_ = false; ///< in this connection
    bool sessionSettled_ = false;   ///< message 5 has been written and answered
    std::uint64_t reportsSeen_ = 0;
    std::uint64_t recordsSeen_ = 0;
    unsigned sinceYield_ = 0;
    asio::steady_timer news_;
};

} // namespace virtual_pump::bluez
