// SPDX-License-Identifier: MIT
#include "bridge/config/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "project_file.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using nightscout::Feature;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kComplete = R"(timezone = "Europe/Berlin"

[pump]
key_database = "/tmp/none.keydb"
serial = "NG1234567H"
name = "kitchen"

[bluetooth]
adapter = "hci1"

[nightscout]
url = "https://example.org"
features = ["BOLUS", "CGM"]
ca_file = "/etc/ca.pem"

[storage]
path = "/tmp/history.db"

[status]
listen = ""

[time]
host_clock = "trusted"
)";

class ConfigurationFile : public ::testing::Test {
protected:
    LoadedConfiguration load(std::string_view text) {
        return loadConfiguration(directory.write("pump-bridge.toml", text), lookUp());
    }
    Environment lookUp() {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto found = environment.find(name);
            if (found == environment.end()) return std::nullopt;
            return found->second;
        };
    }
    std::string problemsOf(std::string_view text) { return toString(load(text).problems); }

    TemporaryDirectory directory;
    std::map<std::string, std::string> environment;
};

TEST_F(ConfigurationFile, GivesEveryValue) {
    const auto loaded = load(kComplete);
    EXPECT_EQ(toString(loaded.problems), "");
    const Configuration& read = loaded.configuration;
    EXPECT_EQ(read.timezone, "Europe/Berlin");
    EXPECT_EQ(read.pump.keyDatabase, "/tmp/none.keydb");
    EXPECT_EQ(read.pump.serial, "NG1234567H");
    EXPECT_EQ(read.pump.name, "kitchen");
    EXPECT_EQ(read.bluetooth.adapter, "hci1");
    EXPECT_EQ(read.nightscout.url, "https://example.org");
    EXPECT_EQ(read.documents.features, (nightscout::FeatureSet{Feature::Bolus, Feature::Cgm}));
    EXPECT_EQ(read.nightscout.caFile, "/etc/ca.pem");
    EXPECT_EQ(read.storage.path, "/tmp/history.db");
    EXPECT_EQ(read.status.listen, "");
    EXPECT_TRUE(read.time.hostClockTrusted);
}

TEST_F(ConfigurationFile, NeedsOnlyTheTimeZone) {
    const auto loaded = load("timezone = \"Europe/Berlin\"\n");
    EXPECT_EQ(toString(loaded.problems), "");
    EXPECT_EQ(loaded.configuration.storage.path, "/var/lib/pump-bridge/history.db");
    EXPECT_EQ(loaded.configuration.status.listen, "127.0.0.1:8780");
    EXPECT_FALSE(loaded.configuration.time.hostClockTrusted);
}

TEST_F(ConfigurationFile, ReportsEveryProblemAtOnceWithItsLine) {
    const std::string problems = problemsOf(
        "timezone = 5\n"
        "[pump]\n"
        "serail = \"x\"\n"
        "[nightscout]\n"
        "features = [\"BOLUS\", \"BOLUSES\", 3]\n"
        "[storage]\n"
        "path = true\n"
        "[stroage]\n");
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:1: timezone: must be text in quotes\n"));
    EXPECT_THAT(problems,
                HasSubstr("pump-bridge.toml:3: pump.serail: unknown key; did you mean pump.serial?\n"));
    EXPECT_THAT(
        problems,
        HasSubstr("pump-bridge.toml:5: nightscout.features: unknown feature BOLUSES; known are BASAL"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:5: nightscout.features: must hold names in quotes\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:7: storage.path: must be text in quotes\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:8: stroage: unknown key"));
}

TEST_F(ConfigurationFile, FindsKeysThatStandInTheWrongSection) {
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n[pump]\nadapter = \"hci0\"\n"),
                HasSubstr("pump-bridge.toml:3: pump.adapter: unknown key; did you mean bluetooth.adapter?"));
}

