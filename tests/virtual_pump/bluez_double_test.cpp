// SPDX-License-Identifier: MIT
#include "bluez_double_fixture.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "history_source.hpp"
#include "protocol/racp.hpp"
#include "protocol/uuids.hpp"

namespace virtual_pump {
namespace {

namespace asio = boost::asio;
using racp = protocol::HistoryRacp;
namespace sake = protocol::sake;
namespace uuid = protocol::uuid;
using Kind = DoubleEvent::Kind;
using test::kNow;
using test::privateBus;

constexpr const char* kAdapter = "/org/bluez/hci0";

class ABluezDouble : public test::BluezDoubleTest {};

TEST_F(ABluezDouble, ShowsAdapterAndManagersButNoDevice) {
    start();
    const auto objects = client_.managedObjects();
    ASSERT_TRUE(objects.contains(sdbus::ObjectPath(kAdapter)));
    const auto& adapter = objects.at(sdbus::ObjectPath(kAdapter));
    EXPECT_TRUE(adapter.at("org.bluez.Adapter1").at("Powered").get<bool>());
    EXPECT_TRUE(adapter.contains("org.bluez.GattManager1"));
    EXPECT_EQ(adapter.at("org.bluez.LEAdvertisingManager1").at("SupportedInstances").get<std::uint8_t>(), 5);
    EXPECT_TRUE(objects.at(sdbus::ObjectPath("/org/bluez")).contains("org.bluez.AgentManager1"));
    EXPECT_FALSE(client_.device());
}

TEST_F(ABluezDouble, PairsAndShakesHandsWithASoundBridge) {
    start();
    pair();
    EXPECT_TRUE(double_->bonded());
    EXPECT_EQ(client_.agentRequests, 1);
    EXPECT_EQ(client_.subscriptions, 1);
    EXPECT_EQ(client_.informationRead.size(), 4U);
    ASSERT_TRUE(until([&] { return client_.device()->contains("Name"); }));
    const auto device = *client_.device();
    EXPECT_EQ(device.at("Name").get<std::string>(), "Pump 1234567H");
    EXPECT_EQ(device.at("Alias").get<std::string>(), "Pump 1234567H");
    EXPECT_TRUE(device.at("Paired").get<bool>());
    EXPECT_TRUE(device.at("Bonded").get<bool>());
    EXPECT_TRUE(device.at("ServicesResolved").get<bool>());
    EXPECT_EQ(double_->violations(), std::vector<std::string>{});
}

TEST_F(ABluezDouble, ServesTheWholeHistoryInOrder) {
    start();
    const auto records = generateHistory({.seed = 3, .days = 1, .end = kNow});
    pump_->setHistory(records);
    pair();
    const auto data = client_.find(uuid::kInsulinDelivery, uuid::kIddHistoryData);
    const auto control = client_.find(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    ASSERT_EQ(client_.startNotify(data), "");
    ASSERT_EQ(client_.startNotify(control), "");
    ASSERT_EQ(client_.write(control, racp::serialize(racp::ReportAll{})), "");
    ASSERT_TRUE(until([&] { return !client_.values.empty() && client_.values.back().first == control; }));
    ASSERT_EQ(client_.values.size(), records.size() + 1);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto plain = client_.session().receiver.decrypt(client_.values[i].second);
        ASSERT_TRUE(plain.has_value()) << i;
        ASSERT_EQ(plain->plain, records[i]) << i;
        ASSERT_EQ(plain->lost, 0) << i;
    }
    const auto response = racp::parseResponse(client_.values.back().second);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(std::get<racp::GeneralResponse>(*response).code, racp::ResponseCode::Success);
    EXPECT_EQ(count(Kind::ReportDone), 1);
    EXPECT_EQ(static_cast<std::size_t>(count(Kind::RecordsSent)), records.size() / 500);
}

TEST_F(ABluezDouble, AnnouncesWhatItReadsBeforeItAnswers) {
    start();
    pair();
    const auto model = client_.find(uuid::kDeviceInformation, uuid::kModelNumber);
    client_.values.clear();
    const auto [error, value] = client_.read(model);
    EXPECT_EQ(error, "");
    ASSERT_EQ(client_.values.size(), 1U);
    EXPECT_EQ(client_.values[0], std::pair(model, value));
}

TEST_F(ABluezDouble, AnswersWithTheErrorsOfBluetoothd) {
    start();
    pair();
    const auto data = client_.find(uuid::kInsulinDelivery, uuid::kIddHistoryData);
    const auto control = client_.find(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    EXPECT_EQ(client_.read(data).first, "org.bluez.Error.NotPermitted");
    EXPECT_EQ(client_.write(data, {1}), "org.bluez.Error.NotSupported");
    EXPECT_EQ(client_.write(control, {1}), "org.bluez.Error.Failed"); // nobody has subscribed: ATT error 0xfd
    EXPECT_EQ(client_.read(client_.find(uuid::kDeviceInformation, uuid::kRegulatoryCertification)).first,
              "org.bluez.Error.NotSupported");
    EXPECT_EQ(client_.startNotify(client_.find(uuid::kDeviceInformation, uuid::kModelNumber)),
              "org.bluez.Error.NotSupported");
    const std::string characteristic = "org.bluez.GattCharacteristic1";
    EXPECT_EQ(client_.call(data, characteristic, "StopNotify"), "org.bluez.Error.Failed");
    EXPECT_EQ(client_.disconnect(), "");
    EXPECT_EQ(client_.write(control, {1}), "org.bluez.Error.Failed");
    EXPECT_EQ(client_.call("/org/bluez/hci0/dev_00_23_F7_12_34_56", "org.bluez.Device1", "Disconnect"),
              "org.bluez.Error.NotConnected");
    EXPECT_EQ(client_.call(kAdapter, "org.bluez.Adapter1", "RemoveDevice",
                           sdbus::ObjectPath("/org/bluez/hci0/dev_00_00_00_00_00_00")),
              "org.bluez.Error.DoesNotExist");
}

TEST_F(ABluezDouble, RefusesWhatIsRegisteredTwiceOrNotAtAll) {
    start();
    EXPECT_EQ(client_.unregisterApplication(), "org.bluez.Error.DoesNotExist");
    EXPECT_EQ(client_.registerApplication(), "");
    EXPECT_EQ(client_.call(kAdapter, "org.bluez.GattManager1", "RegisterApplication",
                           sdbus::ObjectPath("/test/application"), test::Properties{}),
              "org.bluez.Error.AlreadyExists");
    EXPECT_EQ(client_.registerAgent(), "");
    EXPECT_EQ(client_.registerAgent(), "org.bluez.Error.AlreadyExists");
    EXPECT_EQ(client_.withdraw("/test/none"), "org.bluez.Error.DoesNotExist");
    client_.localName = "no pump listens to this";
    for (int n = 0; n < 5; ++n)
        EXPECT_EQ(client_.advertise("1800", "/test/advertisement" + std::to_string(n)), "");
    EXPECT_EQ(client_.advertise("1800", "/test/advertisement5"), "org.bluez.Error.NotPermitted");
    EXPECT_EQ(client_.withdraw("/test/advertisement0"), "");
    EXPECT_EQ(client_.advertise("not a uuid", "/test/advertisement6"), "org.bluez.Error.Failed");
    EXPECT_EQ(client_.call(kAdapter, "org.bluez.GattManager1", "RegisterApplication",
                           sdbus::ObjectPath("/test/nothing/here"), test::Properties{}),
              "org.bluez.Error.Failed");
}

TEST_F(ABluezDouble, DropsTheLinkWhenANotificationOvertakesTheWriteReply) {
    client_.notifyBeforeReply = true;
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::Disconnected); }));
    ASSERT_FALSE(double_->violations().empty());
    EXPECT_EQ(double_->violations()[0], "notification before the reply to WriteValue");
    EXPECT_FALSE(client_.sessionUp());
}

