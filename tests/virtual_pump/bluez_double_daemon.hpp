// SPDX-License-Identifier: MIT
// The parts of the BlueZ double put together: the adapter, the registrations of local clients, the devices,
// and the pump's decision when to connect.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "bluez_double.hpp"
#include "bluez_double_advertisements.hpp"
#include "bluez_double_agents.hpp"
#include "bluez_double_applications.hpp"
#include "bluez_double_device.hpp"
#include "bluez_double_services.hpp"
#include "bluez_double_visit.hpp"

namespace virtual_pump {

class BluezDouble::Daemon : public std::enable_shared_from_this<BluezDouble::Daemon> {
public:
    Daemon(const bluez::Bus& bus, Pump& pump, DoubleSettings settings, EventSink sink);

    void start();
    void stop();
    void addAdapter();
    void takeDeviceBack();
    void removeAdapter();
    void switchOff();

    /// Ends the pump's connection, now.
    void disconnect(const std::string& reason);
    /// The same at the next turn of the loop: from inside callbacks.
    void disconnectLater(const std::string& reason);
    void strangerConnects();
    void setInRange(bool inRange);
    void forgetBond();
    void openPairing(bool open);
    void pumpHasNews();

    [[nodiscard]] bool connected() const { return visit_ != nullptr; }
    [[nodiscard]] const bluez::Bonds& bonds() const { return bonds_; }
    [[nodiscard]] std::size_t cccdTraps() const { return cccdTraps_; }
    [[nodiscard]] std::size_t handlesLeft() const { return applications_ ? applications_->handlesLeft() : 0; }
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

private:
    void exportAdapter();
    void exportSwitches();
    void removeDevice(sdbus::MethodCall& call);
    void powerItself();
    void setPowered(bool powered);
    void watchNames();
    void forgetClient(const std::string& owner);

    /// Something has changed that may let the pump connect.
    void consider();
    void decide();
    /// Empty when the pump would connect to one of the advertisements, else the reason.
    [[nodiscard]] std::string reluctance() const;
    void advertised(const bluez::Advertisement& advertisement);
    void connectSoon();
    void connect();
    void removePumpDevice();
    void strangerLeaves();
    std::unique_ptr<bluez::Device> makePumpDevice(bool connected);
    bluez::RemoteServices& services();
    void report(const DoubleEvent& event);

    std::shared_ptr<bluez::Proxies> proxies_ = std::make_shared<bluez::Proxies>();
    bluez::Bus bus_;
    Pump& pump_;
    DoubleSettings settings_;
    EventSink sink_;
    bluez::Bonds bonds_;
    bool inRange_ = true;
    std::vector<std::string> violations_;
    std::size_t cccdTraps_ = 0;
    std::string lastReluctance_;
    bool considering_ = false;
    bool connecting_ = false;
    bool keyMissing_ = false; ///< the last connection failed for that
    boost::asio::steady_timer connectTimer_;
    boost::asio::steady_timer powerTimer_;

    struct Switches {
        bool powered = true;
        bool busy = false; ///< is being powered
        bool discoverable = false;
        bool pairable = true;
        std::uint32_t discoverableTimeout = 0;
        std::uint32_t pairableTimeout = 0;
        std::string alias = "bridge";
    };
    Switches switches_;

    std::unique_ptr<sdbus::IObject> root_;
    std::unique_ptr<sdbus::IProxy> names_;
    std::unique_ptr<bluez::Agents> agents_;
    std::shared_ptr<bluez::Applications> applications_;
    std::shared_ptr<bluez::Advertisements> advertisements_;
    std::unique_ptr<bluez::Object> adapter_;
    std::unique_ptr<bluez::Device> device_;
    std::unique_ptr<bluez::RemoteServices> services_;
    std::unique_ptr<bluez::Device> stranger_;
    std::shared_ptr<bluez::Visit> visit_;
};

} // namespace virtual_pump
