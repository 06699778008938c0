// SPDX-License-Identifier: MIT
// By whose word this computer's clock is trusted, from both sides of each limit
// (docs/nightscout/mapping.md 5.3).
#include "bridge/publish/host_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_clock_double.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace std::chrono_literals;
using protocol::LocalSeconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using ::testing::Eq;
using ::testing::Optional;

constexpr sys_seconds kWinter{sys_days{std::chrono::year{2026} / 1 / 20} + 8h};
/// The zone changed to summer at 01:00 UTC of that day.
constexpr sys_days kSpring{std::chrono::year{2026} / 3 / 29};

class AHostClock : public ::testing::Test {
protected:
    void begin(sys_seconds utc, bool owner = false) {
        computer_ = std::make_unique<HostClockDouble>(store, zone, owner);
        computer_->utc = utc;
        host().onChange([this] { ++changes; });
    }
    HostClock& host() { return computer_->host; }
    HostClockDouble& computer() { return *computer_; }

    /// The site's clock is `ahead`, the answer took `took`.
    void siteIs(milliseconds ahead, milliseconds took = 0ms) {
        // Whole seconds are all that a Date has: what is left of `ahead` is in our own times.
        const auto date = computer().utc + std::chrono::floor<seconds>(ahead);
        const auto sent = SiteDate::Milliseconds{date} - ahead;
        host().siteSays({date, sent, sent + took, false, true});
    }
    /// The pump's clock is `error` ahead of the zone's time.
    void pumpIs(seconds error, std::optional<LocalSeconds> setAt = std::nullopt) {
        const auto utc = computer().utc;
        host().pumpShows({LocalSeconds{utc.time_since_epoch() + zone.offsetAt(utc) + error}, utc}, setAt);
    }
    std::optional<ClockWitness> trustedBy() { return host().trustedBy(); }

    TemporaryDirectory directory;
    Store store{directory / "history.db"};
    therapy::Zone zone = therapy::Zone::find("Europe/Berlin").value();
    int changes = 0;

private:
    std::unique_ptr<HostClockDouble> computer_;
};

TEST_F(AHostClock, IsTrustedByNobodyAtFirst) {
    begin(kWinter);
    EXPECT_FALSE(host().trusted());
    EXPECT_FALSE(host().vouched());
    EXPECT_EQ(host().untrustedFor(), 0s);
    computer().steady += 11min;
    EXPECT_EQ(host().untrustedFor(), 11min);
}

TEST_F(AHostClock, IsTrustedByItsOwner) {
    begin(kWinter, true);
    EXPECT_EQ(trustedBy(), ClockWitness::Owner);
    host().stepped(3h);
    EXPECT_EQ(trustedBy(), ClockWitness::Owner) << "who vouches for it vouches for what it was set to";
    EXPECT_EQ(changes, 1) << "and yet it is to be measured by anew";
}

TEST_F(AHostClock, IsTrustedByTheTimeServiceUntilItIsSet) {
    begin(kWinter);
    host().timeServiceSays(false);
    EXPECT_FALSE(host().trusted());
    host().timeServiceSays(true);
    EXPECT_EQ(trustedBy(), ClockWitness::TimeService);
    EXPECT_TRUE(host().vouched());
    EXPECT_EQ(changes, 1);
    host().timeServiceSays(false);
    EXPECT_TRUE(host().trusted()) << "trust lasts";
    host().stepped(30s);
    host().stepped(-30s);
    EXPECT_TRUE(host().trusted());
    host().stepped(30s + 1ms);
    EXPECT_FALSE(host().trusted());
    host().timeServiceSays(true);
    EXPECT_TRUE(host().trusted());
    host().stepped(-30s - 1ms);
    EXPECT_FALSE(host().trusted());
    EXPECT_EQ(changes, 4);
}

TEST_F(AHostClock, IsTrustedByTheSiteWithinFifteenSecondsOfTheMiddle) {
    begin(kWinter);
    siteIs(15s + 1ms);
    EXPECT_FALSE(host().trusted());
    siteIs(-15s - 1ms);
    EXPECT_FALSE(host().trusted());
    siteIs(15s);
    EXPECT_EQ(trustedBy(), ClockWitness::Site);
    host().stepped(1h);
    siteIs(-15s);
    EXPECT_EQ(trustedBy(), ClockWitness::Site);
    host().stepped(1h);
    siteIs(40s, 50s); // the middle is at 25 s
    EXPECT_TRUE(host().trusted());
    host().stepped(1h);
    siteIs(40s + 1ms, 50s);
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, DoesNotHearACacheOrANeighbour) {
    begin(kWinter);
    const SiteDate::Milliseconds now{computer().utc};
    host().siteSays({computer().utc, now, now, true, true});
    host().siteSays({computer().utc, now, now, false, false});
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, IsTrustedByThePumpWithinNinetySeconds) {
    begin(kWinter);
    pumpIs(91s);
    pumpIs(-91s);
    EXPECT_FALSE(host().trusted());
    pumpIs(90s);
    EXPECT_EQ(trustedBy(), ClockWitness::Pump);
    EXPECT_FALSE(host().vouched());
    host().stepped(1h);
    pumpIs(-90s);
    EXPECT_TRUE(host().trusted());
}

