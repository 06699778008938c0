// SPDX-License-Identifier: MIT
#include "bridge/publish/held_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "../nightscout/fake_clock.hpp"

namespace bridge {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class AHeldWatch : public ::testing::Test {
protected:
    AHeldWatch() {
        asio::co_spawn(io, watch.run(),
                       asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
    }
    ~AHeldWatch() override {
        stop.emit(asio::cancellation_type::terminal);
        io.restart();
        io.run();
    }
    void settle() {
        io.restart();
        while (io.poll() > 0) continue;
    }

    asio::io_context io{1};
    nightscout::testing::FakeClock clock{io};
    std::optional<HeldWatch::Time> until;
    std::vector<HeldWatch::Time> published;
    HeldWatch watch{clock, [this] { return until; },
                    [this] {
                        published.push_back(clock.utc());
                        until.reset();
                    }};
    asio::cancellation_signal stop;
};

TEST_F(AHeldWatch, PublishesWhenTheTimeHasCome) {
    settle();
    EXPECT_TRUE(clock.waits().empty()) << "nothing is held";
    const auto wanted = clock.utc() + 90s;
    until = wanted;
    watch.wake();
    settle();
    EXPECT_EQ(published, std::vector{wanted});
    ASSERT_FALSE(clock.waits().empty());
    EXPECT_EQ(clock.waits().front(), 90s);
}

// The clock may be set meanwhile: what is years ahead by it is looked at again.
TEST_F(AHeldWatch, LooksAgainEachHour) {
    settle();
    const auto wanted = clock.utc() + 150min;
    until = wanted;
    watch.wake();
    settle();
    EXPECT_EQ(clock.waits(), (std::vector<nightscout::testing::FakeClock::Wait>{1h, 1h, 30min}));
    EXPECT_EQ(published, std::vector{wanted});
}

} // namespace
} // namespace bridge
