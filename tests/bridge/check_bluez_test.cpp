// SPDX-License-Identifier: MIT
// What check says about BlueZ: from facts made up, and from files of a machine made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/check/bluez_findings.hpp"
#include "temporary_directory.hpp"

namespace bridge::check {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kGoodConf =
    "[General]\n# a comment\nControllerMode = le\nPrivacy=device\nJustWorksRepairing = confirm\n"
    "DiscoverableTimeout = 0\nPairableTimeout = 0\n\n[LE]\nMinAdvertisementInterval=50\n"
    "MaxAdvertisementInterval = 0x3c\n";

TEST(MainConf, ReadsAsBluetoothdDoes) {
    const MainConf conf{
        "Key=before any group\r\n[General]\nA = 1 # no comment\n#B = 2\n A = 3 \r\n[LE]\nA=0x10\nB=-"};
    EXPECT_EQ(conf.get("General", "A"), "3") << "the last one counts";
    EXPECT_EQ(conf.get("General", "B"), std::nullopt);
    EXPECT_EQ(conf.number("LE", "A"), 16U);
    EXPECT_EQ(conf.number("LE", "B"), std::nullopt);
    EXPECT_EQ(conf.get("", "Key"), "before any group");
}

TEST(CheckSettings, IsContentWithWhatBluezSettingsWrites) {
    const auto findings = checkSettings(MainConf{kGoodConf});
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].grade, Grade::Ok);
}

TEST(CheckSettings, NamesEverySettingThatIsMissing) {
    const auto findings = checkSettings(MainConf{"[General]\nPrivacy = device # on\n"});
    ASSERT_THAT(findings, SizeIs(5));
    EXPECT_THAT(findings[0].text, HasSubstr("ControllerMode is not set"));
    EXPECT_EQ(findings[0].grade, Grade::Warning);
    EXPECT_EQ(findings[1].grade, Grade::Failed);
    EXPECT_THAT(findings[1].text, HasSubstr("line of its own"));
    EXPECT_THAT(findings[1].remedy, HasSubstr("pair"));
}

TEST(CheckVersion, KnowsWhatWasTried) {
    EXPECT_EQ(checkVersion({.installed = true, .version = "5.66-1+deb12u2"}).grade, Grade::Ok);
    EXPECT_EQ(checkVersion({.installed = true, .version = "5.82-1.1+pump1"}).grade, Grade::Ok);
    EXPECT_EQ(checkVersion({.installed = true, .version = "5.55-3"}).grade, Grade::Warning);
    EXPECT_EQ(checkVersion({.installed = true, .version = ""}).grade, Grade::Warning);
    EXPECT_EQ(checkVersion({}).grade, Grade::Failed);
}

Grade discovery(const SystemFacts& system, const char* conf = "") {
    return checkDiscoveryAnswers(system, MainConf{conf}).grade;
}

TEST(CheckDiscoveryAnswers, WantsThePatchOrTheLibrary) {
    SystemFacts stock{.installed = true, .version = "5.66-1"};
    EXPECT_EQ(discovery(stock), Grade::Failed);
    EXPECT_EQ(discovery(stock, "[GATT]\nExchangeMTU = 48\n"), Grade::Failed);
    EXPECT_THAT(checkDiscoveryAnswers(stock, MainConf{"[GATT]\nExchangeMTU = 23\n"}).text,
                HasSubstr("drop its adapter"));

    SystemFacts patched{.installed = true, .version = "5.66-1+deb12u2+pump1"};
    EXPECT_EQ(discovery(patched), Grade::Failed) << "not switched on";
    EXPECT_EQ(discovery(patched, "[GATT]\nDiscoveryMTU = 23\n"), Grade::Ok);
    EXPECT_EQ(discovery(patched, "[GATT]\nExchangeMTU = 23\n"), Grade::Ok);
}

