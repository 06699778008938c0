// SPDX-License-Identifier: MIT
// How the witnesses of the computer's clock are asked, and how it is noticed that it is set.
#include "bridge/clock/host_clock_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "../ble/loop.hpp"
#include "../nightscout/fake_clock.hpp"
#include "host_clock_double.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using ble::test::runUntil;
using nightscout::testing::FakeClock;

TEST(AStepOfTheClock, IsWhatTheOtherClockDoesNotTell) {
    const ClockSample before{ClockSample{}.utc + 1000s, 10s};
    EXPECT_EQ(stepBetween(before, {before.utc + 60s, 70s}), 0s);
    EXPECT_EQ(stepBetween(before, {before.utc + 3h + 60s, 70s}), 3h);
    EXPECT_EQ(stepBetween(before, {before.utc - 40s, 70s}), -100s);
}

TEST(TheComputersClocks, RunTogether) {
    const auto before = readClocks();
    const auto after = readClocks();
    EXPECT_GE(after.sinceBoot, before.sinceBoot);
    EXPECT_LT(std::chrono::abs(stepBetween(before, after)), 30s);
}

TEST(ANoticeOfAClockThatIsSet, CanBeLeft) {
    asio::io_context io;
    ClockSetNotice notice{io.get_executor()};
    asio::cancellation_signal stop;
    bool ended = false;
    asio::co_spawn(
        io, notice.wait(),
        asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { ended = true; }));
    io.poll();
    EXPECT_FALSE(ended);
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(runUntil(io, [&] { return ended; }));
}

TEST(ADateOfTheSite, IsReadWithItsCircumstances) {
    nightscout::Response answer;
    const SiteDate::Milliseconds now{std::chrono::sys_days{std::chrono::year{1994} / 11 / 6}};
    EXPECT_FALSE(siteDateOf(answer, now));
    answer.date = "yesterday";
    EXPECT_FALSE(siteDateOf(answer, now));
    answer.date = "Sun, 06 Nov 1994 08:49:37 GMT";
    answer.took = 300ms;
    answer.stored = true;
    const auto date = siteDateOf(answer, now);
    ASSERT_TRUE(date);
    EXPECT_EQ(date->date - std::chrono::floor<std::chrono::days>(date->date), 8h + 49min + 37s);
    EXPECT_EQ(date->receivedAt, now);
    EXPECT_EQ(date->sentAt, now - 300ms);
    EXPECT_TRUE(date->stored);
    EXPECT_FALSE(date->publicPeer);
}

class AWatchOfTheClock : public ::testing::Test {
protected:
    HostClockWatch::Sources sources() {
        HostClockWatch::Sources sources;
        sources.timeService = [this]() -> asio::awaitable<std::optional<bool>> {
            ++asked;
            if (asked == endAt) co_await forever();
            if (onAsked) onAsked();
            co_return synchronised;
        };
        sources.site = [this]() -> asio::awaitable<void> {
            ++siteAsked;
            co_return;
        };
        sources.clockSet = [this]() -> asio::awaitable<void> { co_await forever(); };
        sources.sample = [this] { return sample; };
        return sources;
    }
    asio::awaitable<void> forever() {
        asio::steady_timer timer{io, asio::steady_timer::time_point::max()};
        held = true;
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    /// Until the time service is asked for the n-th time.
    void runTo(int n) {
        endAt = n;
        asio::co_spawn(io, watch.askWitnesses(), asio::detached);
        EXPECT_TRUE(runUntil(io, [this] { return held; }));
    }

    asio::io_context io{1};
    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    HostClockDouble computer{store, zone, false};
    ClockSample sample{ClockSample{}.utc + 1000s, 10s};
    FakeClock clock{io};
    HostClockWatch watch{computer.host, clock, sources()};
    std::optional<bool> synchronised;
    std::function<void()> onAsked;
    int asked = 0;
    int siteAsked = 0;
    int endAt = 0;
    bool held = false;
};

TEST_F(AWatchOfTheClock, AsksEveryMinuteUntilTheClockIsTrusted) {
    runTo(4);
    EXPECT_EQ(clock.elapsed(), 3min);
    EXPECT_EQ(siteAsked, 3);
}

TEST_F(AWatchOfTheClock, AsksEveryHourThen) {
    synchronised = true;
    runTo(4);
    EXPECT_EQ(clock.elapsed(), 3h);
    EXPECT_EQ(siteAsked, 0) << "there is a witness";
    EXPECT_EQ(computer.host.trustedBy(), ClockWitness::TimeService);
}

TEST_F(AWatchOfTheClock, DoesNotBelieveAnAnswerFromBeforeTheClockWasSet) {
    synchronised = true;
    onAsked = [this] {
        if (asked == 1) sample.utc += 3h; // while the answer is on its way
        synchronised = asked == 1;
    };
    runTo(3);
    EXPECT_FALSE(computer.host.trusted());
}

TEST_F(AWatchOfTheClock, AddsSmallStepsUp) {
    onAsked = [this] {
        sample.utc += 16s;
        synchronised = asked == 1;
    };
    runTo(3);
    EXPECT_FALSE(computer.host.trusted());
    EXPECT_EQ(computer.host.changes(), 2U) << "gained after 16 s, lost after 32";
}

} // namespace
} // namespace bridge::test