TEST_F(ConfigurationFile, WithASyntaxErrorIsReportedWithItsLine) {
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n[pump\n"), HasSubstr("pump-bridge.toml:2: "));
}

TEST_F(ConfigurationFile, ThatIsMissingIsNamed) {
    const auto loaded = loadConfiguration(directory / "none.toml", lookUp());
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_THAT(toString(loaded.problems),
                ::testing::StartsWith((directory / "none.toml").string() + ": No such file"));
}

TEST_F(ConfigurationFile, NeedsAZoneThatExists) {
    EXPECT_THAT(problemsOf(""), HasSubstr("timezone: is missing"));
    EXPECT_THAT(problemsOf("timezone = \"Europe/Atlantis\"\n"),
                HasSubstr("pump-bridge.toml:1: timezone: there is no zone \"Europe/Atlantis\""));
}

TEST_F(ConfigurationFile, AcceptsFeaturesOfOtherPumpsWithAWarning) {
    const auto loaded = load("timezone = \"UTC\"\n[nightscout]\nfeatures = [\"IOB\", \"CGM\"]\n");
    EXPECT_EQ(toString(loaded.problems), "");
    EXPECT_THAT(toString(loaded.warnings),
                HasSubstr("pump-bridge.toml:3: nightscout.features: IOB has no meaning"));
    EXPECT_EQ(loaded.configuration.documents.features, nightscout::FeatureSet{Feature::Cgm});
}

TEST_F(ConfigurationFile, SaysHowDocumentsAreMade) {
    const auto loaded = load(R"(timezone = "UTC"
[documents]
alias = "pump-1"
units = "mmol"
auto_correction_event_type = "Correction Bolus"
direction_style = "arrows"
low_sentinel = 49
high_sentinel = 400
announce = ["A", "W", 802]
insulin_change = "off"
site_change = "level_prime"
limit_notes = true
clock_notes = true
temp_target = true
carbs_per_exchange = 12.5
[basal]
manual = false
[devicestatus]
iob = false
)");
    EXPECT_EQ(toString(loaded.problems), "");
    const auto settings = loaded.configuration.documents;
    EXPECT_EQ(settings.alias, "pump-1");
    EXPECT_EQ(settings.units, nightscout::GlucoseUnits::MillimolesPerLitre);
    EXPECT_EQ(settings.autoCorrection, nightscout::AutoCorrectionEventType::CorrectionBolus);
    EXPECT_EQ(settings.directions, nightscout::DirectionStyle::Arrows);
    EXPECT_EQ(settings.lowSentinel, 49);
    EXPECT_EQ(settings.gramsPerExchange, therapy::Amount{1'250'000'000});
    EXPECT_EQ(settings.highSentinel, 400);
    EXPECT_THAT(settings.announce.classes,
                ::testing::ElementsAre(nightscout::FaultClass::Alarm, nightscout::FaultClass::Warning));
    EXPECT_THAT(settings.announce.faults, ::testing::ElementsAre(802));
    EXPECT_FALSE(settings.insulinChange);
    EXPECT_EQ(settings.siteChange, nightscout::SiteChangeRule::Primed);
    EXPECT_TRUE(settings.limitNotes && settings.clockNotes && settings.tempTarget);
    EXPECT_FALSE(settings.manualBasal || settings.insulinOnBoard);
}

TEST_F(ConfigurationFile, MakesDocumentsAsTheMappingDoesUnlessItSaysOtherwise) {
    const auto settings = load("timezone = \"UTC\"\n").configuration.documents;
    const nightscout::MappingSettings defaults;
    EXPECT_EQ(settings.alias, defaults.alias);
    EXPECT_EQ(settings.autoCorrection, nightscout::AutoCorrectionEventType::Smb);
    EXPECT_EQ(settings.lowSentinel, 40);
    EXPECT_EQ(settings.features, defaults.features);
    EXPECT_EQ(settings.announce.classes, defaults.announce.classes);
}

TEST_F(ConfigurationFile, RefusesWhatNoDocumentCanHave) {
    const std::string problems = problemsOf(R"(timezone = "UTC"
[documents]
alias = "my <pump>"
units = "mg"
low_sentinel = 39
announce = ["A", "X", 0, true]
limit_notes = "yes"
insulin_change = 1
[devicestatus]
iop = true
)");
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:3: documents.alias: must be letters"));
    EXPECT_THAT(problems,
                HasSubstr("pump-bridge.toml:4: documents.units: must be one of \"mg/dl\", \"mmol\"\n"));
    EXPECT_THAT(
        problems,
        HasSubstr("pump-bridge.toml:5: documents.low_sentinel: must be a whole number from 40 to 49\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:6: documents.announce: must hold classes"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:7: documents.limit_notes: must be true or false\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:8: documents.insulin_change: must be one of"));
    EXPECT_THAT(
        problems,
        HasSubstr("pump-bridge.toml:10: devicestatus.iop: unknown key; did you mean devicestatus.iob?"));
}

constexpr const char* kProfile = R"(timezone = "UTC"
[profile]
mode = "replace"
name = "Day and night"
units = "mmol"
dia = 3.5
carbs_hr = 25
delay = 15
basal = { "00:00" = 0.85, "06:30" = 1 }
carbratio = { "00:00" = 9 }
sens = { "00:00" = 2.5 }
target_low = { "00:00" = 5.5 }
target_high = { "00:00" = 6.5 }
)";

TEST_F(ConfigurationFile, GivesAProfileWhenItHasOne) {
    EXPECT_FALSE(load("timezone = \"UTC\"\n").configuration.profile);
    const auto loaded = load(kProfile);
    EXPECT_EQ(toString(loaded.problems), "");
    ASSERT_TRUE(loaded.configuration.profile);
    const auto& profile = *loaded.configuration.profile;
    EXPECT_EQ(profile.mode, nightscout::ProfileMode::Replace);
    EXPECT_EQ(profile.name, "Day and night");
    EXPECT_EQ(profile.units, "mmol");
    EXPECT_EQ(profile.dia, 3.5);
    EXPECT_EQ(profile.carbsPerHour, 25);
    EXPECT_EQ(profile.delay, 15);
    using std::chrono::minutes;
    EXPECT_THAT(profile.basal, ::testing::ElementsAre(nightscout::ProfileBlock{minutes{0}, 0.85},
                                                      nightscout::ProfileBlock{minutes{390}, 1}));
    EXPECT_THAT(profile.targetHigh, ::testing::ElementsAre(nightscout::ProfileBlock{minutes{0}, 6.5}));
}

TEST_F(ConfigurationFile, NeedsAWholeProfileOrNone) {
    const std::string problems = problemsOf(R"(timezone = "UTC"
[profile]
name = "a.b"
dia = "3"
basal = { "06:00" = 1.0 }
carbratio = { "00:00" = -1, "24:00" = 3 }
sens = 45
)");
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:3: profile.name: must not be empty nor hold"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:4: profile.dia: must be a number from 1 to 24\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:5: profile.basal: must begin at \"00:00\""));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:6: profile.carbratio.00:00: must be from 0 to 300\n"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:6: profile.carbratio.24:00: must be a time of day"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:7: profile.sens: must be a table"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:2: profile.target_low: must begin at"));
    EXPECT_EQ(problemsOf("timezone = \"UTC\"\n[profile]\nmode = \"never\"\n"), "");
}

