// SPDX-License-Identifier: MIT
// From the pump's records to a real Nightscout, by the production binary.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <random>

#include "rig.hpp"

namespace {

using namespace std::chrono_literals;
using e2e::Nightscout;
using e2e::Rig;
using nlohmann::json;

struct Shown {
    std::size_t glucose = 0;
    std::map<std::string, std::size_t> treatments;
    double insulin = 0;
    double carbs = 0;
    std::optional<int> lastGlucose;
};

double numberOf(const nlohmann::json& document, const char* key) {
    return document.contains(key) && document.at(key).is_number() ? document.at(key).get<double>() : 0.0;
}

Shown whatIsShown(const Nightscout& site) {
    Shown shown;
    double newest = 0;
    for (const auto& [identifier, document] : site.documents()) {
        if (document.contains("sgv")) {
            ++shown.glucose;
            if (document.at("date").get<double>() > newest) {
                newest = document.at("date").get<double>();
                shown.lastGlucose = document.at("sgv").get<int>();
            }
            continue;
        }
        ++shown.treatments[document.at("eventType").get<std::string>()];
        shown.insulin += numberOf(document, "insulin");
        shown.carbs += numberOf(document, "carbs");
    }
    return shown;
}

void expectEqual(const json& pump, Shown shown) {
    EXPECT_EQ(shown.glucose, pump.at("glucose").get<std::size_t>());
    EXPECT_EQ(shown.treatments["Meal Bolus"], pump.at("mealBoluses").get<std::size_t>());
    EXPECT_EQ(shown.treatments["Correction Bolus"], pump.at("correctionBoluses").get<std::size_t>());
    EXPECT_EQ(shown.treatments["SMB"], pump.at("automaticCorrections").get<std::size_t>());
    EXPECT_EQ(shown.treatments["Combo Bolus"], pump.at("comboBoluses").get<std::size_t>());
    EXPECT_EQ(shown.treatments["Carb Correction"], pump.at("carbCorrections").get<std::size_t>());
    EXPECT_EQ(shown.treatments["BG Check"], pump.at("fingerSticks").get<std::size_t>());
    EXPECT_NEAR(shown.insulin, pump.at("insulin").get<double>(), 0.0005);
    EXPECT_NEAR(shown.carbs, pump.at("carbs").get<double>(), 0.0005);
    EXPECT_EQ(shown.lastGlucose, pump.at("lastGlucose").get<int>());
}

class FullPath : public testing::Test {
protected:
    void SetUp() override {
        if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    }
};

TEST_F(FullPath, BringsAGeneratedHistoryToNightscoutOnce) {
    Rig rig;
    const Nightscout site;
    auto first = rig.bridge(rig.configuration(site.url()), {"--once"});
    ASSERT_EQ(first->wait(), 0) << first->output();
    expectEqual(rig.inventory(), whatIsShown(site));
    const auto documents = site.documents();
    EXPECT_EQ(site.count(), documents.size());

    auto second = rig.bridge(rig.configuration(site.url()), {"--once"});
    ASSERT_EQ(second->wait(), 0) << second->output();
    // The device status of the second visit, and nothing else.
    EXPECT_NE(second->output().find("uploaded=1\n"), std::string::npos) << second->output();
    EXPECT_EQ(site.documents(), documents);

    auto emptyStore = rig.bridge(rig.configuration(site.url(), "other.db"), {"--once"});
    ASSERT_EQ(emptyStore->wait(), 0) << emptyStore->output();
    EXPECT_EQ(site.count(), documents.size());
    EXPECT_EQ(site.documents(), documents);
}

TEST_F(FullPath, WorksWithSmallNotifications) {
    Rig rig{{.source = {"--seed", "3", "--days", "1"}, .more = {"--mtu", "23"}}};
    const Nightscout site;
    auto bridge = rig.bridge(rig.configuration(site.url()), {"--once"});
    ASSERT_EQ(bridge->wait(), 0) << bridge->output();
    expectEqual(rig.inventory(), whatIsShown(site));
}

TEST_F(FullPath, BringsRealRecords) {
    const char* file = std::getenv("PUMP_BRIDGE_REAL_RECORDS");
    if (file == nullptr) GTEST_SKIP() << "PUMP_BRIDGE_REAL_RECORDS is not set";
    Rig rig{{.source = {"--history", file, "--shift"}, .more = {}}};
    const Nightscout site;
    auto bridge = rig.bridge(rig.configuration(site.url()), {"--once"});
    ASSERT_EQ(bridge->wait(), 0) << bridge->output();
    const Shown shown = whatIsShown(site);
    // What depends on records before the first one is not sent (docs/nightscout/mapping.md 7): the direction
    // of the first 21 minutes, the bolus that was programmed before.
    const json inventory = rig.inventory();
    constexpr std::size_t kFirst = 5;
    EXPECT_LE(shown.glucose, inventory.at("glucose").get<std::size_t>());
    EXPECT_GE(shown.glucose + kFirst, inventory.at("glucose").get<std::size_t>());
    EXPECT_LE(shown.insulin, inventory.at("insulin").get<double>() + 0.0005);
    EXPECT_EQ(shown.lastGlucose, inventory.at("lastGlucose").get<int>());
}

// Killed at a random line of its log: anywhere between the first connection and the last acknowledgement.
TEST_F(FullPath, EndsInTheSameDocumentsWhereverItIsKilled) {
    Rig rig{{.source = {"--seed", "5", "--days", "1"}, .more = {}}};
    std::map<std::string, json> expected;
    std::size_t lines = 0;
    {
        const Nightscout site;
        auto bridge = rig.bridge(rig.configuration(site.url(), "reference.db"), {"--once"});
        ASSERT_EQ(bridge->wait(), 0) << bridge->output();
        expected = site.documents();
        lines = bridge->lines().size();
        ASSERT_EQ(site.count(), expected.size());
    }
    ASSERT_GT(lines, 10U);

    std::mt19937 random{20260314};
    std::uniform_int_distribution<std::size_t> anywhere{1, lines - 1};
    for (int round = 0; round < 10; ++round) {
        const std::string store = "killed-" + std::to_string(round) + ".db";
        const Nightscout site;
        const std::string configuration = rig.configuration(site.url(), store);
        const std::size_t at = anywhere(random);
        {
            auto victim = rig.bridge(configuration, {"--once"});
            for (std::size_t line = 0; line < at; ++line)
                ASSERT_TRUE(victim->readLine(60s)) << victim->output();
            victim->signal(SIGKILL);
            victim->wait();
        }
        auto bridge = rig.bridge(configuration, {"--once"});
        ASSERT_EQ(bridge->wait(), 0) << "killed at line " << at << "\n" << bridge->output();
        EXPECT_EQ(site.count(), expected.size()) << "killed at line " << at;
        EXPECT_TRUE(site.documents() == expected) << "killed at line " << at;
    }
}

TEST_F(FullPath, PretendPrintsDocumentsAndUploadsNone) {
    Rig rig;
    const Nightscout site;
    auto bridge = rig.bridge(rig.configuration(site.url()), {"--once", "--pretend"});
    ASSERT_EQ(bridge->wait(), 0) << bridge->output();
    EXPECT_EQ(site.count(), 0U);
    std::size_t glucose = 0;
    for (const auto& line : bridge->lines()) {
        if (line.starts_with("{") && json::parse(line).contains("sgv")) ++glucose;
    }
    EXPECT_EQ(glucose, rig.inventory().at("glucose").get<std::size_t>());

    auto real = rig.bridge(rig.configuration(site.url()), {"--once"});
    ASSERT_EQ(real->wait(), 0) << real->output();
    expectEqual(rig.inventory(), whatIsShown(site));
}

} // namespace
