// SPDX-License-Identifier: MIT
// The script that sets bluetoothd's main.conf, run as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "project_file.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Outcome {
    int exitCode;
    std::string output; ///< both streams
};

class BluezSettings : public testing::Test {
protected:
    fs::path directory_;
    fs::path file_;

    void SetUp() override {
        auto pattern = (fs::temp_directory_path() / "bluez-settings-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
        file_ = directory_ / "main.conf";
    }
    void TearDown() override { fs::remove_all(directory_); }

    void write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
    void writeStock() const { write(contents(support::projectFile("tests/systemd/data/stock-main.conf"))); }
    [[nodiscard]] fs::path backup() const { return file_.string() + ".before-pump-bridge"; }
    [[nodiscard]] std::string now() const { return contents(file_); }

    Outcome run(const std::string& arguments) const {
        const auto command = "LC_ALL=C sh '" + support::projectFile("systemd/bluez-settings") + "' --file '" +
                             file_.string() + "' " + arguments + " 2>&1";
        Outcome outcome{-1, {}};
        FILE* pipe = popen(command.c_str(), "r");
        if (pipe == nullptr) return outcome;
        std::array<char, 4096> chunk;
        for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
            outcome.output.append(chunk.data(), n);
        const int status = pclose(pipe);
        outcome.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return outcome;
    }
};

TEST_F(BluezSettings, ShowsTheDifferenceAndChangesNothing) {
    writeStock();
    const auto before = now();
    const auto [exitCode, output] = run("");
    EXPECT_EQ(exitCode, 1);
    EXPECT_THAT(output, HasSubstr("+Privacy = device"));
    EXPECT_THAT(output, HasSubstr("would be changed"));
    EXPECT_EQ(now(), before);
    EXPECT_FALSE(fs::exists(backup()));
}

TEST_F(BluezSettings, PutsEachSettingBelowItsCommentedDefault) {
    writeStock();
    const auto [exitCode, output] = run("--apply");
    EXPECT_EQ(exitCode, 0);
    EXPECT_EQ(now(), contents(support::projectFile("tests/systemd/data/stock-main.expected.conf")));
    EXPECT_THAT(output, HasSubstr("systemctl restart bluetooth"));
    EXPECT_THAT(output, HasSubstr("must be paired anew"));
}

TEST_F(BluezSettings, FillsAnEmptyFile) {
    write("");
    EXPECT_EQ(run("--apply").exitCode, 0);
    EXPECT_THAT(now(), testing::StartsWith("[General]\n# pump-bridge: "));
    EXPECT_THAT(now(), HasSubstr("\nControllerMode = le\n"));
    EXPECT_THAT(now(), HasSubstr("\n\n[LE]\n"));
    EXPECT_THAT(now(), testing::EndsWith("\nMaxAdvertisementInterval = 60\n"));
    EXPECT_EQ(run("").exitCode, 0);
}

TEST_F(BluezSettings, LeavesAFileAloneThatHasAllSettings) {
    writeStock();
    run("--apply");
    const auto before = now();
    const auto [exitCode, output] = run("--apply");
    EXPECT_EQ(exitCode, 0);
    EXPECT_THAT(output, HasSubstr("nothing changed"));
    EXPECT_EQ(now(), before);
}

TEST_F(BluezSettings, ChangesOnlyWhatIsMissing) {
    write(
        "[General]\n"
        "ControllerMode=le\n"
        "  Privacy = device  \n"
        "JustWorksRepairing = confirm\n"
        "DiscoverableTimeout = 0\n"
        "PairableTimeout = 0\n"
        "[LE]\n"
        "MinAdvertisementInterval=50");
    const auto [exitCode, output] = run("--apply");
    EXPECT_EQ(exitCode, 0);
    EXPECT_EQ(now(),
              "[General]\n"
              "ControllerMode=le\n"
              "  Privacy = device  \n"
              "JustWorksRepairing = confirm\n"
              "DiscoverableTimeout = 0\n"
              "PairableTimeout = 0\n"
              "[LE]\n"
              "MinAdvertisementInterval=50\n"
              "# pump-bridge: 60 x 0.625 ms\n"
              "MaxAdvertisementInterval = 60\n");
    EXPECT_THAT(output, Not(HasSubstr("paired anew")));
}

TEST_F(BluezSettings, ReplacesAnotherValueWhereItStands) {
    write("[General]\n# mine\nName = cellar\nPrivacy = off # not now\n\n[Policy]\nAutoEnable=true\n");
    run("--apply");
    EXPECT_THAT(now(),
                testing::StartsWith(
                    "[General]\n# mine\nName = cellar\n"
                    "# pump-bridge: the pump comes back only to a private address that it can resolve\n"
                    "Privacy = device\n"));
    EXPECT_THAT(now(), HasSubstr("\n[Policy]\nAutoEnable=true\n"));
    EXPECT_THAT(now(), Not(HasSubstr("Privacy = off")));
}

TEST_F(BluezSettings, GivesAReasonOnceHoweverOftenTheValueIsChangedBack) {
    writeStock();
    run("--apply");
    const auto applied = now();
    auto changed = applied;
    changed.replace(changed.find("Privacy = device"), 16, "Privacy = off");
    write(changed);
    run("--apply");
    EXPECT_EQ(now(), applied);
}

TEST_F(BluezSettings, DoesNotTakeAKeyOfAnotherGroupForIts) {
    write("[BR]\nPrivacy = device\n");
    run("--apply");
    EXPECT_THAT(now(), testing::StartsWith("[BR]\nPrivacy = device\n\n[General]\n"));
    EXPECT_THAT(now(), HasSubstr("resolve\nPrivacy = device\n"));
}

TEST_F(BluezSettings, LetsTheLastOfTwoValuesCountAsBluetoothdDoes) {
    writeStock();
    run("--apply");
    write(now() + "[General]\nPrivacy = off\n");
    EXPECT_EQ(run("").exitCode, 1);
    run("--apply");
    EXPECT_THAT(now(), testing::EndsWith("[General]\n"
                                         "# pump-bridge: the pump comes back only to a private address that "
                                         "it can resolve\n"
                                         "Privacy = device\n"));
    EXPECT_EQ(run("").exitCode, 0);
}

TEST_F(BluezSettings, RestoresTheFileByteForByte) {
    const std::string before = "[General]\r\n\r\n#Privacy = off\r\nName = \xc3\xa9t\xc3\xa9 \t\n\n\n[LE]";
    write(before);
    fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write);
    run("--apply");
    ASSERT_NE(now(), before);
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    const auto [exitCode, output] = run("--undo");
    EXPECT_EQ(exitCode, 0);
    EXPECT_THAT(output, HasSubstr("must be paired anew"));
    EXPECT_EQ(now(), before);
    EXPECT_FALSE(fs::exists(backup()));
    EXPECT_EQ(run("--undo").exitCode, 1);
    EXPECT_EQ(now(), before);
}

