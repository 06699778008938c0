// SPDX-License-Identifier: MIT
// `check` and `status` by the production binary, against the double of bluetoothd and a real Nightscout.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>

#include "rig.hpp"

namespace {

using namespace std::chrono_literals;
using e2e::Nightscout;
using e2e::Rig;
using e2e::runBridge;
using nlohmann::json;

/// What a command wrote for machines, without what it said besides.
std::vector<json> objectsIn(const std::string& output) {
    std::vector<json> objects;
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with('{')) objects.push_back(json::parse(line));
    return objects;
}

std::map<std::string, std::string> gradesOf(const Rig& rig, const std::string& configuration) {
    const auto outcome = runBridge({"--config", configuration, "check", "--json"},
                                   {{"DBUS_SYSTEM_BUS_ADDRESS", rig.bus().address()}});
    std::map<std::string, std::string> grades;
    for (const auto& finding : objectsIn(outcome.output))
        grades[finding.at("check").get<std::string>()] = finding.at("grade").get<std::string>();
    return grades;
}

std::string withStatusPage(const Rig& rig, const std::string& site) {
    std::ifstream in{rig.configuration(site)};
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return rig.directory().write(
        "status.toml", text + "[status]\nlisten = \"127.0.0.1:" + std::to_string(e2e::freePort()) + "\"\n");
}

TEST(Status, TellsOfARunningServiceAndOfOneThatHasEnded) {
    Rig rig;
    const auto configuration = withStatusPage(rig, "");
    auto bridge = rig.bridge(configuration, {});
    ASSERT_TRUE(bridge->waitForText("following")) << bridge->output();

    const auto text = runBridge({"--config", configuration, "status"});
    EXPECT_EQ(text.exitCode, 0) << text.output;
    EXPECT_NE(text.output.find("mg/dL"), std::string::npos) << text.output;
    const auto machine = runBridge({"--config", configuration, "status", "--json"});
    ASSERT_EQ(objectsIn(machine.output).size(), 1U) << machine.output;
    const json state = objectsIn(machine.output).front();
    EXPECT_EQ(state.at("link").at("transitions").at(0).at("stage"), "starting");
    for (const json& problem : state.at("problems"))
        EXPECT_NE(problem.at("severity"), "failure") << state.at("problems");
    EXPECT_EQ(state.at("glucose").at("mg_dl"), rig.inventory().at("lastGlucose"));
    EXPECT_GT(state.at("records").get<int>(), 0);
    EXPECT_EQ(machine.output.find("1234567H"), std::string::npos);

    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(), 0);
    const auto ended = runBridge({"--config", configuration, "status", "--json"});
    EXPECT_EQ(ended.exitCode, 3);
    EXPECT_EQ(objectsIn(ended.output).front().at("records"), state.at("records"));
}

TEST(Status, NamesTheFaultOfALinkThatComesToNothing) {
    Rig rig{{.source = {"--seed", "1", "--days", "1"}, .more = {"--answer-random"}}};
    const auto configuration = withStatusPage(rig, "");
    auto bridge = rig.bridge(configuration, {});
    ASSERT_TRUE(bridge->waitForText("link: The pump does not know the keys")) << bridge->output();
    const auto outcome = runBridge({"--config", configuration, "status", "--json"});
    EXPECT_EQ(objectsIn(outcome.output).at(0).at("problems").at(0).at("name"), "wrong-keys")
        << outcome.output;
}

TEST(Check, FindsAdapterAndBondOfBluetoothd) {
    Rig rig;
    const auto configuration = rig.configuration("");
    auto grades = gradesOf(rig, configuration);
    EXPECT_EQ(grades["key-database"], "ok");
    EXPECT_EQ(grades["store"], "ok");
    EXPECT_EQ(grades["bluez.running"], "ok");
    EXPECT_EQ(grades["adapter"], "ok");
    EXPECT_EQ(grades["bond"], "warning") << "nothing is paired yet";
    EXPECT_EQ(grades["nightscout"], "warning") << "nothing is uploaded";

    auto bridge = rig.bridge(configuration, {"--once"});
    ASSERT_EQ(bridge->wait(), 0) << bridge->output();
    grades = gradesOf(rig, configuration);
    EXPECT_EQ(grades["bond"], "ok");
    EXPECT_EQ(grades["store"], "ok");
}

TEST(Check, AsksARealNightscout) {
    if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    Rig rig;
    const Nightscout site;
    auto grades = gradesOf(rig, rig.configuration(site.url()));
    for (const char* check : {"nightscout", "nightscout.api", "nightscout.units", "nightscout.clock",
                              "nightscout.rights", "nightscout.uploaded"})
        EXPECT_EQ(grades[check], "ok") << check;
    grades = gradesOf(rig, rig.configuration(site.url(), "other.db", "not-the-secret-of-this-site"));
    EXPECT_EQ(grades["nightscout.rights"].empty() ? grades["nightscout"] : grades["nightscout.rights"],
              "failed");
}

} // namespace