TEST(CheckDiscoveryAnswers, TellsAPreloadLibraryThatIsLoadedFromOneThatIsNot) {
    SystemFacts system{
        .installed = true, .version = "5.66-1", .preloadConfigured = true, .preloadInstalled = true};
    EXPECT_EQ(discovery(system), Grade::Ok) << "not known";
    system.preloadLoaded = true;
    EXPECT_EQ(discovery(system), Grade::Ok);
    system.preloadLoaded = false;
    EXPECT_EQ(discovery(system), Grade::Failed);
    EXPECT_THAT(checkDiscoveryAnswers(system, MainConf{""}).remedy, HasSubstr("restart"));
    system.preloadLoaded.reset();
    system.preloadInstalled = false;
    EXPECT_EQ(discovery(system), Grade::Failed);
}

TEST(CheckRunning, TellsNoBusFromNoBluetoothd) {
    EXPECT_TRUE(checkRunning({.problem = "no bus"}, {}).unreachable);
    EXPECT_THAT(checkRunning({.problem = "no answer", .running = true}, {}).remedy,
                HasSubstr("restart bluetooth"));
    EXPECT_THAT(checkRunning({}, {.installed = true}).remedy, HasSubstr("enable --now bluetooth"));
    EXPECT_THAT(checkRunning({}, {}).remedy, HasSubstr("apt-get install bluez"));
    EXPECT_EQ(checkRunning({.running = true}, {}).grade, Grade::Ok);
}

TEST(CheckAdapter, ChoosesAsTheServiceDoes) {
    BusFacts bus{.running = true};
    EXPECT_EQ(checkAdapter(bus, "").grade, Grade::Failed);
    bus.adapters = {{.name = "hci0", .powered = true}, {.name = "hci1", .powered = true, .lowEnergy = true}};
    EXPECT_EQ(chooseAdapter(bus, ""), "hci1");
    EXPECT_EQ(checkAdapter(bus, "").grade, Grade::Ok);
    EXPECT_EQ(checkAdapter(bus, "hci0").grade, Grade::Failed);
    bus.adapters[1].advertisements = 2;
    EXPECT_EQ(checkAdapter(bus, "").grade, Grade::Warning);
    bus.adapters[1].powered = false;
    EXPECT_THAT(checkAdapter(bus, "").text, HasSubstr("off"));
}

TEST(CheckController, JudgesTheSettingsInEffect) {
    const ControllerFacts good{.powered = true, .lowEnergy = true, .privacy = true};
    EXPECT_EQ(checkController(good)[0].grade, Grade::Ok);
    const auto bad = checkController({.powered = true, .brEdr = true, .secureConnections = true});
    EXPECT_THAT(bad, SizeIs(4));
    EXPECT_THAT(bad, Contains(Field(&Finding::text, HasSubstr("privacy is off"))));
    EXPECT_EQ(checkController({.problem = "denied"})[0].grade, Grade::Warning);
    EXPECT_THAT(checkController({})[0].text, HasSubstr("adapter is off"));
}

TEST(CheckInterval, PrefersWhatIsInEffect) {
    const MainConf fast{kGoodConf};
    ControllerFacts controller{.problem = "not there"};
    EXPECT_THAT(checkInterval(controller, fast).text, HasSubstr("31.25 to 37.5 ms (by main.conf)"));
    EXPECT_EQ(checkInterval(controller, MainConf{""}).grade, Grade::Warning);
    controller = {.minInterval = 0x800, .maxInterval = 0x800};
    EXPECT_EQ(checkInterval(controller, fast).grade, Grade::Warning);
    EXPECT_THAT(checkInterval(controller, fast).text, HasSubstr("1280 ms (in effect)"));
    controller = {.minInterval = 50, .maxInterval = 240};
    EXPECT_EQ(checkInterval(controller, fast).grade, Grade::Ok);
}

