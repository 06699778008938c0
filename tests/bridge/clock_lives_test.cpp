// SPDX-License-Identifier: MIT
// Random lives of a pump's clock: drift, sets, flights, summer time, losses,
// batteries, disconnections, restarts, computers whose clock cannot be trusted
// for a while. What a bridge publishes must be true all the same
// (docs/nightscout/mapping.md 5.3). PUMP_BRIDGE_CLOCK_LIVES: how many seeds,
// instead of 500.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>

#include "living_bridge.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

/// A published time is at most this far ahead of the true one: the pump is that
/// fast before it is corrected for, and this far behind. Two bridges agree
/// within the sum.
constexpr seconds kMostAhead{30}, kMostBehind{90}, kAgree{120};
/// Of the pump's own times, which are whole seconds, over a chain of changes.
constexpr seconds kRounding{3};

class Life {
public:
    Life(unsigned seed, Publishes publishes)
        : random_(seed),
          drift_(static_cast<int>(below(7)) - 3),
          pump_(begin(), seconds{0}, 0),
          bridges_{LivingBridge{zone_, publishes}, LivingBridge{zone_, publishes}} {
        const sys_seconds now = pump_.now();
        pump_ = LivingPump(now, home() + error(), drift_);
    }

    void run() {
        for (int i = 0; i < 12; ++i) pump_.step(15min);
        for (int part = 0; part < 8; ++part) live();
        if (pump_.isLost()) pump_.set(home() + error());
        for (int i = 0; i < 6; ++i) {
            pump_.step(15min);
            for (std::size_t bridge = 0; bridge < 2; ++bridge) visit(bridge, {});
        }
    }

    void check() const {
        for (const auto& bridge : bridges_) {
            for (const HeldRecords& held : bridge.held())
                ADD_FAILURE() << held.count << " records are held: " << name(held.reason);
            EXPECT_EQ(bridge.times().size(), pump_.truth().size());
            checkTimes(bridge.times());
        }
        for (const auto& [number, time] : bridges_[0].times()) {
            const auto other = bridges_[1].times().find(number);
            ASSERT_NE(other, bridges_[1].times().end()) << number;
            ASSERT_LE(std::chrono::abs(other->second - time), kAgree) << number;
        }
    }

private:
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    [[nodiscard]] bool oneIn(std::uint32_t count) { return below(count) == 0; }

    /// Before or after summer time begins or ends, or at any time of two years.
    sys_seconds begin() {
        using namespace std::chrono;
        const sys_days spring = year{2026} / 3 / 29, autumn = year{2026} / 10 / 25;
        const hours away{static_cast<int>(below(96)) - 72};
        switch (below(3)) {
            case 0:
                return spring + away;
            case 1:
                return autumn + away;
            default:
                return sys_days{year{2025} / 1 / 1} + days{below(730)} + away;
        }
    }
    [[nodiscard]] seconds home() const { return zone_.offsetAt(pump_.now()); }
    /// Of a pump that somebody set by a watch, to the minute; at the limits of
    /// what is corrected for; seldom much worse.
    seconds error() {
        static constexpr std::array kLimits{-91s, -90s, -89s, -31s, -30s, -29s, 29s, 30s, 31s, 60s, 90s};
        switch (below(8)) {
            case 0:
                return seconds{below(1200)} - 600s;
            case 1:
                return kLimits.at(below(kLimits.size()));
            default:
                return -seconds{below(60)};
        }
    }
    seconds anywhere() { return 30min * (static_cast<int>(below(48)) - 22) + error(); }

    void live() {
        std::array<bool, 2> connected{}, trusted{};
        for (auto& each : connected) each = !oneIn(4);
        for (auto& each : trusted) each = !oneIn(6);
        const bool alone = !connected[0] && !connected[1];
        const minutes step{alone ? 60 : 5 + 5 * below(6)};
        for (auto steps = 4 + below(alone ? 48 : 16); steps > 0; --steps) {
            pump_.step(step);
            if (oneIn(12)) change();
            for (std::size_t bridge = 0; bridge < 2; ++bridge) {
                if (!connected.at(bridge) || oneIn(3)) continue;
                Visit how;
                how.readsTheClock = oneIn(4);
                how.hostTrusted = trusted.at(bridge);
                if (oneIn(20)) how.until = static_cast<Until>(below(3));
                if (oneIn(30) && pump_.canBeSet()) how.meanwhile = [this] { pump_.set(anywhere()); };
                visit(bridge, how);
                if (oneIn(20)) bridges_.at(bridge).restart();
            }
        }
        absent_ = std::max<seconds>(absent_, step * 64);
    }
    void visit(std::size_t bridge, const Visit& how) {
        if (bridges_.at(bridge).visit(pump_, how)) measured_.at(bridge) = pump_.piece();
    }
    /// Two changes of unknown size with no reading in between leave a piece that
    /// nobody can date but by the zone: no such lives.
    [[nodiscard]] bool allMeasured() const {
        return pump_.tellsItsTime() && measured_[0] == pump_.piece() && measured_[1] == pump_.piece();
    }

