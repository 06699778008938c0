// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "../capture/capture_script.hpp"
#include "bridge/command_line.hpp"
#include "project_file.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using capture::testing::sampleRecords;
using protocol::Bytes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string_view asText(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class DecodeCommand : public ::testing::Test {
protected:
    void SetUp() override {
        script.wholeSession();
        file = directory.write("pump.btsnoop", asText(script.writer().file()));
        keys = directory.write("keys", asText(serialize(script.keys().first)));
    }
    int run(std::vector<std::string> arguments, const std::string& input = "") {
        // The configuration of this machine must not matter.
        arguments.insert(arguments.begin(), {"--config", (directory / "none.toml").string()});
        std::istringstream in(input);
        std::ostringstream outStream;
        std::ostringstream errStream;
        const Services services{[](const std::string&) { return std::nullopt; }, {}, {}};
        const int code = runCommandLine(arguments, services, {in, outStream, errStream});
        err = errStream.str();
        lines.clear();
        std::istringstream printed(outStream.str());
        for (std::string line; std::getline(printed, line);) lines.push_back(line);
        return code;
    }

    TemporaryDirectory directory;
    capture::testing::CaptureScript script{{}};
    std::filesystem::path file;
    std::filesystem::path keys;
    std::vector<std::string> lines;
    std::string err;
};

TEST_F(DecodeCommand, GivesRecordsWithTheKeysOfHistory) {
    EXPECT_EQ(run({"decode", "--json", "--history", "--keydb", keys.string(), file.string()}), 0) << err;
    const auto records = sampleRecords();
    ASSERT_EQ(lines.size(), records.size());
    bool dated = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto line = nlohmann::json::parse(lines[i]);
        EXPECT_EQ(line.at("kind"), "history");
        EXPECT_EQ(line.at("direction"), "received");
        EXPECT_EQ(line.at("raw"), protocol::toHex(records[i]));
        EXPECT_TRUE(line.contains("event_name") && line.contains("data") && line.contains("packet"));
        dated = dated || !line.at("local_time").is_null();
    }
    EXPECT_TRUE(dated) << "a reference time is among the records";
}

TEST_F(DecodeCommand, ReadsACaptureFromStandardInput) {
    EXPECT_EQ(run({"decode", "--handshake", "-"}, std::string(asText(script.writer().file()))), 0) << err;
    ASSERT_EQ(lines.size(), 9U) << "eight values of the port, and that there are no keys";
    EXPECT_THAT(lines[7], HasSubstr("SAKE message 5"));
    EXPECT_THAT(lines[8], HasSubstr("--keydb"));
}

TEST_F(DecodeCommand, KeepsToTheTimesAskedFor) {
    EXPECT_EQ(run({"decode", "--to", "2026-03-14T09:29:07", file.string()}), 0) << err;
    EXPECT_THAT(lines, Each(HasSubstr("2026-03-14 09:29:07.")));
    EXPECT_FALSE(lines.empty());
    EXPECT_EQ(run({"decode", "--from", "2026-03-15", file.string()}), 0);
    EXPECT_THAT(lines, IsEmpty());
    EXPECT_EQ(run({"decode", "--from", "noon", file.string()}), 2);
    EXPECT_THAT(err, HasSubstr("--from: noon is no time"));
}

TEST_F(DecodeCommand, RefusesAKeyDatabaseThatCannotBeUsed) {
    EXPECT_EQ(run({"decode", "--keydb", (directory / "none").string(), file.string()}), 2);
    EXPECT_THAT(err, HasSubstr("key database"));
}

TEST_F(DecodeCommand, SaysWhereACaptureIsCutAfterWhatCameBefore) {
    const auto bytes = asText(script.writer().file());
    const auto cut = directory.write("cut.btsnoop", bytes.substr(0, bytes.size() - 3));
    EXPECT_EQ(run({"decode", "--keydb", keys.string(), cut.string()}), 1);
    EXPECT_THAT(err, HasSubstr("damaged: truncated at offset"));
    EXPECT_FALSE(lines.empty());
}

TEST_F(DecodeCommand, WritesARedactedCopyOnce) {
    const auto copy = directory / "copy.btsnoop";
    EXPECT_EQ(run({"decode", "--redact", file.string(), copy.string()}), 0) << err;
    EXPECT_EQ(std::filesystem::file_size(copy), std::filesystem::file_size(file));
    EXPECT_THAT(readAll(copy), Not(HasSubstr("1234567")));
    EXPECT_EQ(run({"decode", "--history", "--keydb", keys.string(), copy.string()}), 0) << err;
    EXPECT_EQ(lines.size(), sampleRecords().size());

    EXPECT_EQ(run({"decode", "--redact", file.string(), copy.string()}), 2);
    EXPECT_THAT(err, HasSubstr("exists already"));
    EXPECT_EQ(run({"decode", "--redact", file.string()}), 2);
    EXPECT_THAT(err, HasSubstr("IN OUT"));
    EXPECT_EQ(run({"decode", "--redact", keys.string(), (directory / "other").string()}), 1);
    EXPECT_THAT(err, HasSubstr("not a capture"));
}

/// From scenario pump_returns of tests/vm, redacted: the bridge on Debian 12's bluetoothd pairs with the
/// pump, which returns three times; and what the bridge stored.
class ACaptureOfTheTestMachine : public DecodeCommand {
protected:
    static std::string data(const std::string& name) {
        return support::projectFile("tests/capture/data/" + name);
    }
    const std::string keydb = data("pump_returns.keydb");
    const std::string recorded = data("pump_returns.btsnoop");
};

TEST_F(ACaptureOfTheTestMachine, HoldsTheHistoryThatTheBridgeStored) {
    EXPECT_EQ(run({"decode", "--history", "--json", "--keydb", keydb, recorded}), 0) << err;
    std::set<std::string> shown;
    for (const std::string& line : lines) {
        const auto record = nlohmann::json::parse(line);
        EXPECT_FALSE(record.at("local_time").is_null()) << line;
        shown.insert(record.at("raw"));
    }
    std::set<std::string> stored;
    std::ifstream in(data("pump_returns.hex"));
    for (std::string line; std::getline(in, line);) stored.insert(line);
    EXPECT_FALSE(stored.empty());
    EXPECT_EQ(shown, stored);
}

TEST_F(ACaptureOfTheTestMachine, NamesEveryHandle) {
    EXPECT_EQ(run({"decode", "--keydb", keydb, recorded}), 0) << err;
    EXPECT_THAT(lines, Each(Not(HasSubstr("handle 0x"))));
    EXPECT_THAT(lines, Each(Not(HasSubstr("  note  "))));
    EXPECT_THAT(lines, Contains(HasSubstr("Find Information Response  found=0001 Primary Service")));
    EXPECT_THAT(lines, Contains(HasSubstr("Client Characteristic Configuration of IDD History Data")));
}

TEST_F(ACaptureOfTheTestMachine, HasFourHandshakes) {
    EXPECT_EQ(run({"decode", "--handshake", "--keydb", keydb, recorded}), 0) << err;
    const auto last = [](const std::string& line) {
        return line.find("SAKE message 5") != std::string::npos;
    };
    EXPECT_EQ(std::ranges::count_if(lines, last), 4);
}

} // namespace
} // namespace bridge::test