TEST(CheckBonds, SaysWhoHoldsThem) {
    BusFacts bus{.running = true};
    EXPECT_THAT(checkBonds(bus, "hci0", "")[0].text, HasSubstr("no pump is paired yet"));
    bus.pumps = {{.adapter = "hci0", .name = "Pump 1234567H", .bonded = true, .connected = true}};
    EXPECT_EQ(checkBonds(bus, "hci0", "NG1234567H")[0].text, "Pump ...67H is paired with hci0 and connected");
    EXPECT_EQ(checkBonds(bus, "hci0", "NG7654321H")[0].grade, Grade::Warning);
    EXPECT_THAT(checkBonds(bus, "hci1", "")[0].text, HasSubstr("but the service uses hci1"));
    bus.pumps.push_back({.adapter = "hci0", .name = "Pump 7654321H", .bonded = true});
    EXPECT_THAT(checkBonds(bus, "hci0", ""), Contains(Field(&Finding::text, HasSubstr("several pumps"))));
    bus.pumps = {{.adapter = "hci0", .name = "Pump 1234567H"}};
    EXPECT_THAT(checkBonds(bus, "hci0", "")[0].text, HasSubstr("no pump is paired yet"));
}

class SystemFactsTest : public ::testing::Test {
protected:
    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((directory / path).parent_path());
        directory.write(path, text);
    }
    SystemFacts read(std::uint32_t bluetoothd = 0) {
        return readSystemFacts(directory / "", bluetoothd, [this](const std::filesystem::path&) {
            ++asked;
            return std::string("5.71");
        });
    }
    test::TemporaryDirectory directory;
    int asked = 0;
};

TEST_F(SystemFactsTest, FindsNothingOnAMachineWithoutBluez) {
    const auto facts = read();
    EXPECT_FALSE(facts.installed);
    EXPECT_EQ(facts.version, "");
    EXPECT_FALSE(facts.mainConf);
    EXPECT_EQ(asked, 0);
}

TEST_F(SystemFactsTest, ReadsPackageSettingsPreloadAndLockdown) {
    write("var/lib/dpkg/status",
          "Package: bluez-tools\nStatus: install ok installed\nVersion: 2.0\n\n"
          "Package: bluez\nStatus: install ok installed\nVersion: 5.66-1+deb12u2+pump1\n\nPackage: "
          "c\nVersion: 1\n");
    write("usr/libexec/bluetooth/bluetoothd", "");
    write("etc/bluetooth/main.conf", kGoodConf);
    write("etc/systemd/system/bluetooth.service.d/pump-bridge.conf",
          "# comment\n[Service]\nEnvironment=LD_PRELOAD=/usr/local/lib/bluez_att_limits.so\n");
    write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
    write("proc/77/maps", "7f00-7f01 r-xp /usr/local/lib/bluez_att_limits.so\n");
    auto facts = read(77);
    EXPECT_TRUE(facts.installed);
    EXPECT_EQ(facts.version, "5.66-1+deb12u2+pump1");
    EXPECT_EQ(facts.mainConf, kGoodConf);
    EXPECT_TRUE(facts.preloadConfigured);
    EXPECT_FALSE(facts.preloadInstalled);
    EXPECT_EQ(facts.preloadLoaded, true);
    EXPECT_EQ(facts.lockdown, "integrity");
    EXPECT_EQ(checkLockdown(facts).grade, Grade::Ok);
    write("usr/local/lib/bluez_att_limits.so", "");
    write("proc/77/maps", "7f00-7f01 r-xp /usr/lib/libc.so\n");
    facts = read(77);
    EXPECT_TRUE(facts.preloadInstalled);
    EXPECT_EQ(facts.preloadLoaded, false);
}

TEST_F(SystemFactsTest, AsksTheProgramWhereThereIsNoPackage) {
    write("var/lib/dpkg/status", "Package: bluez\nStatus: deinstall ok config-files\nVersion: 5.66\n");
    write("usr/libexec/bluetooth/bluetoothd", "");
    EXPECT_EQ(read().version, "5.71");
}

} // namespace
} // namespace bridge::check
