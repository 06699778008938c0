// SPDX-License-Identifier: MIT
// What the program tells its user to run is there once it is installed, and says the same as the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "bridge/check/bluez_findings.hpp"
#include "bridge/check/main_conf.hpp"
#include "project_file.hpp"

namespace {

namespace fs = std::filesystem;
using namespace bridge::check;
using testing::HasSubstr;

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string outputOf(const std::string& command) {
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return output;
    std::array<char, 4096> chunk;
    for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
        output.append(chunk.data(), n);
    pclose(pipe);
    return output;
}

struct Listed {
    std::string value, reason;
};
/// "General Privacy" -> ...
std::map<std::string, Listed> listed() {
    std::istringstream list(outputOf("sh '" + support::projectFile("systemd/bluez-settings") + "' --list"));
    std::map<std::string, Listed> settings;
    for (std::string group, key, value, reason; std::getline(list, group, '|') &&
                                                std::getline(list, key, '|') &&
                                                std::getline(list, value, '|') && std::getline(list, reason);)
        settings[group + " " + key] = {value, reason};
    return settings;
}

TEST(BluezSettingsList, AreTheSameInCheckAndInTheScript) {
    auto expected = listed();
    for (const BluezSetting& setting : bluezSettings()) {
        const auto name = std::string(setting.group) + " " + std::string(setting.key);
        ASSERT_TRUE(expected.contains(name)) << name;
        EXPECT_EQ(expected[name].value, setting.value) << name;
        EXPECT_EQ(expected[name].reason, setting.reason) << name;
        expected.erase(name);
    }
    ASSERT_EQ(expected.size(), 2U) << "the intervals, which are judged where they are in effect";
    EXPECT_LE(std::stoul(expected.at("LE MinAdvertisementInterval").value),
              std::stoul(expected.at("LE MaxAdvertisementInterval").value));
    EXPECT_LE(std::stoul(expected.at("LE MaxAdvertisementInterval").value), kSlowestInterval);
}

TEST(BluezSettingsList, AreTheSameInTheTestMachine) {
    const std::string steps = contents(support::projectFile("tests/vm/steps.sh"));
    for (const auto& [name, setting] : listed()) {
        const std::string key = name.substr(name.find(' ') + 1);
        const auto at = steps.find(key + " = ");
        if (at == std::string::npos) continue; // the machine has bluetoothd's own
        const std::string rest = steps.substr(at + key.size() + 3);
        EXPECT_TRUE(rest.starts_with(setting.value) || rest.starts_with("${privacy:-" + setting.value + "}"))
            << key;
    }
}

TEST(Remedies, NameFilesThatAreInstalled) {
    const std::string rules = contents(support::projectFile("CMakeLists.txt"));
    EXPECT_THAT(kSettingsRemedy, HasSubstr("/lib/pump-bridge/bluez-settings --apply"));
    EXPECT_THAT(rules, HasSubstr("install(PROGRAMS systemd/bluez-settings DESTINATION lib/pump-bridge)"));
    EXPECT_TRUE(fs::exists(support::projectFile("systemd/bluez-settings")));

    SystemFacts stock;
    stock.installed = true;
    stock.version = "5.66";
    const std::string remedy = checkDiscoveryAnswers(stock, MainConf("")).remedy;
    EXPECT_THAT(remedy, HasSubstr("/lib/pump-bridge/bluetooth-preload.conf /etc/systemd/system/"));
    const std::string dropIn = contents(PROJECT_BUILD_DIR "/patches/preload/bluetooth-preload.conf");
    EXPECT_THAT(dropIn, HasSubstr("LD_PRELOAD=" PUMP_BRIDGE_LIBRARY_DIRECTORY "/bluez_att_limits.so\n"));
    EXPECT_THAT(rules, HasSubstr("install(TARGETS bluez_att_limits LIBRARY DESTINATION lib/pump-bridge)"));
}

TEST(Unit, StartsTheInstalledProgramAndKeepsItsMemoryToItself) {
    const std::string unit = contents(PROJECT_BUILD_DIR "/systemd/pump-bridge.service");
    for (const char* line : {"/bin/pump-bridge run\n", "\nLimitCORE=0\n", "\nRestartPreventExitStatus=2\n",
                             "\nRuntimeDirectory=pump-bridge\n", "\nSupplementaryGroups=pump-bridge-users\n",
                             "\nType=notify\n", "\nWatchdogSec=4min\n"})
        EXPECT_THAT(unit, HasSubstr(line));
    EXPECT_EQ(unit.find('@' + std::string("CMAKE")), std::string::npos);
    EXPECT_THAT(unit, HasSubstr("\nAfter=bluetooth.service network-online.target\n"))
        << "it does not wait for the time";
    EXPECT_THAT(contents(support::projectFile("systemd/pump-bridge.sysusers")),
                HasSubstr("g pump-bridge-users "));
}

} // namespace