TEST_F(ABluezDouble, NeverSubscribesToAPortOfTheWrongShape) {
    client_.portFlags = {"read", "write", "notify"};
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::Violation) && saw(Kind::ServicesResolved); }));
    EXPECT_TRUE(double_->connected());
    EXPECT_EQ(client_.subscriptions, 0);
}

TEST_F(ABluezDouble, NeverSubscribesWithoutTheVendorsDeviceInformation) {
    client_.informationUuid = uuid::kDeviceInformation;
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::Violation); }));
    EXPECT_EQ(double_->violations()[0], "no device information service 900");
    EXPECT_EQ(client_.subscriptions, 0);
}

TEST_F(ABluezDouble, DoesNotPairWithoutAnAgent) {
    start();
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_EQ(client_.advertise("fe82"), "");
    ASSERT_TRUE(until([&] { return saw(Kind::Disconnected); }));
    EXPECT_EQ(count(Kind::PairingRefused), 1);
    EXPECT_FALSE(double_->bonded());
    ASSERT_TRUE(until([&] { return !client_.device(); })); // of an unbonded device nothing stays
}

TEST_F(ABluezDouble, DoesNotPairAgainstTheWillOfTheAgent) {
    client_.acceptPairing = false;
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::Disconnected); }));
    EXPECT_EQ(client_.agentRequests, 1);
    EXPECT_FALSE(double_->bonded());
    client_.acceptPairing = true;
    double_->openPairing(true);
    ASSERT_TRUE(until([&] { return client_.sessionUp(); }));
}

