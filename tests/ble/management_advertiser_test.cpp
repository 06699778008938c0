// SPDX-License-Identifier: MIT
#include "ble/mgmt/advertiser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>

#include "ble/preferred_advertiser.hpp"
#include "loop.hpp"
#include "management_double.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
using management::Opcode;
using management::Status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kPairingData = "020106030382fe0e094d6f62696c6520313233343537"; // docs/protocol/link.md 3.1
constexpr auto kReconnectData = "020106030381fe";                             // docs/protocol/link.md 3.2
constexpr std::uint32_t kSecureConnections = 0x00000800;

/// A second way to advertise.
class OtherAdvertiser final : public Advertiser {
public:
    explicit OtherAdvertiser(bool& on) : on_(on) {}
    asio::awaitable<void> start(AdvertisingMode, std::string) override {
        on_ = true;
        co_return;
    }
    asio::awaitable<void> stop(std::chrono::milliseconds) override {
        on_ = false;
        co_return;
    }
    [[nodiscard]] bool active() const override { return on_; }
    void forget() override { on_ = false; }

private:
    bool& on_;
};

class AManagementAdvertiser : public testing::Test {
protected:
    asio::io_context io_{1};
    test::ManagementDouble kernel_{io_.get_executor()};
    std::ostringstream journal_;
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(journal_)};
    int removals_ = 0; ///< by others
    std::unique_ptr<ManagementAdvertiser> advertiser_;

    template <typename T, typename Then>
    std::string run(asio::awaitable<T> operation, Then then) {
        std::optional<std::string> text;
        asio::co_spawn(io_, std::move(operation), [&](const std::exception_ptr& error, auto... value) {
            try {
                if (error) std::rethrow_exception(error);
                then(std::move(value)...);
                text = "";
            } catch (const LinkError& e) {
                text = e.what();
            }
        });
        EXPECT_TRUE(test::runUntil(io_, [&] { return text.has_value(); }));
        return text.value_or("no end");
    }
    std::string run(asio::awaitable<void> operation) {
        return run(std::move(operation), [] {});
    }
    std::string open(std::string path = "/org/bluez/hci0", std::string address = "00:11:22:33:44:55") {
        const ManagementLimits limits{.reply = 20s, .attempts = 2, .pause = 1ms};
        return run(openManagementAdvertiser(kernel_.connect(), limits, std::move(path), std::move(address),
                                            log_, [this] { ++removals_; }),
                   [this](auto advertiser) { advertiser_ = std::move(advertiser); });
    }
    std::string start(AdvertisingMode mode) { return run(advertiser_->start(mode, "Mobile 123457")); }
};

TEST_F(AManagementAdvertiser, PutsTheExactBytesOnTheAirAtThirtyMilliseconds) {
    ASSERT_EQ(open(), "");
    kernel_.commands.clear();
    EXPECT_EQ(start(AdvertisingMode::Pairing), "");
    EXPECT_TRUE(advertiser_->active());
    EXPECT_THAT(kernel_.commands,
                ElementsAre("3f000000010001",                                   // what an earlier run left
                            "540000001200010140000000000000320000003c00000000", // 50 to 60 units
                            std::string("5500000019000116") + "00" + kPairingData));
    EXPECT_THAT(kernel_.onAir, ElementsAre(Pair(1, kPairingData)));
}

TEST_F(AManagementAdvertiser, HasOneAdvertisementWhateverItWasBefore) {
    ASSERT_EQ(open(), "");
    EXPECT_EQ(start(AdvertisingMode::Pairing), "");
    EXPECT_EQ(start(AdvertisingMode::Reconnect), "");
    EXPECT_THAT(kernel_.onAir, ElementsAre(Pair(1, kReconnectData)));
}

TEST_F(AManagementAdvertiser, UsesTheOldCommandOnAnOldKernel) {
    kernel_.extended = false;
    ASSERT_EQ(open(), "");
    EXPECT_EQ(start(AdvertisingMode::Reconnect), "");
    EXPECT_THAT(kernel_.onAir, ElementsAre(Pair(1, kReconnectData)));
    EXPECT_EQ(kernel_.count(Opcode::AddAdvertising), 1U);
    EXPECT_THAT(journal_.str(), HasSubstr("main.conf decides"));
    EXPECT_EQ(start(AdvertisingMode::Pairing), "");
    EXPECT_EQ(kernel_.count(Opcode::AddExtendedAdvertisingParameters), 1U);
}

TEST_F(AManagementAdvertiser, ReportsARefusalAndIsNotActive) {
    ASSERT_EQ(open(), "");
    kernel_.refusals[Opcode::AddExtendedAdvertisingData] = {Status::InvalidParameters};
    EXPECT_EQ(start(AdvertisingMode::Pairing), "Add Extended Advertising Data: invalid parameters");
    EXPECT_FALSE(advertiser_->active());
}

