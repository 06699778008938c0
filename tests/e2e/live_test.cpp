// SPDX-License-Identifier: MIT
// A pump that goes on living: its glucose reaches a real Nightscout while the link stays up.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "rig.hpp"

namespace {

using namespace std::chrono_literals;
using e2e::Nightscout;
using e2e::Rig;
using nlohmann::json;

struct Glucose {
    std::int64_t minute = 0;
    int value = 0;
    std::string direction;
};

/// Oldest first.
std::vector<Glucose> glucoseOf(const Nightscout& site) {
    std::vector<Glucose> all;
    for (const auto& entry : site.get("/api/v1/entries/sgv.json?count=100000")) {
        all.push_back({entry.at("date").get<std::int64_t>() / 60'000, entry.at("sgv").get<int>(),
                       entry.at("direction").get<std::string>()});
    }
    std::ranges::sort(all, {}, &Glucose::minute);
    return all;
}

/// The arrow of the change since the value before, which is what the virtual pump measures as its trend.
std::string arrowOfTrend(int before, int value, std::int64_t minutes) {
    const int change = value - before;
    const std::int64_t steps = std::min<std::int64_t>(std::abs(change) / minutes, 3);
    static const std::vector<std::string> kUp{"Flat", "FortyFiveUp", "SingleUp", "DoubleUp"};
    static const std::vector<std::string> kDown{"Flat", "FortyFiveDown", "SingleDown", "DoubleDown"};
    return (change < 0 ? kDown : kUp).at(static_cast<std::size_t>(steps));
}

TEST(LivePath, BringsNewGlucoseWithThePumpsTrendWhileTheLinkStaysUp) {
    if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    constexpr std::size_t kWanted = 4;
    Rig rig{{.source = {"--seed", "1", "--days", "1"}, .more = {"--live", "--speed", "60"}}};
    const Nightscout site;
    auto bridge = rig.bridge(rig.configuration(site.url()), {});
    ASSERT_TRUE(bridge->waitForText("following")) << bridge->output();
    (void)bridge->readLine(2s); // the uploads of the history are under way

    const auto history = glucoseOf(site);
    ASSERT_FALSE(history.empty());
    std::vector<Glucose> live; // the newest of the history, and what came after it
    const auto limit = std::chrono::steady_clock::now() + 120s;
    while (live.size() <= kWanted && std::chrono::steady_clock::now() < limit) {
        (void)bridge->readLine(500ms);
        live = glucoseOf(site);
        std::erase_if(live, [&](const Glucose& each) { return each.minute < history.back().minute; });
    }
    ASSERT_GT(live.size(), kWanted) << bridge->output();
    for (std::size_t i = 1; i < live.size(); ++i) {
        const auto& [minute, value, direction] = live[i];
        const auto passed = minute - live[i - 1].minute;
        EXPECT_LE(passed, 6) << "none is missing";
        EXPECT_EQ(direction, arrowOfTrend(live[i - 1].value, value, passed)) << value;
    }
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(), 0) << bridge->output();
    const auto handshakes = std::ranges::count_if(bridge->lines(), [](const std::string& line) {
        return line.find("handshake done") != std::string::npos;
    });
    EXPECT_EQ(handshakes, 1) << bridge->output();
}

} // namespace
