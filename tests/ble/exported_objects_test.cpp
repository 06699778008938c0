// SPDX-License-Identifier: MIT
// What we export to bluetoothd, seen by a connection that owns its name and has nothing else of it.
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "ble/bluez/agent.hpp"
#include "ble/bluez/gatt_application.hpp"
#include "loop.hpp"
#include "protocol/uuids.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
using test::runUntil;
namespace uuid = protocol::uuid;

class NoListener final : public BluezListener {
    void bluezOwnerChanged() override {}
    void objectAdded(const std::string&) override {}
    void objectRemoved(const std::string&) override {}
    void propertiesChanged(const std::string&, const std::string&, const Properties&) override {}
};

class PortLog final : public PortListener {
public:
    std::vector<std::string> entries;
    void portSubscribed() override { entries.emplace_back("subscribed"); }
    void portUnsubscribed() override { entries.emplace_back("unsubscribed"); }
    bool portWritten(const std::string& device, Bytes value) override {
        entries.push_back("written " + device + " " + std::to_string(value.size()));
        return device != "/stranger";
    }
    void informationRead(const std::string& /*device*/) override {}
};

class TheExportedObjects : public testing::Test {
protected:
    std::unique_ptr<sdbus::IConnection> daemonBus_ = openBus(test::privateBus());
    std::unique_ptr<sdbus::IConnection> otherBus_ = openBus(test::privateBus());
    asio::io_context io_{1};
    BusPump daemon_{io_.get_executor(), *daemonBus_};
    BusPump other_{io_.get_executor(), *otherBus_};
    spdlog::logger log_{"test"};
    NoListener listener_;
    PortLog port_;
    std::shared_ptr<BluezBus> bus_ =
        std::make_shared<BluezBus>(io_.get_executor(), test::privateBus(), listener_, log_);
    GattApplication application_{bus_, log_, port_};
    bool accept_ = true;
    Agent agent_{bus_, log_, [this](const std::string& device) { return accept_ && device == "/pump"; }};
    std::string portPath_ = "/pump_bridge/gatt/sake/port";

    void SetUp() override {
        daemonBus_->requestName(bluez::kService);
        asio::co_spawn(io_, daemon_.run(), asio::detached);
        asio::co_spawn(io_, other_.run(), asio::detached);
        asio::co_spawn(io_, bus_->pump().run(), asio::detached);
        asio::co_spawn(io_, bus_->watch(5s), asio::detached);
        ASSERT_TRUE(runUntil(io_, [this] { return bus_->bluezRuns(); }));
    }

    /// The name of the error; empty for success.
    template <typename... Arguments>
    std::string call(BusPump& pump, sdbus::IConnection& from, const std::string& path, const char* interface,
                     const char* method, const Arguments&... arguments) {
        auto proxy = sdbus::createProxy(from, bus_->connection().getUniqueName(), path);
        auto message = proxy->createMethodCall(interface, method);
        ((void)(message << arguments), ...);
        std::optional<std::string> result;
        asyncCall<NoResult>(pump, *proxy, message, 5s, [&result](const std::exception_ptr& error, NoResult) {
            result = "";
            try {
                if (error) std::rethrow_exception(error);
            } catch (const sdbus::Error& e) {
                result = e.getName();
            }
        });
        EXPECT_TRUE(runUntil(io_, [&] { return result.has_value(); }));
        return result.value_or("no answer");
    }
    std::string ask(const char* method, const std::string& device) {
        return call(daemon_, *daemonBus_, "/pump_bridge/agent", bluez::kAgent, method,
                    sdbus::ObjectPath(device));
    }
};

