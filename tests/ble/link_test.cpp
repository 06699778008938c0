// SPDX-License-Identifier: MIT
// The whole link against the double of bluetoothd with a pump behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <sstream>

#include "ble/bluez_link.hpp"
#include "ble/bus.hpp"
#include "loop.hpp"
#include "protocol/sake/handshake.hpp"
#include "virtual_pump/bluez_double.hpp"
#include "virtual_pump/history_source.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
namespace sake = protocol::sake;
using test::runUntil;
using virtual_pump::BluezDouble;
using virtual_pump::DoubleSettings;
using Kind = virtual_pump::DoubleEvent::Kind;

constexpr auto kRecords = PumpCharacteristic::IddRecordAccessControlPoint;
constexpr auto kHistory = PumpCharacteristic::IddHistoryData;
constexpr auto kStatus = PumpCharacteristic::IddStatusChanged;
constexpr protocol::LocalSeconds kNow{std::chrono::seconds(1'774'750'000)};

sake::RandomSource countingRandom(std::uint8_t start) {
    return [next = start](std::span<std::uint8_t> octets) mutable {
        for (auto& octet : octets) octet = next++;
    };
}

class ALink : public testing::Test {
protected:
    std::unique_ptr<sdbus::IConnection> daemonBus_ = openBus(test::privateBus());
    asio::io_context io_{1};
    BusPump daemonPump_{io_.get_executor(), *daemonBus_};
    std::pair<sake::KeyDatabase, sake::KeyDatabase> keys_ = sake::generatePair(
        sake::DeviceType::MobileApplication, sake::DeviceType::InsulinPump, countingRandom(1));
    virtual_pump::Pump pump_{{}, keys_.second, countingRandom(100), [] { return kNow; }};
    std::vector<virtual_pump::DoubleEvent> seen_; ///< by the double
    std::optional<BluezDouble> double_;

    std::ostringstream journal_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal_)};
    BluezLinkSettings settings_;
    std::optional<BluezLink> link_;
    asio::cancellation_signal stop_;
    std::optional<std::exception_ptr> ended_; ///< run() has ended, how
    std::vector<LinkState> states_;
    std::vector<std::string> events_;
    std::vector<ValueArrived> values_;
    std::optional<sake::Server> handshake_;
    std::optional<sake::Session> session_;
    std::size_t handshakes_ = 0;
    std::size_t undecodable_ = 0;

    void SetUp() override {
        log_.set_level(spdlog::level::info);
        settings_.busAddress = test::privateBus();
        settings_.openManagement = [](const asio::any_io_executor&) -> asio::posix::stream_descriptor {
            throw LinkError("management-missing", "there is no management socket");
        };
        settings_.limits.portSettle = 1ms;
        settings_.limits.backOff = 10ms;
        settings_.limits.retry = 20ms;
        asio::co_spawn(io_, daemonPump_.run(), asio::detached);
    }
    void TearDown() override {
        if (link_ && !ended_) stop();
    }

    void startDaemon(DoubleSettings settings = {}) {
        double_.emplace(io_.get_executor(), *daemonBus_, daemonPump_, pump_, settings,
                        [this](const auto& event) { seen_.push_back(event); });
    }
    void startLink() {
        link_.emplace(io_.get_executor(), settings_, log_,
                      [this](LinkState state) { states_.push_back(state); });
        asio::co_spawn(
            io_, link_->run(),
            asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr error) { ended_ = error; }));
        asio::co_spawn(
            io_, [this] { return follow(); }, asio::detached);
    }
    void start(DoubleSettings settings = {}) {
        startDaemon(settings);
        startLink();
    }
    /// The pump looks for a phone only when we are known to advertise.
    void startAndPair() {
        start({.userOpensPairing = false});
        ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
        double_->openPairing(true);
        ASSERT_TRUE(untilReady());
    }
    void stop() {
        stop_.emit(asio::cancellation_type::terminal);
        EXPECT_TRUE(until([&] { return ended_.has_value(); }));
    }
    bool until(const std::function<bool()>& condition) {
        const bool met = runUntil(io_, condition);
        if (!met) ADD_FAILURE() << journal_.str();
        return met;
    }
    bool untilReady(std::size_t handshakes = 1) {
        return until([&] { return handshakes_ >= handshakes && link_->state() == LinkState::Ready; });
    }
    [[nodiscard]] bool saw(Kind kind) const {
        return std::any_of(seen_.begin(), seen_.end(),
                           [kind](const auto& event) { return event.kind == kind; });
    }

    /// Runs an operation to its end; the name of the LinkError, empty for success.
    template <typename T>
    std::string outcome(asio::awaitable<T> operation, T* result = nullptr) {
        std::optional<std::string> name;
        auto done = [&](std::exception_ptr error, auto... value) {
            try {
                if (error) std::rethrow_exception(error);
                if constexpr (sizeof...(value) == 1)
                    if (result != nullptr) ((*result = std::move(value)), ...);
                name = "";
            } catch (const LinkError& e) {
                name = e.name();
            }
        };
        asio::co_spawn(io_, std::move(operation), done);
        EXPECT_TRUE(until([&] { return name.has_value(); }));
        return name.value_or("no end");
    }

    /// What a session does with a link.
    asio::awaitable<void> follow() {
        for (;;) {
            auto event = co_await link_->nextEvent();
            std::visit([this](auto& e) { on(e); }, event);
        }
    }
    void on(const Connected&) { events_.emplace_back("connected"); }
    void on(const Disconnected& e) { events_.push_back("disconnected: " + e.reason); }
    void on(const ServicesResolved&) { events_.emplace_back("resolved"); }
    void on(const PortUnsubscribed&) { events_.emplace_back("unsubscribed"); }
    void on(const PortSubscribed&) {
        events_.emplace_back("subscribed");
        handshake_.emplace(keys_.first, countingRandom(7));
        link_->notifyPort(sake::kStartSignal);
    }
    void on(const PortWritten& e) {
        events_.emplace_back("written");
        const auto answer = handshake_->receive(e.value);
        ASSERT_TRUE(answer.has_value());
        if (*answer) link_->notifyPort(**answer);
        if (!handshake_->done()) return;
        session_.emplace(handshake_->takeSession());
        link_->setDecoder([this](PumpCharacteristic c, Bytes value) { return decode(c, std::move(value)); });
        link_->confirmPaired();
        ++handshakes_;
    }
    void on(const ValueArrived& e) { values_.push_back(e); }
    std::optional<Bytes> decode(PumpCharacteristic characteristic, Bytes value) {
        if (!info(characteristic).encrypted) return value;
        auto plain = session_->receiver.decrypt(value);
        if (plain.has_value() && plain->lost == 0) return plain->plain;
        ++undecodable_;
        return std::nullopt;
    }
};

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
    EXPECT_EQ(link_->problem(), "");
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
    EXPECT_EQ(outcome(link_->write(kHistory, {0x33})), "refused");
    EXPECT_EQ(outcome(link_->write(PumpCharacteristic::CurrentTime, {0x33})), "refused");
    EXPECT_EQ(outcome(link_->write(kRecords, {0x3c, 0x33, 0x0f})), "refused") << "delete records";
    EXPECT_EQ(outcome(link_->write(kRecords, {})), "refused");
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
    start({.bonded = true, .nameKnownAtOnce = true, .reconnectDelay = 20ms});
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(states_.front(), LinkState::AdvertisingReconnect);
    EXPECT_FALSE(saw(Kind::Paired));
}

