// SPDX-License-Identifier: MIT
// The bridge's own side, the lines, the exit codes, and `status` without a service.
#include "bridge/commands/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bridge/check/local_findings.hpp"
#include "bridge/commands/keydb.hpp"
#include "bridge/commands/status.hpp"
#include "bridge/store/store.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using namespace check;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const UtcMilliseconds kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + 9h};

class CheckCommand : public ::testing::Test {
protected:
    CheckCommand() {
        surroundings.root = directory / "root";
        // By the environment: sdbus-c++ leaks a connection that fails by an explicit address.
        setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
        surroundings.clock = [] { return kNow; };
        surroundings.clockSynchronised = []() -> boost::asio::awaitable<std::optional<bool>> {
            co_return true;
        };
        std::filesystem::create_directories(surroundings.root);
        std::uint8_t next = 1;
        const Streams silent{in, out, err};
        keydbGenerate(
            {.server = (directory / "sake.keydb").string(), .client = (directory / "pump.keydb").string()},
            silent, [&next](std::span<std::uint8_t> bytes) {
                for (auto& byte : bytes) byte = next++;
            });
        out.str("");
        err.str("");
    }

    int run(const std::string& more = "", const CheckOptions& options = {}) {
        const auto file = directory.write(
            "pump-bridge.toml", "timezone = \"Europe/Berlin\"\n[pump]\nkey_database = \"" +
                                    (directory / "sake.keydb").string() + "\"\n[storage]\npath = \"" +
                                    (directory / "history.db").string() + "\"\n" + more);
        const auto loaded = loadConfiguration(file, [](const std::string&) { return std::nullopt; });
        out.str("");
        err.str("");
        return runCheck(options, loaded, file, surroundings, {in, out, err});
    }

    TemporaryDirectory directory;
    CheckSurroundings surroundings;
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
};

TEST_F(CheckCommand, HelpsOnAMachineWithoutBluez) {
    EXPECT_EQ(run(), kFoundProblem);
    EXPECT_THAT(out.str(), HasSubstr("BlueZ is not installed -> sudo apt-get install bluez"));
    EXPECT_THAT(out.str(), HasSubstr("cannot connect to the system bus"));
    EXPECT_THAT(out.str(), Not(HasSubstr("bluez.mtu"))) << "there is nothing to judge";
    EXPECT_THAT(out.str(), HasSubstr("warning  nightscout"));
    EXPECT_THAT(err.str(), HasSubstr("2 failed"));
}

TEST_F(CheckCommand, PrintsAnObjectALine) {
    run("", {.json = true});
    std::istringstream lines{out.str()};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const auto json = nlohmann::json::parse(line);
        EXPECT_TRUE(json.at("check").is_string());
        EXPECT_THAT((std::vector<std::string>{"ok", "warning", "failed"}),
                    ::testing::Contains(json.at("grade")));
    }
    EXPECT_GE(count, 6U);
}

TEST_F(CheckCommand, GoesOnWithoutAUsableConfiguration) {
    EXPECT_EQ(run("[status]\nlisten = \"nowhere\"\n"), kWrongUsage);
    EXPECT_THAT(out.str(), HasSubstr("failed   configuration"));
    EXPECT_THAT(out.str(), HasSubstr("status.listen"));
    EXPECT_THAT(out.str(), HasSubstr("bluez.version"));
    EXPECT_THAT(out.str(), Not(HasSubstr("key-database")));
}

TEST_F(CheckCommand, SaysByWhoseWordTheClockIsTrusted) {
    run();
    EXPECT_THAT(out.str(), HasSubstr("ok       clock                synchronised"));
    surroundings.clockSynchronised = []() -> boost::asio::awaitable<std::optional<bool>> { co_return false; };
    run();
    EXPECT_THAT(out.str(),
                HasSubstr("warning  clock                this computer's clock is not synchronised"));
    run("[time]\nhost_clock = \"trusted\"\n");
    EXPECT_THAT(out.str(), HasSubstr("ok       clock                trusted by the configuration"));
    surroundings.clockSynchronised = []() -> boost::asio::awaitable<std::optional<bool>> {
        co_return std::nullopt;
    };
    run();
    EXPECT_THAT(out.str(), HasSubstr("warning  clock                no time service answers"));
}

