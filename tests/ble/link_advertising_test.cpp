// SPDX-License-Identifier: MIT
// Which way the link advertises: bluetoothd is the double, the kernel is another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>

#include "ble/bluez/bus.hpp"
#include "ble/bluez/link.hpp"
#include "loop.hpp"
#include "management_double.hpp"
#include "virtual_pump/bluez_double.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
namespace sake = protocol::sake;
using management::Status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using virtual_pump::BluezDouble;

constexpr auto kPairingData = "020106030382fe0e094d6f62696c6520313233343537"; // docs/protocol/link.md 3.1

void noRandom(std::span<std::uint8_t> bytes) {
    for (auto& byte : bytes) byte = 1;
}

class TheAdvertisingOfALink : public testing::Test, public LinkListener {
protected:
    std::unique_ptr<sdbus::IConnection> daemonBus_ = openBus(test::privateBus());
    asio::io_context io_{1};
    BusPump daemonPump_{io_.get_executor(), *daemonBus_};
    std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ =
        sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, noRandom);
    virtual_pump::Pump pump_{{}, keys_.second, noRandom, [] { return protocol::LocalSeconds{}; }};
    virtual_pump::DoubleSettings daemon_{.userOpensPairing = false}; // nobody connects
    std::optional<BluezDouble> double_;
    std::vector<virtual_pump::DoubleEvent> seen_; ///< by the double
    test::ManagementDouble kernel_{io_.get_executor()};

    std::ostringstream journal_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal_)};
    BluezLinkSettings settings_;
    std::optional<BluezLink> link_;
    asio::cancellation_signal stop_;
    bool ended_ = false;

    void SetUp() override {
        kernel_.address = daemon_.adapterAddress;
        settings_.busAddress = test::privateBus();
        settings_.limits.retry = 20ms;
        settings_.limits.management = {.reply = 20s, .attempts = 2, .pause = 1ms};
        settings_.openManagement = [this](const asio::any_io_executor&) { return kernel_.connect(); };
        asio::co_spawn(io_, daemonPump_.run(), asio::detached);
    }
    void TearDown() override {
        if (link_ && !ended_) stop();
    }

    void linkStateChanged(LinkState /*state*/) override {}
    void linkProblemChanged(const std::optional<LinkProblem>& /*problem*/) override {}
    void startDaemon() {
        double_.emplace(io_.get_executor(), *daemonBus_, daemonPump_, pump_, daemon_,
                        [this](const auto& event) { seen_.push_back(event); });
    }
    void start() {
        startDaemon();
        link_.emplace(io_.get_executor(), settings_, *this, log_);
        asio::co_spawn(
            io_, link_->run(),
            asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr&) { ended_ = true; }));
        ASSERT_TRUE(untilAdvertising());
    }
    bool untilAdvertising() {
        return until([&] { return link_->state() == LinkState::AdvertisingPairing; });
    }
    void stop() {
        stop_.emit(asio::cancellation_type::terminal);
        EXPECT_TRUE(until([&] { return ended_; }));
    }
    bool until(const std::function<bool()>& condition) {
        const bool met = test::runUntil(io_, condition);
        if (!met) ADD_FAILURE() << journal_.str();
        return met;
    }
    [[nodiscard]] bool advertisesOverDbus() const {
        return std::any_of(seen_.begin(), seen_.end(), [](const auto& event) {
            return event.kind == virtual_pump::DoubleEvent::Kind::Advertised;
        });
    }
};

TEST_F(TheAdvertisingOfALink, GoesThroughTheManagementSocketWherePermitted) {
    kernel_.settings = static_cast<std::uint32_t>(management::Setting::SecureConnections);
    start();
    EXPECT_THAT(kernel_.onAir, ElementsAre(Pair(1, kPairingData)));
    EXPECT_FALSE(advertisesOverDbus());
    EXPECT_EQ(kernel_.settings, 0U);
    EXPECT_THAT(journal_.str(), HasSubstr("ble: advertising through the management socket"));
    stop();
    EXPECT_THAT(kernel_.onAir, IsEmpty());
}

TEST_F(TheAdvertisingOfALink, GoesOverDbusWithoutTheCapability) {
    kernel_.privileged = false;
    start();
    EXPECT_TRUE(advertisesOverDbus());
    EXPECT_THAT(journal_.str(), HasSubstr("ble: advertising over D-Bus: Read Advertising Features: "
                                          "permission denied (CAP_NET_ADMIN is missing)"));
    EXPECT_FALSE(link_->problem());
}

TEST_F(TheAdvertisingOfALink, GoesOverDbusWhenTheKernelHasAnotherAdapter) {
    kernel_.address = "00:00:00:00:00:01";
    start();
    EXPECT_TRUE(advertisesOverDbus());
    EXPECT_THAT(kernel_.onAir, IsEmpty());
}

TEST_F(TheAdvertisingOfALink, GoesOverDbusWhenTheKernelRefusesIt) {
    kernel_.refusals[management::Opcode::AddExtendedAdvertisingParameters] = {Status::Rejected};
    start();
    EXPECT_TRUE(advertisesOverDbus());
    EXPECT_THAT(kernel_.onAir, IsEmpty());
}

TEST_F(TheAdvertisingOfALink, ComesBackWhenAnotherProgramEndsIt) {
    start();
    kernel_.removeInstance(1);
    EXPECT_TRUE(until([&] { return kernel_.onAir.contains(1); }));
    EXPECT_THAT(journal_.str(), HasSubstr("ended by bluetoothd or another program"));
}

TEST_F(TheAdvertisingOfALink, EndsWithBluetoothdAndComesBackWithIt) {
    start();
    double_.reset();
    ASSERT_TRUE(until([&] { return kernel_.onAir.empty(); }));
    startDaemon();
    EXPECT_TRUE(until([&] { return kernel_.onAir.contains(1); }));
}

} // namespace
} // namespace ble
