// SPDX-License-Identifier: MIT
// What is learnt from timedate1, on a bus with a double of it.
#include "bridge/clock/time_service.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "../ble/loop.hpp"
#include "ble/bluez/bus.hpp"

namespace bridge {
namespace {

namespace asio = boost::asio;
using ble::test::privateBus;
using ble::test::runUntil;

constexpr const char* kName = "org.freedesktop.timedate1";

class ATimeService : public testing::Test {
protected:
    ~ATimeService() override {
        if (object_) bus_->releaseName(kName);
    }
    void start() {
        object_ = sdbus::createObject(*bus_, "/org/freedesktop/timedate1");
        object_->registerProperty("NTPSynchronized").onInterface(kName).withGetter([this] {
            ++asked_;
            if (fails_) throw sdbus::Error("test.Error.Refused", "no");
            return synchronised_;
        });
        object_->finishRegistration();
        bus_->requestName(kName);
        asio::co_spawn(io_, pump_.run(), asio::detached);
    }
    std::optional<bool> ask() {
        std::optional<std::optional<bool>> answer;
        asio::co_spawn(io_, askTimeService(privateBus()), [&](const std::exception_ptr& error, auto said) {
            EXPECT_FALSE(error);
            answer = said;
        });
        EXPECT_TRUE(runUntil(io_, [&] { return answer.has_value(); }));
        return answer.value_or(std::nullopt);
    }

    std::unique_ptr<sdbus::IConnection> bus_ = ble::openBus(privateBus());
    asio::io_context io_{1};
    ble::BusPump pump_{io_.get_executor(), *bus_};
    std::unique_ptr<sdbus::IObject> object_;
    bool synchronised_ = false;
    bool fails_ = false;
    int asked_ = 0;
};

TEST_F(ATimeService, SaysWhetherItHasSynchronisedTheClock) {
    start();
    EXPECT_EQ(ask(), false);
    synchronised_ = true; // which does not signal
    EXPECT_EQ(ask(), true);
    EXPECT_EQ(asked_, 2);
}

TEST_F(ATimeService, SaysNothingWhereItIsNotThereOrRefuses) {
    EXPECT_EQ(ask(), std::nullopt);
    start();
    fails_ = true;
    EXPECT_EQ(ask(), std::nullopt);
}

TEST_F(ATimeService, CanBeLeftWhileItIsAsked) {
    start();
    asio::cancellation_signal stop;
    bool ended = false;
    asio::co_spawn(
        io_, askTimeService(privateBus()),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error, std::optional<bool>) {
            EXPECT_TRUE(error);
            ended = true;
        }));
    io_.poll_one();
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runUntil(io_, [&] { return ended; }));
}

TEST(ATimeServiceWithoutABus, SaysNothing) {
    // By the environment: sdbus-c++ leaks a connection that fails by an explicit address.
    ASSERT_EQ(setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1), 0);
    asio::io_context io;
    bool ended = false;
    asio::co_spawn(io, askTimeService({}), [&](const std::exception_ptr& error, std::optional<bool> said) {
        EXPECT_FALSE(error);
        EXPECT_FALSE(said);
        ended = true;
    });
    EXPECT_TRUE(runUntil(io, [&] { return ended; }));
}

} // namespace
} // namespace bridge
