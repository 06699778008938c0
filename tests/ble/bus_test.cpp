// SPDX-License-Identifier: MIT
#include "ble/bluez/bus.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "loop.hpp"

namespace ble {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using test::runUntil;

constexpr const char* kPath = "/test";
constexpr const char* kInterface = "test.Interface";

/// A service and its client, each with a connection of its own, on one loop.
class BusOnTheLoop : public testing::Test {
protected:
    std::unique_ptr<sdbus::IConnection> serverBus_ = openBus(test::privateBus());
    std::unique_ptr<sdbus::IConnection> clientBus_ = openBus(test::privateBus());
    asio::io_context io_{1};
    BusPump server_{io_.get_executor(), *serverBus_};
    BusPump client_{io_.get_executor(), *clientBus_};
    std::unique_ptr<sdbus::IObject> object_ = sdbus::createObject(*serverBus_, kPath);
    std::unique_ptr<sdbus::IProxy> proxy_ =
        sdbus::createProxy(*clientBus_, serverBus_->getUniqueName(), kPath);
    std::vector<sdbus::Result<std::int32_t>> unanswered_;

    void SetUp() override {
        object_->registerMethod("Double").onInterface(kInterface).implementedAs([](std::int32_t n) {
            return 2 * n;
        });
        object_->registerMethod("Fail").onInterface(kInterface).implementedAs([] {
            throw sdbus::Error("test.Error.Refused", "no");
        });
        object_->registerMethod("Hang")
            .onInterface(kInterface)
            .implementedAs(
                [this](sdbus::Result<std::int32_t>&& result) { unanswered_.push_back(std::move(result)); });
        object_->finishRegistration();
        asio::co_spawn(io_, server_.run(), asio::detached);
        asio::co_spawn(io_, client_.run(), asio::detached);
    }

    sdbus::MethodCall call(const std::string& method) { return proxy_->createMethodCall(kInterface, method); }
};

TEST_F(BusOnTheLoop, AnswersCallsInTheirOrder) {
    std::vector<std::int32_t> answers;
    for (std::int32_t n = 0; n < 200; ++n) {
        auto message = call("Double");
        message << n;
        asyncCall<std::int32_t>(client_, *proxy_, message, 5s,
                                [&answers](const std::exception_ptr& error, std::int32_t value) {
                                    ASSERT_FALSE(error);
                                    answers.push_back(value);
                                });
    }
    ASSERT_TRUE(runUntil(io_, [&] { return answers.size() == 200; }));
    for (std::size_t n = 0; n < 200; ++n) EXPECT_EQ(answers[n], static_cast<std::int32_t>(2 * n));
}

TEST_F(BusOnTheLoop, CarriesTheNameOfAnError) {
    std::string name;
    asyncCall<NoResult>(client_, *proxy_, call("Fail"), 5s,
                        [&name](const std::exception_ptr& error, NoResult) {
                            try {
                                std::rethrow_exception(error);
                            } catch (const sdbus::Error& e) {
                                name = e.getName();
                            }
                        });
    ASSERT_TRUE(runUntil(io_, [&] { return !name.empty(); }));
    EXPECT_EQ(name, "test.Error.Refused");
}

TEST_F(BusOnTheLoop, EndsACallAtItsDeadline) {
    std::string name;
    asyncCall<std::int32_t>(client_, *proxy_, call("Hang"), 100ms,
                            [&name](const std::exception_ptr& error, std::int32_t) {
                                try {
                                    std::rethrow_exception(error);
                                } catch (const sdbus::Error& e) {
                                    name = e.getName();
                                }
                            });
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(runUntil(io_, [&] { return !name.empty(); }));
    EXPECT_EQ(name, "org.freedesktop.DBus.Error.NoReply");
    EXPECT_GE(std::chrono::steady_clock::now() - start, 90ms);
}

TEST_F(BusOnTheLoop, CancelsACallThatNobodyAnswers) {
    bool ended = false;
    auto race = [this, &ended]() -> asio::awaitable<void> {
        asio::steady_timer timer(io_, 20ms);
        const auto first =
            co_await (timer.async_wait(asio::use_awaitable) ||
                      asyncCall<std::int32_t>(client_, *proxy_, call("Hang"), 60s, asio::use_awaitable));
        EXPECT_EQ(first.index(), 0U);
        ended = true;
    };
    asio::co_spawn(io_, race, asio::detached);
    EXPECT_TRUE(runUntil(io_, [&] { return ended; }));
}

TEST_F(BusOnTheLoop, ReadsAReplyBetweenTheSignalsAroundIt) {
    std::vector<std::string> order;
    auto slot = clientBus_->addMatch("type='signal',interface='test.Interface'", [&order](sdbus::Message& m) {
        std::string word;
        m >> word;
        order.push_back(word);
    });
    client_.wake();
    auto signaller = sdbus::createObject(*serverBus_, "/signals");
    const auto emit = [&signaller](const std::string& word) {
        auto signal = signaller->createSignal(kInterface, "Word");
        signal << word;
        signaller->emitSignal(signal);
    };
    object_->unregister();
    object_->registerMethod("Speak")
        .onInterface(kInterface)
        .implementedAs([&emit](sdbus::Result<std::string>&& result) {
            emit("before");
            result.returnResults("reply");
            emit("after");
        });
    object_->finishRegistration();
    const auto read = [&order](sdbus::MethodReply& reply) {
        std::string word;
        reply >> word;
        order.push_back(word);
        return word;
    };
    asyncCallReading<std::string>(
        client_, *proxy_, call("Speak"), 5s, read,
        [](const std::exception_ptr& error, const std::string&) { EXPECT_FALSE(error); });
    ASSERT_TRUE(runUntil(io_, [&] { return order.size() == 3; }));
    EXPECT_EQ(order, (std::vector<std::string>{"before", "reply", "after"}));
}

TEST(BusPump, EndsWhenItIsCancelled) {
    auto bus = openBus(test::privateBus());
    asio::io_context io{1};
    BusPump pump(io.get_executor(), *bus);
    asio::cancellation_signal stop;
    bool ended = false;
    asio::co_spawn(io, pump.run(),
                   asio::bind_cancellation_slot(stop.slot(), [&ended](const std::exception_ptr& error) {
                       EXPECT_FALSE(error);
                       ended = true;
                   }));
    io.poll();
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runUntil(io, [&] { return ended; }));
}

} // namespace
} // namespace ble
