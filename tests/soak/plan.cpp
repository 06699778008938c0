// SPDX-License-Identifier: MIT
#include "plan.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "therapy/zone.hpp"

namespace soak {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// What the pump holds when the service comes first.
constexpr days kBefore{2};
/// The service looks for more when the pump has written its last.
constexpr hours kAfter{3};
/// Without faults, at the end: refused documents wait for an hour, a refused secret too.
constexpr hours kQuiet{20};

class Planner {
public:
    Planner(unsigned seed, int weeks) : random_(seed * 7919U), zone_(*therapy::Zone::find("Europe/Berlin")) {
        plan_.begin = Utc{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}} + hours{below(24 * 330)};
        plan_.end = plan_.begin + days{7 * weeks};
        quiet_ = plan_.end - kQuiet;
        // About a week of records; seldom less than the longest absence.
        plan_.pumpMemory = oneIn(3) ? 2500 : 9000;
        plan_.generation = oneIn(2) ? Site::Generation::Old : Site::Generation::New;
        plan_.life.seed = seed;
        plan_.life.begin = plan_.begin - kBefore - kAfter;
        plan_.life.days = static_cast<int>((plan_.end - kAfter - plan_.life.begin) / days{1});
        plan_.life.driftPerDay = static_cast<int>(below(7)) - 3;
        plan_.life.offset = home(plan_.life.begin) + error();
    }

    Plan make() {
        planRange();
        planHost();
        planLink();
        planSite();
        planClock();
        std::ranges::stable_sort(plan_.troubles, {}, &TroubleAt::at);
        return std::move(plan_);
    }

private:
    [[nodiscard]] std::uint32_t below(std::uint64_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    [[nodiscard]] bool oneIn(std::uint32_t count) { return below(count) == 0; }
    [[nodiscard]] Seconds between(Seconds low, Seconds high) {
        return low + Seconds{below(static_cast<std::uint64_t>((high - low).count()))};
    }
    [[nodiscard]] Seconds home(Utc time) const { return zone_.offsetAt(time); }
    /// Of a pump that somebody set by a watch, to the minute; seldom much worse.
    Seconds error() { return oneIn(8) ? between(-600s, 600s) : -between(0s, 60s); }

    void planRange() {
        for (Utc at = plan_.begin + 1min; at < quiet_;) {
            const Utc away = std::min(quiet_, at + between(1h, 30h));
            plan_.inRange.push_back({at, away});
            at = away + (oneIn(6) ? between(12h, 84h) : between(5min, 12h));
        }
        plan_.inRange.push_back({quiet_, plan_.end + days{1}});
        if (plan_.inRange.size() > 1 && plan_.inRange[plan_.inRange.size() - 2].end == quiet_) {
            plan_.inRange.back().begin = plan_.inRange[plan_.inRange.size() - 2].begin;
            plan_.inRange.erase(plan_.inRange.end() - 2);
        }
    }

    void planHost() {
        for (Utc at = plan_.begin + between(1h, 40h); at < quiet_ - 4h; at += between(4h, 48h)) {
            TroubleAt trouble{at, Trouble::Killed, static_cast<int>(below(60))};
            switch (below(8)) {
                case 0:
                    trouble.trouble = Trouble::Bluetoothd;
                    trouble.amount = static_cast<int>(2 + below(600));
                    break;
                case 1:
                    trouble.trouble = Trouble::Stopped;
                    break;
                case 2:
                case 3:
                    trouble.trouble = oneIn(3) ? Trouble::HostClockSet : Trouble::PowerCut;
                    trouble.amount = static_cast<int>(oneIn(4) ? 300 + below(9000) : 20 + below(300));
                    // Odd, so that no pump on another zone's time seems to confirm it.
                    trouble.hostError = -Seconds{431 + 3600 * below(30)};
                    hostWrong_.push_back({at - 3h, at + Seconds{trouble.amount} + 3h});
                    at += Seconds{trouble.amount} + 1h;
                    break;
                case 4:
                    trouble.trouble = Trouble::DiskFull;
                    trouble.amount = static_cast<int>(30 + below(2400));
                    hostWrong_.push_back({at - 3h, at + Seconds{trouble.amount} + 3h});
                    at += Seconds{trouble.amount} + 1h;
                    break;
                default:
                    break;
            }
            plan_.troubles.push_back(trouble);
        }
    }

    void planLink() {
        static constexpr std::array kKinds{
            Trouble::LinkLost,     Trouble::LostInHandshake, Trouble::FrameLost,     Trouble::FrameDoubled,
            Trouble::FrameDamaged, Trouble::LostInReport,    Trouble::FramesSwapped, Trouble::Undecodable,
            Trouble::Refusing,     Trouble::ControlRefusing, Trouble::Silent};
        for (Utc at = plan_.begin + between(1min, 3h); at < quiet_; at += between(5min, 8h)) {
            TroubleAt trouble{at, kKinds.at(below(kKinds.size())), static_cast<int>(below(80))};
            if (trouble.trouble == Trouble::LostInHandshake) trouble.amount = static_cast<int>(1 + below(5));
            if (trouble.trouble == Trouble::Refusing) trouble.amount = static_cast<int>(1 + below(4));
            if (trouble.trouble == Trouble::ControlRefusing || trouble.trouble == Trouble::Silent)
                trouble.amount = static_cast<int>(5 + below(1200));
            plan_.troubles.push_back(trouble);
        }
    }

    void planSite() {
        for (Utc at = plan_.begin + between(0s, 2h); at < quiet_ - 6h;) {
            const Utc end = at + (oneIn(5) ? between(1h, 5h) : between(1min, 1h));
            plan_.site.push_back({{at, end},
                                  static_cast<SiteFault>(1 + below(kSiteFaults)),
                                  oneIn(2) ? 100U : 10U + below(80)});
            at = end + between(10min, 14h);
        }
    }

    /// Whether whatever the clock shows has been measured for hours.
    [[nodiscard]] bool isMeasured(Utc time, Utc lastChange) const {
        const auto holds = [&](const Span& span) { return span.contains(time); };
        const auto present = std::ranges::any_of(plan_.inRange, [&](const Span& span) {
            return span.begin + 3h < time && span.begin + 3h < span.end && time < span.end &&
                   lastChange + 3h < time;
        });
        return present && std::ranges::none_of(hostWrong_, holds);
    }

    void planClock() {
        auto& changes = plan_.life.changes;
        Utc last = plan_.begin;
        for (Utc at = plan_.begin + between(2h, 60h); at < quiet_ - 30h; at += between(1h, 100h)) {
            if (isMeasured(at, last) && oneIn(4)) {
                changes.push_back({at, std::nullopt});
                at += between(10min, 20h);
                changes.push_back({at, home(at) + error()});
            } else {
                const Seconds before = changes.empty() ? plan_.life.offset : *changes.back().offset;
                const Seconds anywhere = 30min * (static_cast<int>(below(48)) - 22) + error();
                const Seconds little = before + between(-120s, 120s);
                changes.push_back({at, oneIn(3) ? anywhere : oneIn(3) ? little : home(at) + error()});
            }
            last = at;
        }
        changes.push_back({quiet_ - 20h, home(quiet_) - 20s});
    }

    std::mt19937_64 random_;
    therapy::Zone zone_;
    Plan plan_;
    Utc quiet_{};
    std::vector<Span> hostWrong_; ///< or its store, with hours around it
};

} // namespace

