// SPDX-License-Identifier: MIT
// What a user sees when something is wrong: a message that says what and what to do, and the right exit code.
#include <gtest/gtest.h>

#include <filesystem>

#include <csignal>

#include "rig.hpp"

namespace {

using namespace std::chrono_literals;
using e2e::Nightscout;
using e2e::Rig;
using e2e::runBridge;
using e2e::TempDirectory;

testing::AssertionResult says(const std::string& output, const std::string& text) {
    if (output.find(text) != std::string::npos) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "\"" << text << "\" is not in:\n" << output;
}

std::string configuration(const TempDirectory& directory, const std::string& keyFile,
                          const std::string& more = "") {
    return directory.write("pump-bridge.toml", "timezone = \"Europe/Berlin\"\n[pump]\nkey_database = \"" +
                                                   keyFile + "\"\n[storage]\npath = \"" +
                                                   directory.path("history.db") + "\"\n" + more);
}

TEST(KeyDatabaseMessage, NamesAMissingFile) {
    const TempDirectory directory;
    const auto outcome =
        runBridge({"--config", configuration(directory, directory.path("none")), "run", "--once"});
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_TRUE(says(outcome.output, directory.path("none")));
    EXPECT_TRUE(says(outcome.output, "pump.key_database"));
}

TEST(KeyDatabaseMessage, TellsDamageFromAWrongRole) {
    const TempDirectory directory;
    ASSERT_EQ(runBridge({"keydb", "generate", "--server", directory.path("server"), "--client",
                         directory.path("client")})
                  .exitCode,
              0);
    const auto wrongRole =
        runBridge({"--config", configuration(directory, directory.path("client")), "run", "--once"});
    EXPECT_EQ(wrongRole.exitCode, 2);
    EXPECT_TRUE(says(wrongRole.output, "mobile application"));

    const auto damaged = directory.write("damaged", "49e0109e04");
    const auto outcome = runBridge({"--config", configuration(directory, damaged), "run", "--once"});
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_TRUE(says(outcome.output, damaged));
    EXPECT_TRUE(says(outcome.output, "offset"));
}

TEST(ConfigurationMessage, NamesEveryProblemWithItsLine) {
    const TempDirectory directory;
    const auto file =
        directory.write("pump-bridge.toml", "timezone = \"Europe/Atlantis\"\ncolour = \"red\"\n");
    const auto outcome = runBridge({"--config", file, "run", "--once"});
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_TRUE(says(outcome.output, "pump-bridge.toml:1"));
    EXPECT_TRUE(says(outcome.output, "Europe/Atlantis"));
    EXPECT_TRUE(says(outcome.output, "pump-bridge.toml:2"));
    EXPECT_TRUE(says(outcome.output, "colour"));
}

TEST(ConfigurationMessage, NamesAMissingFile) {
    const auto outcome = runBridge({"--config", "/nonexistent/pump-bridge.toml", "run", "--once"});
    EXPECT_EQ(outcome.exitCode, 2);
    EXPECT_TRUE(says(outcome.output, "/nonexistent/pump-bridge.toml"));
}

TEST(BusMessage, TellsThatThereIsNone) {
    const TempDirectory directory;
    ASSERT_EQ(runBridge({"keydb", "generate", "--server", directory.path("server"), "--client",
                         directory.path("client")})
                  .exitCode,
              0);
    const auto outcome =
        runBridge({"--config", configuration(directory, directory.path("server")), "run", "--once"},
                  {{"DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" + directory.path("no-bus")},
                   {"RUNTIME_DIRECTORY", directory.path("run")}});
    EXPECT_EQ(outcome.exitCode, 3);
    EXPECT_TRUE(says(outcome.output, "system bus"));
}

TEST(AdapterMessage, TellsThatNoBluetoothServiceRuns) {
    const TempDirectory directory;
    const e2e::PrivateBus bus;
    ASSERT_EQ(runBridge({"keydb", "generate", "--server", directory.path("server"), "--client",
                         directory.path("client")})
                  .exitCode,
              0);
    e2e::Process bridge{
        {PUMP_BRIDGE, "--config", configuration(directory, directory.path("server")), "run"},
        {{"DBUS_SYSTEM_BUS_ADDRESS", bus.address()}, {"RUNTIME_DIRECTORY", directory.path("run")}}};
    EXPECT_TRUE(bridge.waitForText("bluetooth", 20s)) << bridge.output();
    bridge.signal(SIGTERM);
    EXPECT_EQ(bridge.wait(10s), 0) << bridge.output();
}

TEST(AdapterMessage, TellsThatThereIsNoAdapter) {
    Rig rig;
    TempDirectory directory;
    const auto file =
        directory.write("pump-bridge.toml", "timezone = \"Europe/Berlin\"\n[pump]\nkey_database = \"" +
                                                rig.directory().path("sake.keydb") +
                                                "\"\n[bluetooth]\nadapter = \"hci7\"\n[storage]\npath = \"" +
                                                directory.path("history.db") + "\"\n");
    auto bridge = rig.bridge(file, {});
    EXPECT_TRUE(bridge->waitForText("hci7", 20s)) << bridge->output();
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(10s), 0) << bridge->output();
}