TEST_F(BluezSettings, KeepsTheFirstBackup) {
    write("[Policy]\nAutoEnable=true\n");
    run("--apply");
    write("[General]\n");
    run("--apply");
    EXPECT_EQ(contents(backup()), "[Policy]\nAutoEnable=true\n");
}

TEST_F(BluezSettings, ChangesTheFileBehindASymbolicLink) {
    const auto target = directory_ / "elsewhere.conf";
    std::ofstream(target) << "[General]\n";
    fs::create_symlink(target, file_);
    EXPECT_EQ(run("--apply").exitCode, 0);
    EXPECT_TRUE(fs::is_symlink(file_));
    EXPECT_THAT(contents(target), HasSubstr("Privacy = device"));
}

TEST_F(BluezSettings, SaysThatAFileIsMissing) {
    const auto [exitCode, output] = run("--apply");
    EXPECT_EQ(exitCode, 2);
    EXPECT_THAT(output, HasSubstr("does not exist"));
    EXPECT_FALSE(fs::exists(file_));
}

TEST_F(BluezSettings, SaysThatAFileCannotBeRead) {
    if (geteuid() == 0) GTEST_SKIP() << "root can read every file";
    writeStock();
    fs::permissions(file_, fs::perms::none);
    const auto [exitCode, output] = run("--apply");
    EXPECT_EQ(exitCode, 2);
    EXPECT_THAT(output, HasSubstr("cannot be read"));
    EXPECT_FALSE(fs::exists(backup()));
}

TEST_F(BluezSettings, RefusesWhatIsNotAFile) {
    fs::create_directory(file_);
    const auto [exitCode, output] = run("");
    EXPECT_EQ(exitCode, 2);
    EXPECT_THAT(output, HasSubstr("is not a file"));
}

TEST_F(BluezSettings, RefusesWhatItDoesNotKnow) {
    write("");
    const auto [exitCode, output] = run("--aply");
    EXPECT_EQ(exitCode, 2);
    EXPECT_THAT(output, HasSubstr("usage:"));
    EXPECT_EQ(now(), "");
}

} // namespace