TEST_F(ABluezDouble, IgnoresNamesThatThePumpDoesNotList) {
    client_.localName = "Phone 1";
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::Ignored); }));
    EXPECT_FALSE(double_->connected());
}

TEST_F(ABluezDouble, SubscribesUnnoticedToAnApplicationFromBeforeTheReconnect) {
    start();
    pair();
    double_->dropLink();
    ASSERT_EQ(client_.advertise("fe81"), "");
    ASSERT_TRUE(until([&] { return double_->cccdTraps() == 1; }));
    EXPECT_EQ(client_.subscriptions, 1);

    ASSERT_EQ(client_.disconnect(), "");
    ASSERT_EQ(client_.unregisterApplication(), "");
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_TRUE(until([&] { return client_.subscriptions == 2 && count(Kind::HandshakeDone) == 2; }));
}

TEST_F(ABluezDouble, SubscribesAgainByItselfAfterAReconnect) {
    start();
    pair();
    const auto control = client_.find(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    ASSERT_EQ(client_.startNotify(control), "");
    client_.log.clear();
    double_->dropLink();
    ASSERT_EQ(client_.unregisterApplication(), "");
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_EQ(client_.advertise("fe81"), "");
    ASSERT_TRUE(until([&] { return count(Kind::HandshakeDone) == 2 && count(Kind::ServicesResolved) == 2; }));
    const std::vector<std::string> expected{"ServicesResolved false", "Connected false", "Connected true",
                                            "ServicesResolved true"};
    ASSERT_TRUE(until([&] { return client_.log.size() >= expected.size(); }));
    EXPECT_EQ(client_.log, expected);
    const auto objects = client_.managedObjects();
    EXPECT_TRUE(objects.at(sdbus::ObjectPath(control))
                    .at("org.bluez.GattCharacteristic1")
                    .at("Notifying")
                    .get<bool>());
}

TEST_F(ABluezDouble, ShakesHandsAnewWithAnApplicationThatComesOnALiveLink) {
    start();
    pair();
    ASSERT_EQ(client_.unregisterApplication(), "");
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_TRUE(until([&] { return client_.subscriptions == 2 && count(Kind::HandshakeDone) == 2; }));
    EXPECT_EQ(count(Kind::Connected), 1);
}

TEST_F(ABluezDouble, TellsOfANewRecord) {
    start();
    auto records = generateHistory({.seed = 3, .days = 1, .end = kNow});
    auto newest = records.back();
    records.pop_back();
    pump_->setHistory(records);
    pair();
    const auto status = client_.find(uuid::kInsulinDelivery, uuid::kIddStatusChanged);
    ASSERT_EQ(client_.startNotify(status), "");
    client_.values.clear();
    pump_->append(newest);
    double_->pumpHasNews();
    ASSERT_TRUE(until([&] { return !client_.values.empty(); }));
    EXPECT_EQ(client_.values[0].first, status);
    EXPECT_TRUE(client_.session().receiver.decrypt(client_.values[0].second).has_value());
}

TEST_F(ABluezDouble, ResolvesServicesBeforeItsObjectsWhenToldSo) {
    start({.nameKnownAtOnce = true, .resolvedBeforeObjects = true});
    pair();
    const auto control = client_.find(uuid::kInsulinDelivery, uuid::kRecordAccessControlPoint);
    EXPECT_LT(placeInLog("ServicesResolved true"), placeInLog("InterfacesAdded " + control));
    EXPECT_LT(placeInLog("InterfacesAdded " + control), static_cast<long>(client_.log.size()));
}

TEST_F(ABluezDouble, KeepsOnlyTheBondWhenBluetoothdRestarts) {
    start();
    pair();
    ASSERT_EQ(client_.advertise("1800", "/test/other"), "");
    double_->restart();
    ASSERT_TRUE(until([&] { return client_.released == 1; }));
    const auto device = client_.device();
    ASSERT_TRUE(device);
    EXPECT_TRUE(device->at("Paired").get<bool>());
    EXPECT_FALSE(device->at("Connected").get<bool>());
    EXPECT_EQ(client_.find(uuid::kInsulinDelivery, uuid::kIddHistoryData), "");
    EXPECT_EQ(client_.unregisterApplication(), "org.bluez.Error.DoesNotExist");
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_EQ(client_.advertise("fe81"), "");
    ASSERT_TRUE(until([&] { return count(Kind::HandshakeDone) == 2; }));
    EXPECT_EQ(double_->cccdTraps(), 0U);
}

TEST_F(ABluezDouble, TakesTheAdapterAwayAndGivesItBack) {
    start();
    pair();
    double_->removeAdapter();
    EXPECT_FALSE(double_->connected());
    ASSERT_TRUE(
        until([&] { return placeInLog("InterfacesRemoved /org/bluez/hci0") < std::ssize(client_.log); }));
    EXPECT_FALSE(client_.managedObjects().contains(sdbus::ObjectPath(kAdapter)));
    double_->addAdapter();
    EXPECT_TRUE(client_.managedObjects().contains(sdbus::ObjectPath(kAdapter)));
    EXPECT_TRUE(client_.device());
}

TEST_F(ABluezDouble, ComesBackOnlyWhenInRange) {
    start();
    pair();
    double_->leave();
    ASSERT_EQ(client_.unregisterApplication(), "");
    ASSERT_EQ(client_.registerApplication(), "");
    ASSERT_EQ(client_.advertise("fe81"), "");
    EXPECT_FALSE(double_->connected());
    double_->comeBack();
    ASSERT_TRUE(until([&] { return count(Kind::HandshakeDone) == 2; }));
}

TEST_F(ABluezDouble, KeepsAStrangerUntilItIsSentAway) {
    start();
    double_->strangerConnects();
    present();
    EXPECT_FALSE(double_->connected());
    EXPECT_EQ(client_.subscriptions, 0);
    ASSERT_EQ(client_.disconnect(), "");
    ASSERT_TRUE(until([&] { return client_.sessionUp(); }));
}

TEST_F(ABluezDouble, CannotReconnectWhenTheBridgeHasForgottenTheBond) {
    start();
    pair();
    const std::string device = "/org/bluez/hci0/dev_00_23_F7_12_34_56";
    ASSERT_EQ(client_.call(kAdapter, "org.bluez.Adapter1", "RemoveDevice", sdbus::ObjectPath(device)), "");
    EXPECT_FALSE(client_.device());
    ASSERT_EQ(client_.advertise("fe82"), "");
    ASSERT_TRUE(until([&] { return saw(Kind::Ignored); })); // the pump looks for fe81
    double_->forgetBond();
    ASSERT_TRUE(until([&] { return count(Kind::Paired) == 2; }));
}

TEST_F(ABluezDouble, ForgetsAClientThatLeavesTheBus) {
    start();
    const auto activeInstances = [&] {
        const auto objects = client_.managedObjects();
        const auto& adapter = objects.at(sdbus::ObjectPath(kAdapter));
        return adapter.at("org.bluez.LEAdvertisingManager1").at("ActiveInstances").get<std::uint8_t>();
    };
    {
        auto bus = privateBus();
        ble::BusPump pump(io_.get_executor(), *bus);
        asio::cancellation_signal stop;
        bool running = true;
        asio::co_spawn(
            io_, pump.run(),
            asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { running = false; }));
        test::Client other(io_, pump, *bus, keys_.first);
        other.localName = "elsewhere";
        ASSERT_EQ(other.advertise("1800"), "");
        EXPECT_EQ(activeInstances(), 1);
        stop.emit(asio::cancellation_type::terminal);
        ASSERT_TRUE(until([&] { return !running; }));
    }
    ASSERT_TRUE(until([&] { return activeInstances() == 0; }));
}

TEST_F(ABluezDouble, CountsAReadOfAnEncryptedValueBeforeTheHandshake) {
    client_.portUuid = uuid::kReconnectService; // so that there is no handshake
    start();
    present();
    ASSERT_TRUE(until([&] { return saw(Kind::ServicesResolved) && saw(Kind::Violation); }));
    const auto before = double_->violations().size();
    EXPECT_EQ(client_.read(client_.find(uuid::kInsulinDelivery, uuid::kIddStatus)).first,
              "org.bluez.Error.NotPermitted");
    EXPECT_EQ(double_->violations().size(), before + 1);
}

} // namespace
} // namespace virtual_pump