TEST_F(TheExportedObjects, ListCharacteristicsInTheirOrderOfHandles) {
    auto proxy = sdbus::createProxy(*daemonBus_, bus_->connection().getUniqueName(), "/pump_bridge/gatt");
    std::vector<std::pair<std::string, Interfaces>> objects; // in the order of the message
    const auto read = [&objects](sdbus::MethodReply& reply) {
        reply.enterContainer("{oa{sa{sv}}}");
        while (reply.enterDictEntry("oa{sa{sv}}")) {
            sdbus::ObjectPath path;
            Interfaces interfaces;
            reply >> path >> interfaces;
            objects.emplace_back(path, std::move(interfaces));
            reply.exitDictEntry();
        }
        reply.clearFlags();
        reply.exitContainer();
        return NoResult{};
    };
    bool done = false;
    asyncCallReading<NoResult>(daemon_, *proxy,
                               proxy->createMethodCall(bluez::kObjectManager, "GetManagedObjects"), 5s, read,
                               [&done](const std::exception_ptr& error, NoResult) { done = !error; });
    ASSERT_TRUE(runUntil(io_, [&] { return done; }));

    std::vector<std::string> services;
    std::vector<std::string> characteristics;
    for (const auto& [path, interfaces] : objects) {
        if (interfaces.contains(bluez::kGattService))
            services.push_back(interfaces.at(bluez::kGattService).at("UUID").get<std::string>());
        if (interfaces.contains(bluez::kGattCharacteristic))
            characteristics.push_back(
                interfaces.at(bluez::kGattCharacteristic).at("UUID").get<std::string>());
    }
    const std::vector<std::string_view> wanted{
        uuid::kManufacturerName,        uuid::kModelNumber,      uuid::kSerialNumber, uuid::kHardwareRevision,
        uuid::kFirmwareRevision,        uuid::kSoftwareRevision, uuid::kSystemId,     uuid::kPnpId,
        uuid::kRegulatoryCertification, uuid::kSakePort};
    EXPECT_EQ(services, (std::vector<std::string>{std::string(uuid::kMobileDeviceInformation),
                                                  std::string(uuid::kSakeService)}));
    EXPECT_EQ(characteristics, std::vector<std::string>(wanted.begin(), wanted.end()));
}

TEST_F(TheExportedObjects, TakeWritesOfBluetoothdAlone) {
    const Bytes message(20, 1);
    const Properties fromPump{{"device", sdbus::Variant(sdbus::ObjectPath("/pump"))}};
    const Properties fromStranger{{"device", sdbus::Variant(sdbus::ObjectPath("/stranger"))}};
    const auto write = [&](BusPump& pump, sdbus::IConnection& bus, const Properties& options) {
        return call(pump, bus, portPath_, bluez::kGattCharacteristic, "WriteValue", message, options);
    };
    EXPECT_EQ(write(daemon_, *daemonBus_, fromPump), "");
    EXPECT_EQ(write(daemon_, *daemonBus_, fromStranger), bluez::kNotPermitted);
    EXPECT_EQ(write(other_, *otherBus_, fromPump), bluez::kNotPermitted);
    EXPECT_EQ(port_.entries, (std::vector<std::string>{"written /pump 20", "written /stranger 20"}));
}

TEST_F(TheExportedObjects, RefusePartsOfAMessage) {
    const Properties options{{"offset", sdbus::Variant(std::uint16_t{4})}};
    EXPECT_EQ(call(daemon_, *daemonBus_, portPath_, bluez::kGattCharacteristic, "WriteValue", Bytes(16, 1),
                   options),
              bluez::kInvalidOffset);
    EXPECT_TRUE(port_.entries.empty());
}

TEST_F(TheExportedObjects, CannotBeReadAtThePort) {
    EXPECT_EQ(call(daemon_, *daemonBus_, portPath_, bluez::kGattCharacteristic, "ReadValue", Properties{}),
              "org.freedesktop.DBus.Error.UnknownMethod");
}

TEST_F(TheExportedObjects, AcceptAPairingOnlyWhenAllowed) {
    EXPECT_EQ(ask("RequestAuthorization", "/pump"), "");
    EXPECT_EQ(ask("RequestAuthorization", "/stranger"), bluez::kRejected);
    accept_ = false;
    EXPECT_EQ(ask("RequestAuthorization", "/pump"), bluez::kRejected);
}

TEST_F(TheExportedObjects, RefuseEveryOtherWayToPair) {
    EXPECT_EQ(ask("RequestPinCode", "/pump"), bluez::kRejected);
    EXPECT_EQ(ask("RequestPasskey", "/pump"), bluez::kRejected);
    EXPECT_EQ(call(daemon_, *daemonBus_, "/pump_bridge/agent", bluez::kAgent, "RequestConfirmation",
                   sdbus::ObjectPath("/pump"), std::uint32_t{1}),
              bluez::kRejected);
    EXPECT_EQ(call(daemon_, *daemonBus_, "/pump_bridge/agent", bluez::kAgent, "AuthorizeService",
                   sdbus::ObjectPath("/pump"), std::string(uuid::kSakeService)),
              bluez::kRejected);
}

TEST_F(TheExportedObjects, AcceptNoPairingThatBluetoothdDidNotAskFor) {
    EXPECT_EQ(call(other_, *otherBus_, "/pump_bridge/agent", bluez::kAgent, "RequestAuthorization",
                   sdbus::ObjectPath("/pump")),
              bluez::kRejected);
}

} // namespace
} // namespace ble