std::string_view name(Trouble trouble) {
    static constexpr std::array<std::string_view, 17> kNames{"link lost at operation",
                                                             "link lost at handshake message",
                                                             "frame lost",
                                                             "frame doubled",
                                                             "frame damaged",
                                                             "link lost at frame",
                                                             "frames swapped",
                                                             "undecodable frame",
                                                             "operations refused",
                                                             "history refused, seconds",
                                                             "silent, seconds",
                                                             "bluetoothd away, seconds",
                                                             "killed at write",
                                                             "stopped",
                                                             "power cut, seconds until time",
                                                             "host clock set, seconds",
                                                             "disk full, seconds"};
    return kNames.at(static_cast<std::size_t>(trouble));
}

std::vector<std::string> Plan::lines() const {
    std::vector<std::pair<Utc, std::string>> all;
    for (const Span& span : inRange)
        all.emplace_back(span.begin, fmt::format("in range until {:%FT%T}", span.end));
    for (const auto& one : troubles) {
        auto text = fmt::format("{} {}", name(one.trouble), one.amount);
        if (one.hostError != 0s) text += fmt::format(", clock by {} s", one.hostError.count());
        all.emplace_back(one.at, std::move(text));
    }
    for (const auto& one : site)
        all.emplace_back(one.span.begin, fmt::format("site: {} {} % until {:%FT%T}", name(one.fault),
                                                     one.share, one.span.end));
    for (const auto& one : life.changes)
        all.emplace_back(one.at, one.offset ? fmt::format("pump set to {} s", one.offset->count())
                                            : std::string("pump loses its clock"));
    std::ranges::stable_sort(all, {}, &std::pair<Utc, std::string>::first);
    std::vector<std::string> lines;
    for (const auto& [at, text] : all) lines.push_back(fmt::format("{:%FT%T} {}", at, text));
    return lines;
}

Seconds Plan::longestAbsence() const {
    Seconds longest{0};
    for (std::size_t i = 1; i < inRange.size(); ++i)
        longest = std::max(longest, inRange[i].begin - inRange[i - 1].end);
    return longest;
}

Plan makePlan(unsigned seed, int weeks, Seconds tellsEvery) {
    Plan plan = Planner(seed, weeks).make();
    plan.tellsEvery = tellsEvery;
    return plan;
}

} // namespace soak