TEST(PumpMessage, TellsThatTheKeyDatabaseDoesNotMatch) {
    Rig rig;
    const TempDirectory other;
    ASSERT_EQ(
        runBridge({"keydb", "generate", "--server", other.path("server"), "--client", other.path("client")})
            .exitCode,
        0);
    auto bridge = rig.bridge(configuration(other, other.path("server")), {});
    EXPECT_TRUE(bridge->waitForText("handshake failed", 30s)) << bridge->output();
    EXPECT_TRUE(says(bridge->output(), "key database"));
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(10s), 0) << bridge->output();
}

TEST(NightscoutMessage, TellsThatTheSiteCannotBeReached) {
    Rig rig{{.source = {"--seed", "2", "--days", "1"}, .more = {}}};
    auto bridge = rig.bridge(rig.configuration("http://127.0.0.1:9"), {});
    EXPECT_TRUE(bridge->waitForText("127.0.0.1:9", 60s)) << bridge->output();
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(10s), 0) << bridge->output();
}

TEST(NightscoutMessage, TellsThatTheSecretIsRefused) {
    if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    Rig rig{{.source = {"--seed", "2", "--days", "1"}, .more = {}}};
    const Nightscout site;
    auto bridge =
        rig.bridge(rig.configuration(site.url(), "history.db", "not-the-secret-of-the-site"), {"--once"});
    EXPECT_EQ(bridge->wait(), 3) << bridge->output();
    EXPECT_TRUE(says(bridge->output(), "secret"));
    EXPECT_EQ(bridge->output().find("not-the-secret-of-the-site"), std::string::npos);
    EXPECT_EQ(site.count(), 0U);
}

TEST(NightscoutMessage, IsOverOnceTheFileOfTheSecretHasTheRightOne) {
    if (!Nightscout::isInstalled()) GTEST_SKIP() << "PUMP_BRIDGE_NIGHTSCOUT_DIR has no Nightscout";
    Rig rig{{.source = {"--seed", "2", "--days", "1"}, .more = {}}};
    const Nightscout site;
    auto bridge = rig.bridge(rig.configuration(site.url(), "history.db", "not-the-secret-of-the-site"), {});
    ASSERT_TRUE(bridge->waitForText("upload stopped", 30s)) << bridge->output();
    const std::string file = rig.directory().write("secret-new", Nightscout::secret() + "\n");
    std::filesystem::rename(file, rig.directory().path("secret-history.db"));
    EXPECT_TRUE(bridge->waitForText("upload works again", 30s)) << bridge->output();
    EXPECT_EQ(bridge->output().find(Nightscout::secret()), std::string::npos);
    EXPECT_GT(site.count(), 0U);
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(10s), 0) << bridge->output();
}

TEST(Stopping, IsOrderlyInTheMiddleOfASync) {
    Rig rig;
    auto bridge = rig.bridge(rig.configuration(""), {});
    ASSERT_TRUE(bridge->waitForText("of them are new", 30s)) << bridge->output();
    bridge->signal(SIGTERM);
    EXPECT_EQ(bridge->wait(10s), 0) << bridge->output();
    EXPECT_EQ(bridge->output().find("leaving"), std::string::npos) << bridge->output();
}

} // namespace
