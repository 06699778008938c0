// SPDX-License-Identifier: MIT
// The pump's clock is set, or lost and set, while the bridge is connected: everything reaches a real
// Nightscout at its true time (docs/nightscout/mapping.md 5.3).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

#include "rig.hpp"

namespace {

using namespace std::chrono_literals;
using e2e::Nightscout;
using e2e::Rig;
using std::chrono::system_clock;

std::int64_t milliseconds(system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
/// As the site writes it: such texts compare as times do.
std::string iso(system_clock::time_point time) {
    const std::time_t seconds = system_clock::to_time_t(time);
    std::array<char, 32> text{};
    std::tm parts{};
    (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", ::gmtime_r(&seconds, &parts));
    return text.data();
}

class APumpsClock : public testing::Test {
protected:
    void SetUp() override {
        if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    }
    /// Each set brings one glucose value, which is of now.
    void expectTrueTimes(const std::vector<std::string>& clock) {
        Rig rig{{.source = {"--seed", "1", "--days", "1"}, .more = clock}};
        const Nightscout site;
        const auto begin = system_clock::now();
        auto bridge = rig.bridge(rig.configuration(site.url()), {});
        std::vector<int> wanted;
        for (auto i = std::ranges::count(clock, "--clock-event"); i > 0; --i) {
            const auto event = rig.pump().waitForText("{\"event\":\"clock ");
            ASSERT_TRUE(event) << bridge->output();
            const auto parsed = nlohmann::json::parse(*event);
            if (parsed.at("event") == "clock set") wanted.push_back(parsed.at("glucose"));
        }
        const auto limit = std::chrono::steady_clock::now() + 60s;
        for (const int value : wanted) {
            std::int64_t found = 0;
            while (found == 0 && std::chrono::steady_clock::now() < limit) {
                found = timeOf(site, value, begin - 120s);
                if (found == 0) (void)bridge->readLine(250ms);
            }
            EXPECT_GE(found, milliseconds(begin - 120s)) << bridge->output();
            EXPECT_LE(found, milliseconds(system_clock::now() + 30s)) << bridge->output();
        }
        bridge->signal(SIGTERM);
        EXPECT_EQ(bridge->wait(), 0) << bridge->output();
        expectNothingOutside(site, begin - 26h, system_clock::now() + 30s);
    }

private:
    /// Milliseconds; 0 while the site does not have it.
    static std::int64_t timeOf(const Nightscout& site, int value, system_clock::time_point since) {
        const auto entries =
            site.get("/api/v1/entries/sgv.json?count=100000&find%5Bsgv%5D=" + std::to_string(value) +
                     "&find%5Bdate%5D%5B%24gte%5D=" + std::to_string(milliseconds(since)));
        return entries.empty() ? 0 : entries.front().at("date").get<std::int64_t>();
    }
    static void expectNothingOutside(const Nightscout& site, system_clock::time_point first,
                                     system_clock::time_point last) {
        for (const auto& entry : site.get("/api/v1/entries.json?find%5Bdate%5D%5B%24gte%5D=1&count=100000")) {
            EXPECT_GE(entry.at("date").get<std::int64_t>(), milliseconds(first)) << entry;
            EXPECT_LE(entry.at("date").get<std::int64_t>(), milliseconds(last)) << entry;
        }
        for (const char* collection : {"treatments", "devicestatus"}) {
            for (const auto& document :
                 site.get("/api/v1/" + std::string{collection} +
                          ".json?find%5Bcreated_at%5D%5B%24gte%5D=1970-01-02T00:00:00.000Z&count=100000")) {
                EXPECT_GE(document.at("created_at").get<std::string>(), iso(first)) << document;
                EXPECT_LE(document.at("created_at").get<std::string>(), iso(last)) << document;
            }
        }
    }
};

TEST_F(APumpsClock, MayBeSetByAnHourAndBackWhileConnected) {
    expectTrueTimes({"--clock-event", "3:+3600", "--clock-event", "6:-3600"});
}

TEST_F(APumpsClock, MayBeLostAndSetWhileConnected) {
    expectTrueTimes({"--clock-event", "3:lost", "--clock-event", "7:right"});
}

TEST_F(APumpsClock, MayBeFast) {
    expectTrueTimes({"--clock-error", "570", "--drift", "5", "--clock-event", "3:+3600"});
}

} // namespace
