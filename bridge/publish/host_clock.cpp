// SPDX-License-Identifier: MIT
#include "bridge/publish/host_clock.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace bridge {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr auto kSiteAgrees = 15s;
constexpr auto kPumpAgrees = 90s;
constexpr auto kDisagreement = 60s;
constexpr auto kStep = 30s;
constexpr auto kRememberedEvery = 1h;
/// What is looked back at for a change of the zone's offset while no trusted time is known.
constexpr auto kWithoutMemory = 24h * 30;
/// Far enough for any store; bounds the search where the clock is years ahead.
constexpr auto kLongestMemory = 24h * 3660;

constexpr std::string_view kNewestTrusted = "host-clock.newest-trusted";

std::optional<HostClock::Time> newestTrusted(const Store& store) {
    const auto text = store.setting(kNewestTrusted).value_or("");
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return HostClock::Time{seconds{count}};
}

/// How far `date` is outside the time between request and answer; positive: after it.
milliseconds aheadOf(const SiteDate& date) {
    if (date.date < date.sentAt) return date.date - date.sentAt;
    if (date.date > date.receivedAt) return date.date - date.receivedAt;
    return 0ms;
}

} // namespace

HostClock::HostClock(Store& store, const therapy::Zone& zone, bool owner, Clocks clocks, spdlog::logger& log)
    : store_(store),
      zone_(zone),
      clocks_(std::move(clocks)),
      log_(log),
      owner_(owner),
      newestTrusted_(newestTrusted(store)),
      untrustedSince_(clocks_.steady()) {
    remember();
}

std::optional<ClockWitness> HostClock::trustedBy() const {
    if (owner_) return ClockWitness::Owner;
    if (timeService_) return ClockWitness::TimeService;
    if (site_) return ClockWitness::Site;
    const bool contradicted = siteAhead_ && std::chrono::abs(*siteAhead_) > kSiteAgrees;
    if (pump_ && !contradicted) return ClockWitness::Pump;
    return std::nullopt;
}

template <typename Change>
void HostClock::apply(Change change) {
    const bool trustedBefore = trusted();
    const bool vouchedBefore = vouched();
    const unsigned changesBefore = changes_;
    change();
    if (trusted() != trustedBefore) {
        if (trusted()) {
            log_.info("clock: this computer's clock is trusted now, by {}", describe(*trustedBy()));
        } else {
            untrustedSince_ = clocks_.steady();
            log_.warn("clock: this computer's clock is not trusted any more until its time is confirmed");
        }
    }
    if (trusted() != trustedBefore || (vouched() && !vouchedBefore)) {
        if (changes_ == changesBefore) ++changes_;
        if (trusted()) newestTrusted_.reset(); // this word counts more than what was kept
    }
    remember();
    if (changes_ != changesBefore && onChange_) onChange_();
}

void HostClock::timeServiceSays(bool synchronised) {
    if (!synchronised) return; // trust lasts; what ends it is a clock that is set
    apply([this] { timeService_ = true; });
}

void HostClock::siteSays(const SiteDate& date) {
    if (date.stored || !date.publicPeer) return;
    apply([&] {
        const auto middle = date.sentAt + (date.receivedAt - date.sentAt) / 2;
        if (std::chrono::abs(date.date - middle) <= kSiteAgrees) site_ = true;
        siteAhead_ = aheadOf(date);
    });
}

void HostClock::pumpShows(const therapy::ClockReading& reading, std::optional<protocol::LocalSeconds> setAt) {
    if (!pumpMayVouch(reading, setAt)) return;
    apply([this] { pump_ = true; });
}

void HostClock::stepped(milliseconds by) {
    if (std::chrono::abs(by) <= kStep) return;
    log_.info("clock: this computer's clock was set by {} s", by / 1s);
    apply([this] {
        timeService_ = site_ = pump_ = false;
        siteAhead_.reset();
        ++changes_;
    });
}

bool HostClock::agrees(const therapy::ClockReading& reading) const {
    return std::chrono::abs(reading.offset() - zone_.offsetAt(reading.utc)) <= kPumpAgrees;
}

bool HostClock::pumpMayVouch(const therapy::ClockReading& reading,
                             std::optional<protocol::LocalSeconds> setAt) const {
    if (!agrees(reading)) return false;
    if (newestTrusted_ && reading.utc < *newestTrusted_) return false;
    const auto changed = zoneChangedAfter(newestTrusted_.value_or(reading.utc - kWithoutMemory), reading.utc);
    if (!changed) return true;
    const seconds offset = zone_.offsetAt(reading.utc);
    return setAt && Time{setAt->time_since_epoch() - offset} > *changed;
}

// Of the day before the change: some set their clocks in the evening.
std::optional<HostClock::Time> HostClock::zoneChangedAfter(Time from, Time to) const {
    const seconds now = zone_.offsetAt(to);
    from = std::max(from, to - kLongestMemory);
    for (Time day = to; day > from;) {
        day = std::max(from, day - 24h);
        if (zone_.offsetAt(day) != now) return day;
    }
    return std::nullopt;
}

std::optional<seconds> HostClock::untrustedFor() const {
    if (trusted()) return std::nullopt;
    return std::chrono::floor<seconds>(clocks_.steady() - untrustedSince_);
}

std::optional<seconds> HostClock::disagreement() const {
    if (!timeService_ || !siteAhead_ || std::chrono::abs(*siteAhead_) <= kDisagreement) return std::nullopt;
    return std::chrono::round<seconds>(*siteAhead_);
}

void HostClock::remember() {
    if (!trusted()) return;
    const Time now = clocks_.utc();
    if (newestTrusted_ && now < *newestTrusted_ + kRememberedEvery) return;
    try {
        store_.setSetting(kNewestTrusted, std::to_string(now.time_since_epoch().count()));
        newestTrusted_ = now;
    } catch (const StoreError& error) { // remembered another time; the clock is no worse for it
        log_.debug("clock: {}", error.what());
    }
}

} // namespace bridge
