// SPDX-License-Identifier: MIT
// The whole link against the double of bluetoothd with a pump behind it.
#include <cstdlib>

#include "a_link.hpp"
#include "virtual_pump/history_source.hpp"

namespace ble {
namespace {

using namespace test;

constexpr auto kRecords = PumpCharacteristic::IddRecordAccessControlPoint;
constexpr auto kHistory = PumpCharacteristic::IddHistoryData;
constexpr auto kStatus = PumpCharacteristic::IddStatusChanged;
TEST_F(ALink, PairsAndIsReady) {
    startAndPair();
    EXPECT_EQ(double_->violations(), std::vector<std::string>{});
    EXPECT_TRUE(double_->bonded());
    EXPECT_EQ(events_.front(), "connected");
    EXPECT_EQ(std::count(events_.begin(), events_.end(), "subscribed"), 1);
    EXPECT_EQ(std::count(events_.begin(), events_.end(), "written"), 4);
    EXPECT_EQ(std::count(events_.begin(), events_.end(), "resolved"), 1);
    ASSERT_TRUE(link_->peer());
    EXPECT_EQ(link_->peer()->address, "00:23:F7:12:34:56");
    EXPECT_FALSE(link_->problem());
    EXPECT_THAT(states_, testing::ElementsAre(LinkState::AdvertisingPairing, LinkState::Connected,
                                              LinkState::Subscribed, LinkState::Ready));
}

TEST_F(ALink, KeepsTheSerialNumberOutOfTheJournal) {
    startAndPair();
    EXPECT_THAT(journal_.str(), testing::HasSubstr("ble: advertising mode=pairing name=Mobile 123457"));
    EXPECT_THAT(journal_.str(), testing::HasSubstr("ble: connected peer=00:23:F7:12:34:56"));
    EXPECT_THAT(journal_.str(), testing::Not(testing::HasSubstr("1234567H")));
}

TEST_F(ALink, IsReadyWhenServicesAreResolvedBeforeTheyAreShown) {
    start({.resolvedBeforeObjects = true});
    EXPECT_TRUE(untilReady());
}

TEST_F(ALink, ReadsDuringAReportWithoutLosingItsPlace) {
    const auto records = virtual_pump::generateHistory({.seed = 3, .days = 1, .end = kNow});
    pump_.setHistory(records);
    start();
    ASSERT_TRUE(untilReady());
    ASSERT_EQ(outcome(link_->subscribe(kHistory)), "");
    ASSERT_EQ(outcome(link_->subscribe(kRecords)), "");
    ASSERT_EQ(outcome(link_->write(kRecords, {0x33, 0x33, 0x0f})), "");
    for (int n = 0; n < 5; ++n) EXPECT_EQ(outcome(link_->read(kStatus)), "");
    ASSERT_TRUE(until([&] { return !values_.empty() && values_.back().characteristic == kRecords; }));
    EXPECT_EQ(values_.size(), records.size() + 1) << "records, then the control point's answer";
    for (std::size_t n = 0; n < records.size(); ++n) {
        ASSERT_EQ(values_[n].characteristic, kHistory);
        ASSERT_EQ(values_[n].value, records[n]);
    }
    EXPECT_EQ(undecodable_, 0U);
    EXPECT_EQ(double_->violations(), std::vector<std::string>{});
}

TEST_F(ALink, ReadsDeviceInformation) {
    start();
    ASSERT_TRUE(untilReady());
    Bytes value;
    ASSERT_EQ(outcome(link_->read(PumpCharacteristic::SerialNumber), &value), "");
    EXPECT_THAT(std::string(value.begin(), value.end()), testing::StartsWith("NG1234567H"));
}

TEST_F(ALink, RefusesToWriteWhatCouldChangeAnything) {
    start();
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(outcome(link_->write(kHistory, {0x33})), "write-refused");
    EXPECT_EQ(outcome(link_->write(PumpCharacteristic::CurrentTime, {0x33})), "write-refused");
    EXPECT_EQ(outcome(link_->write(kRecords, {0x3c, 0x33, 0x0f})), "write-refused") << "delete records";
    EXPECT_EQ(outcome(link_->write(kRecords, {})), "write-refused");
}

TEST_F(ALink, RefusesOperationsWithoutAPump) {
    startDaemon({.userOpensPairing = false});
    startLink();
    EXPECT_EQ(outcome(link_->read(kStatus)), "disconnected");
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    EXPECT_EQ(outcome(link_->read(kStatus)), "disconnected");
}

TEST_F(ALink, EndsAnOperationWithTheConnection) {
    start();
    ASSERT_TRUE(untilReady());
    double_->dropLink();
    EXPECT_EQ(outcome(link_->read(PumpCharacteristic::ModelNumber)), "disconnected");
}

TEST_F(ALink, ServesABondedPumpAgainAndAgain) {
    start({.reconnectDelay = 20ms});
    for (std::size_t n = 1; n <= 4; ++n) {
        ASSERT_TRUE(untilReady(n));
        ASSERT_EQ(outcome(link_->subscribe(kStatus)), "");
        double_->dropLink();
        ASSERT_TRUE(until([&] { return link_->state() != LinkState::Ready; }));
    }
    ASSERT_TRUE(untilReady(5));
    EXPECT_EQ(double_->cccdTraps(), 0U);
    EXPECT_EQ(double_->violations(), std::vector<std::string>{});
    EXPECT_EQ(undecodable_, 0U);
    EXPECT_THAT(states_, testing::Contains(LinkState::AdvertisingReconnect));
}

TEST_F(ALink, ReconnectsWithoutPairingWhenThereIsABond) {
    bonds_->setProven("00:23:F7:12:34:56");
    start({.bonded = true, .nameKnownAtOnce = true, .reconnectDelay = 20ms});
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(states_.front(), LinkState::AdvertisingReconnect);
    EXPECT_FALSE(saw(Kind::Paired));
}

TEST_F(ALink, DisconnectsWhenTheSessionSaysSo) {
    start();
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(outcome(link_->disconnect(EndReason::SessionFailed)), "");
    EXPECT_THAT(events_, testing::Contains("disconnected: the session failed"));
    EXPECT_TRUE(untilReady(2));
}

TEST_F(ALink, RegistersAnewWhenBluetoothdRestarts) {
    start();
    ASSERT_TRUE(untilReady());
    double_->restart();
    EXPECT_TRUE(untilReady(2));
    EXPECT_EQ(double_->violations(), std::vector<std::string>{});
}

TEST_F(ALink, WaitsForBluetoothd) {
    startLink();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::BluezMissing; }));
    EXPECT_TRUE(hasProblem(LinkErrorKind::BluezMissing));
    startDaemon();
    EXPECT_TRUE(untilReady());
}

