// SPDX-License-Identifier: MIT
// A client and the double of bluetoothd, on one loop.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>

#include "bluez_double.hpp"
#include "bluez_double_client.hpp"

namespace virtual_pump::test {

namespace asio = boost::asio;
namespace sake = protocol::sake;

inline constexpr protocol::LocalSeconds kNow{std::chrono::seconds(1'774'750'000)};

inline std::unique_ptr<sdbus::IConnection> privateBus() {
    const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS");
    return ble::openBus(address == nullptr ? "" : address);
}

/// Daemon and client on connections of their own, on one loop.
/// Daemon and client on connections of their own, on one loop.
class BluezDoubleTest : public testing::Test {
protected:
    std::unique_ptr<sdbus::IConnection> daemonBus_ = privateBus();
    std::unique_ptr<sdbus::IConnection> clientBus_ = privateBus();
    asio::io_context io_{1};
    ble::BusPump daemonPump_{io_.get_executor(), *daemonBus_};
    ble::BusPump clientPump_{io_.get_executor(), *clientBus_};
    std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ = sake::generatePair(
        sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, countingRandom(1));
    PumpSettings pumpSettings_;
    std::optional<Pump> pump_;
    std::vector<DoubleEvent> events_;
    std::optional<BluezDouble> double_;
    Client client_{io_, clientPump_, *clientBus_, keys_.first};

    void SetUp() override {
        asio::co_spawn(io_, daemonPump_.run(), asio::detached);
        asio::co_spawn(io_, clientPump_.run(), asio::detached);
    }

    void start(DoubleSettings settings = {}) {
        pump_.emplace(pumpSettings_, keys_.second, countingRandom(100), [] { return kNow; });
        double_.emplace(io_.get_executor(), *daemonBus_, daemonPump_, *pump_, settings,
                        [this](const DoubleEvent& event) { events_.push_back(event); });
    }
    /// Registers all there is to register and advertises.
    void present(const std::string& advertised = "fe82") {
        ASSERT_EQ(client_.registerApplication(), "");
        ASSERT_EQ(client_.registerAgent(), "");
        ASSERT_EQ(client_.advertise(advertised), "");
    }
    void pair() {
        present();
        ASSERT_TRUE(until([&] { return client_.sessionUp() && saw(DoubleEvent::Kind::HandshakeDone); }));
        ASSERT_TRUE(until([&] { return saw(DoubleEvent::Kind::ServicesResolved); }));
        ASSERT_EQ(client_.withdraw(), "");
    }

    bool until(const std::function<bool()>& condition) { return runUntil(io_, condition); }
    [[nodiscard]] long count(DoubleEvent::Kind kind) const {
        return std::count_if(events_.begin(), events_.end(), [&](const auto& e) { return e.kind == kind; });
    }
    [[nodiscard]] bool saw(DoubleEvent::Kind kind) const { return count(kind) > 0; }
    [[nodiscard]] long placeInLog(const std::string& entry) const {
        return std::find(client_.log.begin(), client_.log.end(), entry) - client_.log.begin();
    }
};

} // namespace virtual_pump::test
