// SPDX-License-Identifier: MIT
// What check learns over D-Bus from the double of bluetoothd, and from a management socket.
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "../ble/loop.hpp"
#include "../ble/management_double.hpp"
#include "ble/bluez/bus.hpp"
#include "bridge/check/bluez_facts.hpp"
#include "virtual_pump/bluez_double.hpp"

namespace bridge::check {
namespace {

namespace asio = boost::asio;
namespace sake = protocol::sake;
using ble::test::privateBus;
using ble::test::runUntil;

template <typename T>
T ask(asio::io_context& io, asio::awaitable<T> task) {
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
        EXPECT_FALSE(error);
        result = std::move(value);
    });
    EXPECT_TRUE(runUntil(io, [&] { return result.has_value(); }));
    return result.value_or(T{});
}

spdlog::logger& silent() {
    static spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    return log;
}

TEST(BusFacts, SayThatThereIsNoBus) {
    asio::io_context io;
    // By the environment: sdbus-c++ leaks a connection that fails by an explicit address.
    ASSERT_EQ(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
    EXPECT_NE(ask(io, readBusFacts({}, silent())).problem, "");
}

TEST(BusFacts, SayThatBluetoothdDoesNotRun) {
    asio::io_context io;
    const auto facts = ask(io, readBusFacts(privateBus(), silent()));
    EXPECT_EQ(facts.problem, "");
    EXPECT_FALSE(facts.running);
}

TEST(BusFacts, ListAdapterAndBond) {
    const auto bus = ble::openBus(privateBus());
    asio::io_context io{1};
    ble::BusPump busPump{io.get_executor(), *bus};
    const auto keys = sake::generatePair(sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump,
                                         sake::systemRandom);
    virtual_pump::Pump pump{{}, keys.second, sake::systemRandom, [] { return protocol::LocalSeconds{}; }};
    virtual_pump::DoubleSettings settings;
    settings.bonded = true;
    const virtual_pump::BluezDouble daemon{io.get_executor(), *bus, busPump, pump, settings,
                                           [](const auto&) {}};
    asio::co_spawn(io, busPump.run(), asio::detached);

    const auto facts = ask(io, readBusFacts(privateBus(), silent()));
    EXPECT_EQ(facts.problem, "");
    EXPECT_TRUE(facts.running);
    EXPECT_EQ(facts.process, static_cast<std::uint32_t>(::getpid()));
    ASSERT_EQ(facts.adapters.size(), 1U);
    EXPECT_EQ(facts.adapters[0].name, "hci0");
    EXPECT_TRUE(facts.adapters[0].lowEnergy);
    ASSERT_EQ(facts.pumps.size(), 1U);
    EXPECT_EQ(facts.pumps[0].name, "Pump 1234567H");
    EXPECT_EQ(facts.pumps[0].adapter, "hci0");
    EXPECT_TRUE(facts.pumps[0].bonded);
}

TEST(ControllerFacts, ReadSettingsAndInterval) {
    using ble::management::Setting;
    asio::io_context io{1};
    ble::test::ManagementDouble kernel{io.get_executor()};
    kernel.privileged = false;
    kernel.settings = static_cast<std::uint32_t>(Setting::Powered) |
                      static_cast<std::uint32_t>(Setting::LowEnergy) |
                      static_cast<std::uint32_t>(Setting::Privacy);
    const auto open = [&](const asio::any_io_executor&) { return kernel.connect(); };
    auto facts = ask(io, readControllerFacts("hci0", open));
    EXPECT_EQ(facts.problem, "");
    EXPECT_TRUE(facts.powered && facts.lowEnergy && facts.privacy);
    EXPECT_FALSE(facts.brEdr || facts.secureConnections);
    EXPECT_EQ(facts.maxInterval, 60U);

    kernel.refusals[ble::management::Opcode::ReadDefaultConfiguration] = {
        ble::management::Status::UnknownCommand};
    facts = ask(io, readControllerFacts("hci0", open));
    EXPECT_EQ(facts.problem, "");
    EXPECT_FALSE(facts.maxInterval) << "an old kernel";
}

TEST(ControllerFacts, SayWhyNothingIsKnown) {
    asio::io_context io{1};
    const auto denied = [](const asio::any_io_executor&) -> asio::posix::stream_descriptor {
        throw ble::LinkError(ble::LinkErrorKind::ManagementDenied, "not allowed");
    };
    EXPECT_EQ(ask(io, readControllerFacts("hci0", denied)).problem, "not allowed");
    EXPECT_NE(ask(io, readControllerFacts("usb", denied)).problem, "");
}

} // namespace
} // namespace bridge::check
