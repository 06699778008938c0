// SPDX-License-Identifier: MIT
// Our services in bluetoothd's database: at the same handles, however often they are registered.
#include "ble/bluez/gatt_application.hpp"

#include "a_link.hpp"

namespace ble {
namespace {

using namespace test;

class AGattApplication : public ALink, public BluezListener, public PortListener {
protected:
    void SetUp() override {
        ALink::SetUp();
        startDaemon({.lastHandle = 0x01ff});
        bus_ = std::make_shared<BluezBus>(io_.get_executor(), privateBus(), *this, log_);
        asio::co_spawn(io_, bus_->pump().run(),
                       asio::bind_cancellation_slot(stopBus_.slot(), asio::detached));
        application_ = std::make_unique<GattApplication>(bus_, log_, *this);
    }
    void TearDown() override {
        application_.reset();
        stopBus_.emit(asio::cancellation_type::terminal);
        while (io_.poll() > 0) continue;
        bus_.reset();
    }
    asio::awaitable<void> registerOften(int times) {
        for (int n = 0; n < times; ++n) {
            co_await application_->registerAt("/org/bluez/hci0", 60s);
            co_await application_->unregisterAt("/org/bluez/hci0", 60s);
        }
    }

    void bluezOwnerChanged() override {}
    void objectAdded(const std::string& /*path*/) override {}
    void objectRemoved(const std::string& /*path*/) override {}
    void propertiesChanged(const std::string& /*path*/, const std::string& /*interface*/,
                           const Properties& /*changed*/) override {}
    void portSubscribed() override {}
    void portUnsubscribed() override {}
    bool portWritten(const std::string& /*devicePath*/, Bytes /*value*/) override { return false; }
    void informationRead(const std::string& /*devicePath*/) override {}

    std::shared_ptr<BluezBus> bus_;
    asio::cancellation_signal stopBus_;
    std::unique_ptr<GattApplication> application_;
};

// At 23 handles each, bluetoothd had none left after 2,848 of its own choice; this one after 21.
TEST_F(AGattApplication, TakesTheSameHandlesEachTime) {
    ASSERT_EQ(outcome(registerOften(1)), "");
    const auto left = double_->handlesLeft();
    ASSERT_EQ(outcome(registerOften(2000)), "");
    EXPECT_EQ(double_->handlesLeft(), left);
}

TEST_F(AGattApplication, TakesOtherHandlesWhereItsOwnAreTaken) {
    ASSERT_EQ(outcome(application_->registerAt("/org/bluez/hci0", 60s)), "");
    const auto left = double_->handlesLeft();
    auto otherBus = std::make_shared<BluezBus>(io_.get_executor(), privateBus(), *this, log_);
    asio::cancellation_signal stop;
    asio::co_spawn(io_, otherBus->pump().run(), asio::bind_cancellation_slot(stop.slot(), asio::detached));
    GattApplication other(otherBus, log_, *this);
    EXPECT_EQ(outcome(other.registerAt("/org/bluez/hci0", 60s)), "");
    EXPECT_EQ(double_->handlesLeft(), left - 23);
    // Until nothing is left: then it says so, by its kind.
    std::string end;
    for (int n = 0; end.empty() && n < 100; ++n) {
        ASSERT_EQ(outcome(other.unregisterAt("/org/bluez/hci0", 60s)), "");
        end = outcome(other.registerAt("/org/bluez/hci0", 60s));
    }
    EXPECT_EQ(end, "handles-used-up");
    stop.emit(asio::cancellation_type::terminal);
    while (io_.poll() > 0) continue;
}

} // namespace
} // namespace ble