TEST_F(ConfigurationFile, ThatIsTheExampleHasTheDefaults) {
    const auto loaded = loadConfiguration(support::projectFile("systemd/pump-bridge.toml"), lookUp());
    for (const ConfigurationProblem& problem : loaded.problems) {
        EXPECT_EQ(problem.key, "nightscout.api_secret_file") << problem.text; // names a file that is not here
    }
    const auto settings = loaded.configuration.documents;
    const nightscout::MappingSettings defaults;
    EXPECT_EQ(settings.lowSentinel, defaults.lowSentinel);
    EXPECT_EQ(settings.highSentinel, defaults.highSentinel);
    EXPECT_EQ(settings.siteChange, defaults.siteChange);
    EXPECT_EQ(settings.insulinOnBoard, defaults.insulinOnBoard);
    EXPECT_EQ(settings.manualBasal, defaults.manualBasal);
    EXPECT_EQ(settings.tempTarget, defaults.tempTarget);
    EXPECT_EQ(settings.features, defaults.features);
}

TEST_F(ConfigurationFile, RefusesAnAddressThatCannotBeOne) {
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n[nightscout]\nurl = \"ftp://example.org\"\n"),
                HasSubstr("pump-bridge.toml:3: nightscout.url: "));
    environment["NS_URL"] = "ftp://example.org";
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n"), HasSubstr("environment NS_URL: nightscout.url: "));
}

TEST_F(ConfigurationFile, YieldsToTheEnvironment) {
    environment = {{"NS_URL", "https://other.example"},
                   {"NS_SECRET", "a secret of mine"},
                   {"TIMEZONE_NAME", "America/New_York"},
                   {"TZ", "Asia/Tokyo"},
                   {"PUMP_SERIAL_NUMBER", "NG7654321H"}};
    const auto loaded = load(kComplete);
    EXPECT_EQ(toString(loaded.problems), "");
    EXPECT_EQ(loaded.configuration.nightscout.url, "https://other.example");
    EXPECT_EQ(loaded.configuration.apiSecret, "a secret of mine");
    EXPECT_EQ(loaded.configuration.timezone, "America/New_York");
    EXPECT_EQ(loaded.configuration.pump.serial, "NG7654321H");
}

TEST_F(ConfigurationFile, TakesASerialNumberHoweverItIsWritten) {
    EXPECT_EQ(load("timezone = \"UTC\"\n[pump]\nserial = \"ng 1234567h\"\n").configuration.pump.serial,
              "NG1234567H");
    environment = {{"PUMP_SERIAL_NUMBER", "1234567h"}};
    EXPECT_EQ(load("timezone = \"UTC\"\n").configuration.pump.serial, "1234567H");
    environment = {{"PUMP_SERIAL_NUMBER", "NG1234567H; rm"}};
    EXPECT_NE(toString(load("timezone = \"UTC\"\n").problems).find("pump.serial"), std::string::npos);
}