    void change() {
        if (pump_.isLost()) return pump_.set(home() + error());
        switch (below(allMeasured() ? 8 : 4)) {
            case 0:
                return pump_.set(anywhere());
            case 1:
                return pump_.set(home() + error());
            case 2:
                return pump_.set(pump_.offset() + 60s * (below(2) == 0 ? 1 : -1) + seconds{below(200)} - 28s);
            case 3:
                return pump_.set(pump_.offset() + seconds{below(64)} - 32s);
            case 4:
                return pump_.lose();
            case 5:
                return pump_.setSilently(anywhere());
            case 6:
                return pump_.setSilently(pump_.offset()); // a battery: nothing changes
            default:
                return pump_.setUncounted(anywhere());
        }
    }
    void checkTimes(const std::map<std::uint32_t, sys_seconds>& times) const {
        const seconds drift{std::abs(drift_) * (absent_.count() / 86400 + 1)};
        const seconds slack = kRounding + drift;
        std::optional<std::pair<sys_seconds, sys_seconds>> before; // published, true
        for (const auto& [number, truth] : pump_.truth()) {
            const auto found = times.find(number);
            if (found == times.end()) continue;
            const seconds late = found->second - truth;
            ASSERT_LE(late, kMostAhead + slack) << number;
            ASSERT_GE(late, -kMostBehind - slack) << number;
            if (before) {
                ASSERT_GE(found->second - before->first, truth - before->second - kAgree - kRounding)
                    << number;
            }
            before = {found->second, truth};
        }
    }

    therapy::Zone zone_ = therapy::Zone::find("Europe/Berlin").value();
    std::mt19937 random_;
    int drift_;
    LivingPump pump_;
    std::array<LivingBridge, 2> bridges_;
    std::array<int, 2> measured_{-1, -1};
    seconds absent_{0};
};

void live(unsigned seed, Publishes publishes) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life life(seed, publishes);
    life.run();
    life.check();
}

constexpr unsigned kShares = 10;

/// A share of the seeds: shares run side by side.
class ClockLives : public ::testing::TestWithParam<unsigned> {};

TEST_P(ClockLives, ArePublishedAtTheirTrueTimes) {
    const char* wanted = std::getenv("PUMP_BRIDGE_CLOCK_LIVES");
    const unsigned seeds = wanted == nullptr ? 500 : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
    for (unsigned seed = 1 + GetParam(); seed <= seeds && !HasFailure(); seed += kShares)
        live(seed, Publishes::Records);
}

/// PUMP_BRIDGE_CLOCK_LIFE: the seed of a life to look at.
TEST(ClockLife, IsPublishedAtItsTrueTimes) {
    const char* seed = std::getenv("PUMP_BRIDGE_CLOCK_LIFE");
    if (seed == nullptr) GTEST_SKIP() << "PUMP_BRIDGE_CLOCK_LIFE is not set";
    live(static_cast<unsigned>(std::strtoul(seed, nullptr, 10)), Publishes::Records);
}

/// A set was waited for, had come, and another one was taken for a clock of ours that was moved; a clock that
/// was moved without a record was taken for one that the pump had counted wrong.
TEST(ClockLife, ThatOnceWentWrongIsPublishedAtItsTrueTimes) {
    for (const unsigned seed : {885U, 2698U, 5714U}) live(seed, Publishes::Records);
}

TEST_P(ClockLives, GiveDocumentsWithTheirTrueTimes) {
    if (GetParam() < 3) live(1 + GetParam(), Publishes::Documents);
}

INSTANTIATE_TEST_SUITE_P(Share, ClockLives, ::testing::Range(0U, kShares));

} // namespace
} // namespace bridge::test
