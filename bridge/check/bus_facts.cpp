// SPDX-License-Identifier: MIT
#include <spdlog/logger.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "ble/bluez/bluez_bus.hpp"
#include "ble/mgmt/controller.hpp"
#include "bridge/check/bluez_facts.hpp"

namespace bridge::check {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kLimit = 5s;

class NoListener final : public ble::BluezListener {
public:
    void bluezOwnerChanged() override {}
    void objectAdded(const std::string&) override {}
    void objectRemoved(const std::string&) override {}
    void propertiesChanged(const std::string&, const std::string&, const ble::Properties&) override {}
};

std::string lastPart(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

void readTree(const ble::ObjectTree& tree, BusFacts& facts) {
    using namespace ble::bluez;
    for (const auto& path : tree.pathsWith(kAdapter)) {
        facts.adapters.push_back(
            {.name = lastPart(path),
             .powered = tree.flag(path, kAdapter, "Powered"),
             .lowEnergy = tree.has(path, kAdvertisingManager) && tree.has(path, kGattManager),
             .advertisements =
                 tree.get<std::uint8_t>(path, kAdvertisingManager, "ActiveInstances").value_or(0)});
    }
    for (const auto& path : tree.pathsWith(kDevice)) {
        const std::string name = tree.text(path, kDevice, "Name");
        if (!name.starts_with("Pump")) continue;
        const bool paired = tree.flag(path, kDevice, "Paired");
        facts.pumps.push_back({.adapter = lastPart(path.substr(0, path.rfind('/'))),
                               .name = name,
                               .bonded = tree.get<bool>(path, kDevice, "Bonded").value_or(paired),
                               .connected = tree.flag(path, kDevice, "Connected")});
    }
}

asio::awaitable<std::uint32_t> processOf(const std::shared_ptr<ble::BluezBus>& bus) {
    const auto proxy = sdbus::createProxy(bus->connection(), "org.freedesktop.DBus", "/org/freedesktop/DBus");
    auto message = proxy->createMethodCall("org.freedesktop.DBus", "GetConnectionUnixProcessID");
    message << ble::bluez::kService;
    const auto [error, process] = co_await ble::asyncCall<std::uint32_t>(bus->pump(), *proxy, message, kLimit,
                                                                         asio::as_tuple(asio::use_awaitable));
    co_return error ? 0 : process;
}

asio::awaitable<void> drive(std::shared_ptr<ble::BluezBus> bus) {
    co_await bus->pump().run();
}

asio::awaitable<void> ask(std::shared_ptr<ble::BluezBus> bus, BusFacts& facts) {
    try {
        co_await bus->watch(kLimit);
        facts.running = bus->bluezRuns();
        if (!facts.running) co_return;
        facts.process = co_await processOf(bus);
        co_await bus->load(kLimit);
        readTree(bus->tree(), facts);
    } catch (const ble::LinkError& error) {
        facts.problem = error.what();
    }
}

} // namespace

asio::awaitable<BusFacts> readBusFacts(const std::string& address, spdlog::logger& log) {
    BusFacts facts;
    NoListener listener;
    std::shared_ptr<ble::BluezBus> bus;
    const auto executor = co_await asio::this_coro::executor;
    try {
        bus = std::make_shared<ble::BluezBus>(executor, address, listener, log);
    } catch (const ble::LinkError& error) {
        facts.problem = error.what();
        co_return facts;
    }
    asio::cancellation_signal stop;
    asio::steady_timer ended{executor, asio::steady_timer::time_point::max()};
    bool running = true;
    asio::co_spawn(executor, drive(bus),
                   asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) {
                       running = false;
                       ended.cancel();
                   }));
    co_await ask(bus, facts);
    if (running) stop.emit(asio::cancellation_type::terminal);
    while (running) co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return facts;
}

asio::awaitable<ControllerFacts> readControllerFacts(const std::string& adapter,
                                                     const ble::OpenManagement& open) {
    using ble::management::Setting;
    ControllerFacts facts;
    const auto index = ble::controllerIndex(adapter);
    if (!index) {
        facts.problem = "the kernel does not know an adapter \"" + adapter + "\"";
        co_return facts;
    }
    try {
        ble::ManagementSocket socket{open(co_await asio::this_coro::executor), {}};
        ble::ManagementController controller{socket, *index};
        const auto info = co_await controller.info();
        facts.powered = info.current.has(Setting::Powered);
        facts.lowEnergy = info.current.has(Setting::LowEnergy);
        facts.brEdr = info.current.has(Setting::BrEdr);
        facts.privacy = info.current.has(Setting::Privacy);
        facts.secureConnections = info.current.has(Setting::SecureConnections);
        try { // kernels before 5.9 do not know it
            const auto defaults = co_await controller.defaultConfiguration();
            facts.minInterval = defaults.minAdvertisingInterval;
            facts.maxInterval = defaults.maxAdvertisingInterval;
        } catch (const ble::ManagementError&) {
            facts.minInterval.reset();
        }
    } catch (const ble::LinkError& error) {
        facts.problem = error.what();
    }
    co_return facts;
}

} // namespace bridge::check