TEST_F(ConfigurationFile, TakesTheSecondNamesOfTheEnvironment) {
    environment = {
        {"API_SECRET", "a secret of mine"}, {"TZ", ":Asia/Tokyo"}, {"PUMP_SERIAL_NUMBER", "11111111"}};
    const auto loaded = load("");
    EXPECT_EQ(toString(loaded.problems), "");
    EXPECT_EQ(loaded.configuration.apiSecret, "a secret of mine");
    EXPECT_EQ(loaded.configuration.timezone, "Asia/Tokyo");
    EXPECT_EQ(loaded.configuration.pump.serial, "");
    EXPECT_EQ(load("timezone = \"UTC\"\n").configuration.timezone, "UTC");
}

TEST_F(ConfigurationFile, ReadsSecretsFromFilesWithoutTheirLineEnd) {
    const auto secret = directory.write("api-secret", "correct horse battery\n");
    const auto token = directory.write("token", "pump-0123456789abcdef\r\n");
    const auto loaded = load("timezone = \"UTC\"\n[nightscout]\napi_secret_file = \"" + secret.string() +
                             "\"\ntoken_file = \"" + token.string() + "\"\n");
    EXPECT_EQ(toString(loaded.problems), "");
    EXPECT_EQ(toString(loaded.warnings), "");
    EXPECT_EQ(loaded.configuration.apiSecret, "correct horse battery");
    EXPECT_EQ(loaded.configuration.token, "pump-0123456789abcdef");
    EXPECT_EQ(loaded.configuration.apiSecretSource, secret);
    EXPECT_EQ(loaded.configuration.tokenSource, token);
}

TEST_F(ConfigurationFile, TakesCredentialsOfTheServiceManager) {
    directory.write("api-secret", "correct horse battery\n");
    environment["CREDENTIALS_DIRECTORY"] = (directory / "").string();
    const auto loaded = load("timezone = \"UTC\"\n");
    EXPECT_EQ(loaded.configuration.apiSecret, "correct horse battery");
    EXPECT_EQ(loaded.configuration.token, "");
    EXPECT_EQ(loaded.configuration.apiSecretSource, directory / "api-secret");
    EXPECT_EQ(loaded.configuration.tokenSource, "");
}

TEST_F(ConfigurationFile, ProposesSectionsToo) {
    const std::string problems =
        problemsOf("timezone = \"UTC\"\n[nightscuot]\nurl = \"\"\n[profil]\nmode = \"add\"\n");
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:2: nightscuot: unknown key; did you mean nightscout?"));
    EXPECT_THAT(problems, HasSubstr("pump-bridge.toml:4: profil: unknown key; did you mean profile?"));
}

TEST_F(ConfigurationFile, NamesSecretsThatOthersCanRead) {
    const auto all = std::filesystem::perms::owner_read | std::filesystem::perms::others_read;
    const auto secret = directory.write("api-secret", "correct horse battery\n", all);
    const auto loaded =
        load("timezone = \"UTC\"\n[nightscout]\napi_secret_file = \"" + secret.string() + "\"\n");
    EXPECT_THAT(toString(loaded.exposed), HasSubstr("can be read by other users: chmod 600 "));
    EXPECT_THAT(toString(loaded.exposed), Not(HasSubstr("horse")));
    EXPECT_EQ(toString(loaded.warnings), "");
    const auto allowed = load("timezone = \"UTC\"\n[nightscout]\napi_secret_file = \"" + secret.string() +
                              "\"\n[security]\nallow_readable_secrets = true\n");
    EXPECT_EQ(toString(allowed.exposed), "");
    EXPECT_THAT(toString(allowed.warnings), HasSubstr("can be read by other users"));
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    EXPECT_EQ(
        toString(load("timezone = \"UTC\"\n[nightscout]\napi_secret_file = \"" + secret.string() + "\"\n")
                     .exposed),
        "");
}

TEST_F(ConfigurationFile, NamesASecretFileThatCannotBeUsed) {
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n[nightscout]\napi_secret_file = \"/none/secret\"\n"),
                HasSubstr("pump-bridge.toml:3: nightscout.api_secret_file: /none/secret: "));
    const auto empty = directory.write("empty", "\n");
    EXPECT_THAT(problemsOf("timezone = \"UTC\"\n[nightscout]\ntoken_file = \"" + empty.string() + "\"\n"),
                HasSubstr("is empty"));
}

TEST_F(ConfigurationFile, WarnsWhenNothingAuthorisesUploads) {
    EXPECT_THAT(toString(load(kComplete).warnings), HasSubstr("neither a secret nor a token"));
}

} // namespace
} // namespace bridge::test