TEST_F(ALink, DisconnectsWhenTheSessionSaysSo) {
    start();
    ASSERT_TRUE(untilReady());
    EXPECT_EQ(outcome(link_->disconnect()), "");
    EXPECT_THAT(events_, testing::Contains("disconnected: ended by the session"));
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
    EXPECT_THAT(link_->problem(), testing::HasSubstr("systemctl"));
    startDaemon();
    EXPECT_TRUE(untilReady());
}

TEST_F(ALink, WaitsForAnAdapter) {
    startDaemon();
    double_->removeAdapter();
    startLink();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdapterMissing; }));
    EXPECT_THAT(link_->problem(), testing::HasSubstr("adapter"));
    double_->addAdapter();
    ASSERT_TRUE(untilReady());
    double_->removeAdapter();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdapterMissing; }));
    double_->addAdapter();
    EXPECT_TRUE(untilReady(2));
}

TEST_F(ALink, DropsAStrangerAndAdvertisesAgain) {
    settings_.limits.subscription = 50ms;
    settings_.limits.pairingSubscription = 50ms;
    startDaemon();
    double_->leave();
    startLink();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    double_->strangerConnects();
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::Connected; }));
    ASSERT_TRUE(until([&] { return link_->state() == LinkState::AdvertisingPairing; }));
    EXPECT_THAT(events_, testing::ElementsAre("connected", "disconnected: not subscribed within 0.05 s"));
    settings_.limits.subscription = 8s;
    double_->comeBack();
    EXPECT_TRUE(untilReady());
}

TEST_F(ALink, RemovesTheOldBondWhenToldToPair) {
    settings_.forcePairing = true;
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
    const auto build = [&](const std::string& name) {
        BluezLinkSettings settings;
        settings.mobileName = name;
        BluezLink(io.get_executor(), settings, log);
    };
    EXPECT_NO_THROW(build("Mobile PB"));
    EXPECT_THROW(build("Mobile 12345678"), std::invalid_argument);
    EXPECT_THROW(build("Phone 123457"), std::invalid_argument);
    EXPECT_THROW(build("Mobile \n"), std::invalid_argument);
}

} // namespace
} // namespace ble