TEST_F(CheckCommand, SaysWhenTheSiteCannotBeReached) {
    run("[nightscout]\nurl = \"http://127.0.0.1:1\"\n");
    EXPECT_THAT(out.str(), HasSubstr("failed   nightscout           http://127.0.0.1:1: cannot connect"));
}

TEST(CheckExitCode, PutsOwnFailuresBeforeOthersSilence) {
    EXPECT_EQ(exitCodeOf({}), 0);
    EXPECT_EQ(exitCodeOf({ok("a", "b"), warning("a", "b", "c")}), 0);
    EXPECT_EQ(exitCodeOf({unreachable("a", "b", "c")}), 3);
    EXPECT_EQ(exitCodeOf({unreachable("a", "b", "c"), failed("a", "b", "c")}), 1);
}

TEST(CheckLine, IsOneLineWhateverItQuotes) {
    EXPECT_EQ(toLine(warning("nightscout.glucose", "a\nb\x1b[2J", "")),
              "warning  nightscout.glucose   a b [2J");
}

TEST_F(CheckCommand, JudgesTheKeyDatabase) {
    EXPECT_EQ(checkKeyDatabase(directory / "sake.keydb").grade, Grade::Ok);
    EXPECT_EQ(checkKeyDatabase(directory / "pump.keydb").grade, Grade::Failed) << "the pump's side";
    EXPECT_EQ(checkKeyDatabase(directory / "none").grade, Grade::Failed);
}

TEST_F(CheckCommand, JudgesTheStore) {
    const auto file = directory / "history.db";
    EXPECT_THAT(checkStore(readStoreFacts(file), file)[0].text, HasSubstr("will be made"));
    { const Store store{file}; }
    auto facts = readStoreFacts(file);
    EXPECT_THAT(checkStore(facts, file)[0].text, HasSubstr("holds 0 records"));
    EXPECT_TRUE(facts.bytesFree);
    facts.bytesFree = 50'000'000;
    facts.setAside = 2;
    facts.setAsideReason = "HTTP 422: no such event";
    const auto findings = checkStore(facts, file);
    ASSERT_THAT(findings, SizeIs(3));
    EXPECT_THAT(findings[1].text, HasSubstr("the site refuses 2 documents: HTTP 422: no such event"));
    EXPECT_THAT(findings[1].remedy, HasSubstr("pump-bridge upload"));
    facts.bytesFree = 1000;
    EXPECT_EQ(checkStore(facts, file).back().grade, Grade::Failed);
    const auto broken = directory.write("broken.db", "this is no database, it is just some text in a file");
    EXPECT_EQ(checkStore(readStoreFacts(broken), broken)[0].grade, Grade::Failed);
}

TEST_F(CheckCommand, FindsDamageInTheStore) {
    const auto file = directory / "history.db";
    {
        Store store{file};
        const auto pump = store.pump("NG1234567H");
        std::vector<ReceivedRecord> records;
        for (std::uint32_t i = 0; i < 2000; ++i) records.push_back({i, protocol::Bytes(60, 0x55)});
        store.addRecords(pump.id, records, std::chrono::floor<std::chrono::seconds>(kNow));
    }
    std::fstream raw(file, std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(60'000);
    raw << std::string(20'000, '\xff');
    raw.close();
    const auto finding = checkStore(readStoreFacts(file), file)[0];
    EXPECT_EQ(finding.grade, Grade::Failed) << finding.text;
}

TEST_F(CheckCommand, StatusWithoutAServiceTellsWhatTheStoreKnows) {
    Configuration configuration;
    configuration.timezone = "Europe/Berlin";
    configuration.storage.path = directory / "history.db";
    configuration.status.listen = "";
    {
        Store store{configuration.storage.path};
        store.describePump(store.pump("NG1234567H").id, "MMT-1885", "8.12.2");
    }
    const auto now = std::chrono::floor<std::chrono::seconds>(kNow);
    EXPECT_EQ(status({}, configuration, now, {in, out, err}), kUnreachable);
    EXPECT_THAT(err.str(), HasSubstr("status.listen is empty"));
    EXPECT_THAT(out.str(), HasSubstr("not running"));
    EXPECT_THAT(out.str(), HasSubstr("MMT-1885"));

    configuration.status.listen = "127.0.0.1:1";
    out.str("");
    EXPECT_EQ(status({.json = true}, configuration, now, {in, out, err}), kUnreachable);
    EXPECT_EQ(nlohmann::json::parse(out.str()).at("link").at("stage"), "stopped");
}

} // namespace
} // namespace bridge::test
