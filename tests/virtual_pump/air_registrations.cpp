// SPDX-License-Identifier: MIT
#include "air_registrations.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>

#include "ble/bluez/gatt_application.hpp"

namespace virtual_pump::air {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class Ears final : public ble::BluezListener, public ble::PortListener {
public:
    void bluezOwnerChanged() override {}
    void objectAdded(const std::string& /*path*/) override {}
    void objectRemoved(const std::string& /*path*/) override {}
    void propertiesChanged(const std::string& /*path*/, const std::string& /*interface*/,
                           const ble::Properties& /*changed*/) override {}
    void portSubscribed() override {}
    void portUnsubscribed() override {}
    bool portWritten(const std::string& /*devicePath*/, ble::Bytes /*value*/) override { return false; }
    void informationRead(const std::string& /*devicePath*/) override {}
};

asio::awaitable<void> repeat(ble::GattApplication& application, unsigned times) {
    for (unsigned n = 1; n <= times; ++n) {
        co_await application.registerAt("/org/bluez/hci0", 10s);
        co_await application.unregisterAt("/org/bluez/hci0", 10s);
        if (n % 500 == 0) std::cout << n << " registrations" << std::endl;
    }
}

} // namespace

void registerOften(unsigned times) {
    asio::io_context io{1};
    Ears ears;
    spdlog::logger log{"air-pump", std::make_shared<spdlog::sinks::stdout_sink_st>()};
    const auto bus = std::make_shared<ble::BluezBus>(io.get_executor(), "", ears, log);
    ble::GattApplication application(bus, log, ears);
    asio::co_spawn(io, bus->pump().run(), asio::detached);
    std::exception_ptr failure;
    asio::co_spawn(io, repeat(application, times), [&](const std::exception_ptr& error) {
        failure = error;
        io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
}

} // namespace virtual_pump::air