TEST_F(AManagementAdvertiser, WithdrawsItsAdvertisementAndNoOther) {
    kernel_.onAir[2] = "aa";
    ASSERT_EQ(open(), "");
    EXPECT_EQ(start(AdvertisingMode::Reconnect), "");
    EXPECT_EQ(run(advertiser_->stop(20s)), "");
    EXPECT_FALSE(advertiser_->active());
    EXPECT_THAT(kernel_.onAir, ElementsAre(Pair(2, "aa")));
    EXPECT_THAT(journal_.str(), HasSubstr("1 other advertisement"));
    const auto before = kernel_.commands.size();
    EXPECT_EQ(run(advertiser_->stop(20s)), "");
    EXPECT_EQ(kernel_.commands.size(), before);
}

TEST_F(AManagementAdvertiser, WithdrawsWhatBluetoothdHasLeftBehind) {
    ASSERT_EQ(open(), "");
    EXPECT_EQ(start(AdvertisingMode::Reconnect), "");
    advertiser_->forget();
    EXPECT_FALSE(advertiser_->active());
    EXPECT_EQ(run(advertiser_->stop(20s)), "");
    EXPECT_THAT(kernel_.onAir, IsEmpty());
}

TEST_F(AManagementAdvertiser, NoticesThatAnotherProgramEndedIt) {
    ASSERT_EQ(open(), "");
    EXPECT_EQ(start(AdvertisingMode::Reconnect), "");
    kernel_.removeInstance(2);
    kernel_.removeInstance(1);
    EXPECT_TRUE(test::runUntil(io_, [&] { return removals_ > 0; }));
    EXPECT_EQ(removals_, 1);
    EXPECT_FALSE(advertiser_->active());
}

TEST_F(AManagementAdvertiser, SwitchesSecureConnectionsOff) {
    kernel_.settings = kSecureConnections | 0x201;
    ASSERT_EQ(open(), "");
    EXPECT_EQ(kernel_.settings, 0x201U);
    EXPECT_THAT(journal_.str(), HasSubstr("secure connections switched off"));
}

TEST_F(AManagementAdvertiser, LeavesSecureConnectionsAloneThatAreOff) {
    ASSERT_EQ(open(), "");
    EXPECT_EQ(kernel_.count(Opcode::SetSecureConnections), 0U);
}

TEST_F(AManagementAdvertiser, GoesOnWhenSecureConnectionsCannotBeSwitched) {
    kernel_.settings = kSecureConnections;
    kernel_.refusals[Opcode::SetSecureConnections] = {Status::Rejected};
    EXPECT_EQ(open(), "");
    EXPECT_THAT(journal_.str(), HasSubstr("Set Secure Connections: rejected"));
}

TEST_F(AManagementAdvertiser, IsRefusedWithoutTheCapability) {
    kernel_.privileged = false;
    kernel_.settings = kSecureConnections;
    EXPECT_THAT(open(), HasSubstr("CAP_NET_ADMIN is missing"));
    EXPECT_EQ(advertiser_, nullptr);
}

TEST_F(AManagementAdvertiser, DoesNotTouchAControllerThatBluetoothdDoesNotShow) {
    EXPECT_THAT(open("/org/bluez/hci0", "00:11:22:33:44:66"), HasSubstr("is not bluetoothd's adapter"));
    EXPECT_THAT(open("/org/bluez/other"), HasSubstr("no controller number"));
    EXPECT_EQ(kernel_.count(Opcode::ReadControllerInfo), kernel_.commands.size());
}

TEST_F(AManagementAdvertiser, GivesWayToAnotherWhenItFails) {
    ASSERT_EQ(open(), "");
    bool other = false;
    PreferredAdvertiser both(std::move(advertiser_), std::make_unique<OtherAdvertiser>(other), 20s, log_);
    EXPECT_EQ(run(both.start(AdvertisingMode::Reconnect, "Mobile 123457")), "");
    EXPECT_TRUE(both.active());
    EXPECT_FALSE(other);
    kernel_.refusals[Opcode::AddExtendedAdvertisingData] = {Status::Failed};
    EXPECT_EQ(run(both.start(AdvertisingMode::Pairing, "Mobile 123457")), "");
    EXPECT_TRUE(both.active());
    EXPECT_TRUE(other);
    EXPECT_THAT(kernel_.onAir, IsEmpty());
    EXPECT_THAT(journal_.str(), HasSubstr("over D-Bus instead"));
    EXPECT_EQ(run(both.stop(20s)), "");
    EXPECT_FALSE(both.active());
}

} // namespace
} // namespace ble