TEST_F(ALink, WaitsForAnAdapter) {
    startDaemon();
    double_->removeAdapter();
    startLink();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdapterMissing; }));
    EXPECT_TRUE(hasProblem(LinkErrorKind::AdapterMissing));
    double_->addAdapter();
    ASSERT_TRUE(untilReady());
    double_->removeAdapter();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdapterMissing; }));
    double_->addAdapter();
    EXPECT_TRUE(untilReady(2));
}

TEST_F(ALink, DropsAStrangerAndAdvertisesAgain) {
    settings_.limits.request = 50ms;
    startDaemon();
    double_->leave();
    startLink();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    double_->strangerConnects();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::Connected; }));
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    EXPECT_THAT(events_, testing::ElementsAre("connected", "disconnected: no request in time"));
    double_->comeBack();
    EXPECT_TRUE(untilReady());
}

TEST_F(ALink, ForgetsAProvenBondWhenItIsToldTo) {
    bonds_->setProven("00:23:F7:12:34:56");
    settings_.openPairing = true;
    settings_.forgetBonds = true;
    start({.bonded = true, .nameKnownAtOnce = true});
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    EXPECT_FALSE(double_->bonded());
    double_->forgetBond();
    ASSERT_TRUE(untilReady());
    double_->dropLink();
    EXPECT_TRUE(untilReady(2)) << "it is a bond like any other now";
}

TEST_F(ALink, RefusesAPumpThatIsNotTheOne) {
    settings_.pumpSerial = "NG7654321H";
    start({.nameKnownAtOnce = true});
    EXPECT_TRUE(until([&] { return saw(Kind::PairingRefused); }));
    EXPECT_FALSE(double_->bonded());
}

TEST_F(ALink, WithdrawsEverythingWhenStopped) {
    start();
    ASSERT_TRUE(untilReady());
    const auto start = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(*ended_, nullptr);
    EXPECT_EQ(link_->state(), LinkState::Stopped);
    EXPECT_FALSE(double_->connected());
    ASSERT_TRUE(until([&] { return events_.back() == "disconnected: stopped"; }));
}

TEST_F(ALink, SaysWhenThereIsNoBus) {
    settings_.busAddress.clear();
    ASSERT_EQ(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
    startLink();
    const bool ended = until([&] { return ended_.has_value(); });
    unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    ASSERT_TRUE(ended);
    ASSERT_NE(*ended_, nullptr);
    try {
        std::rethrow_exception(*ended_);
    } catch (const LinkError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("cannot connect to the system bus"));
    }
}

TEST(ALinkName, MustBeOneThatThePumpShows) {
    asio::io_context io{1};
    spdlog::logger log("test");
    struct : LinkListener {
        void linkStateChanged(LinkState /*state*/) override {}
        void linkProblemChanged(const std::optional<LinkProblem>& /*problem*/) override {}
    } listener;
    const auto build = [&](const std::string& name) {
        BluezLinkSettings settings;
        settings.mobileName = name;
        BluezLink(io.get_executor(), settings, listener, log);
    };
    EXPECT_NO_THROW(build("Mobile PB"));
    EXPECT_THROW(build("Mobile 12345678"), std::invalid_argument);
    EXPECT_THROW(build("Phone 123457"), std::invalid_argument);
    EXPECT_THROW(build("Mobile \n"), std::invalid_argument);
}

} // namespace
} // namespace ble