TEST_F(AHostClock, IsNotTrustedByThePumpAgainstTheSite) {
    begin(kWinter);
    pumpIs(0s);
    siteIs(15s + 1ms);
    EXPECT_FALSE(host().trusted()) << "the pump may be as wrong as we are";
    siteIs(15s);
    EXPECT_EQ(trustedBy(), ClockWitness::Site);
}

TEST_F(AHostClock, LeavesThePumpsWordWhereASlowAnswerSaysNothing) {
    begin(kWinter);
    pumpIs(0s);
    siteIs(55s, 50s); // 5 s after the answer, 30 s after the middle
    EXPECT_EQ(trustedBy(), ClockWitness::Pump);
}

TEST_F(AHostClock, IsNotTrustedByThePumpBeforeTheNewestTrustedTime) {
    begin(kWinter);
    host().timeServiceSays(true);
    begin(kWinter - 1s); // without a clock chip: the time of the last shutdown, or before
    pumpIs(0s);
    EXPECT_FALSE(host().trusted());
    begin(kWinter);
    pumpIs(0s);
    EXPECT_TRUE(host().trusted());
}

TEST_F(AHostClock, RemembersTheNewestTrustedTimeOnceAnHour) {
    begin(kWinter);
    host().timeServiceSays(true);
    computer().utc += 1h - 1s;
    host().remember();
    begin(kWinter);
    pumpIs(0s);
    EXPECT_TRUE(host().trusted());
    begin(kWinter);
    host().timeServiceSays(true);
    computer().utc += 1h;
    host().remember();
    begin(kWinter + 1h - 1s);
    pumpIs(0s);
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, ForgetsATrustedTimeThatWasWrong) {
    begin(kWinter + 24h * 365);
    host().timeServiceSays(true);
    begin(kWinter);
    host().timeServiceSays(true);
    begin(kWinter + 1h);
    pumpIs(0s);
    EXPECT_TRUE(host().trusted());
}

TEST_F(AHostClock, KeepsTheNewestTrustedTimeWhenItIsSet) {
    begin(kWinter);
    host().timeServiceSays(true);
    host().stepped(-3h);
    computer().utc -= 3h;
    pumpIs(0s);
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, IsTrustedByThePumpAfterAChangeOfTheZoneOnlyWhereThePumpWasSetSince) {
    const auto before = sys_seconds{kSpring} - 6h;
    const auto after = sys_seconds{kSpring} + 10h;
    const auto shown = [](sys_seconds utc) { return LocalSeconds{utc.time_since_epoch() + 2h}; };
    begin(before);
    host().timeServiceSays(true);
    begin(sys_seconds{kSpring} + 1h - 1s);
    pumpIs(0s);
    EXPECT_TRUE(host().trusted()) << "not changed yet";
    begin(before);
    host().timeServiceSays(true);
    begin(after);
    pumpIs(0s);
    EXPECT_FALSE(host().trusted()) << "an hour late, and the pump not set yet, look the same";
    pumpIs(0s, shown(sys_seconds{kSpring} - 48h));
    EXPECT_FALSE(host().trusted());
    pumpIs(0s, shown(sys_seconds{kSpring} + 7h));
    EXPECT_EQ(trustedBy(), ClockWitness::Pump);
}

TEST_F(AHostClock, LooksThirtyDaysBackForAChangeOfTheZoneWithoutATrustedTime) {
    constexpr sys_seconds change{sys_days{kSpring} + 1h};
    begin(change + 24h * 30);
    pumpIs(0s);
    EXPECT_TRUE(host().trusted());
    store.setSetting("host-clock.newest-trusted", "");
    begin(change + 24h * 30 - 1s);
    pumpIs(0s);
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, SeesAZoneThatChangedThereAndBack) {
    begin(kWinter - 24h * 365);
    host().timeServiceSays(true);
    begin(kWinter);
    pumpIs(0s);
    EXPECT_FALSE(host().trusted());
}

TEST_F(AHostClock, BelievesTheTimeServiceAgainstTheSiteAndSaysSo) {
    begin(kWinter);
    host().timeServiceSays(true);
    siteIs(60s);
    EXPECT_FALSE(host().disagreement());
    siteIs(61s);
    EXPECT_THAT(host().disagreement(), Optional(Eq(61s)));
    EXPECT_EQ(trustedBy(), ClockWitness::TimeService);
    siteIs(-61s);
    EXPECT_THAT(host().disagreement(), Optional(Eq(-61s)));
    siteIs(1s);
    EXPECT_FALSE(host().disagreement());
}

TEST_F(AHostClock, WantsAnotherMeasurementWhenABetterWitnessThanThePumpComes) {
    begin(kWinter);
    pumpIs(0s);
    EXPECT_EQ(changes, 1);
    siteIs(0s);
    EXPECT_EQ(changes, 2);
    host().timeServiceSays(true);
    EXPECT_EQ(changes, 2) << "as good as the site";
    EXPECT_EQ(trustedBy(), ClockWitness::TimeService);
}

} // namespace
} // namespace bridge::test
