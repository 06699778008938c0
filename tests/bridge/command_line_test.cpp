// SPDX-License-Identifier: MIT
#include "bridge/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bridge/commands/history.hpp"
#include "bridge/config/configuration.hpp"
#include "bridge/store/store.hpp"
#include "project_file.hpp"
#include "protocol/codec/bytes.hpp"
#include "store_samples.hpp"
#include "temporary_directory.hpp"

namespace bridge::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<json> linesOf(const std::string& text) {
    std::vector<json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
}

std::vector<json> protocolExamples(const std::string& name) {
    return linesOf(readAll(support::projectFile("tests/protocol/data/" + name)));
}

class CommandLine : public ::testing::Test {
protected:
    int run(const std::vector<std::string>& arguments, const std::string& input = "") {
        std::istringstream in(input);
        std::ostringstream outStream;
        std::ostringstream errStream;
        const int code = runCommandLine(arguments, services, {in, outStream, errStream});
        out = outStream.str();
        err = errStream.str();
        return code;
    }

    TemporaryDirectory directory;
    std::string out;
    std::string err;
    std::uint8_t nextByte = 1;
    Services services{[](const std::string&) { return std::nullopt; },
                      [this](std::span<std::uint8_t> bytes) {
                          for (auto& byte : bytes) byte = nextByte++;
                      },
                      [](const Configuration& configuration, const RunOptions& options, spdlog::logger&,
                         std::ostream& output) {
                          output << configuration.timezone << options.once << options.pair << options.pretend;
                          return 3;
                      }};
};

TEST_F(CommandLine, TellsVersionAndHelp) {
    EXPECT_EQ(run({"--version"}), 0);
    EXPECT_THAT(out, HasSubstr("pump-bridge "));
    EXPECT_EQ(run({"keydb", "generate", "--help"}), 0);
    EXPECT_THAT(out, HasSubstr("--server"));
}

TEST_F(CommandLine, AnswersWrongUsageWithTwo) {
    EXPECT_EQ(run({}), 2);
    EXPECT_EQ(run({"fly"}), 2);
    EXPECT_EQ(run({"--log-level", "loud", "decode", "-"}), 2);
    EXPECT_EQ(run({"decode"}), 2);
    EXPECT_EQ(run({"history", "--json", "--csv"}), 2);
    EXPECT_EQ(out, "");
    EXPECT_NE(err, "");
}

TEST_F(CommandLine, RunsTheServiceWithItsConfiguration) {
    const auto file = directory.write("pump-bridge.toml", "timezone = \"Europe/Berlin\"\n");
    EXPECT_EQ(run({"--config", file.string(), "run", "--once", "--pretend"}), 3);
    EXPECT_EQ(out, "Europe/Berlin101");
}

TEST_F(CommandLine, DoesNotRunTheServiceWithoutAConfiguration) {
    EXPECT_EQ(run({"--config", (directory / "none.toml").string(), "run"}), 2);
    EXPECT_THAT(err, HasSubstr("none.toml"));
}

TEST_F(CommandLine, DecodesEveryExampleAsPublished) {
    std::size_t count = 0;
    for (const json& example : protocolExamples("history-examples.jsonl")) {
        SCOPED_TRACE(example.at("name").get<std::string>());
        EXPECT_EQ(run({"decode", "--json", "-"}, example.at("hex").get<std::string>() + "\n"), 0) << err;
        const auto lines = linesOf(out);
        ASSERT_EQ(lines.size(), 1U);
        for (const auto& [key, value] : example.at("expect").items())
            EXPECT_EQ(lines[0].at(key), value) << key;
        EXPECT_EQ(lines[0].at("raw"), example.at("hex"));
        EXPECT_TRUE(lines[0].contains("local_time"));
        EXPECT_TRUE(lines[0].at("time").is_null());
        ++count;
    }
    EXPECT_GT(count, 100U);
}

TEST_F(CommandLine, GivesTheErrorOfEveryMalformedExample) {
    std::size_t count = 0;
    for (const json& example : protocolExamples("history-malformed.jsonl")) {
        const auto hex = example.at("hex").get<std::string>();
        if (hex.empty()) continue; // a blank line
        SCOPED_TRACE(example.at("name").get<std::string>());
        EXPECT_EQ(run({"decode", "--json", "-"}, hex), 1);
        const auto lines = linesOf(out);
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_TRUE(lines[0].at("error").at("code").is_string());
        EXPECT_TRUE(lines[0].at("error").at("offset").is_number_unsigned());
        EXPECT_NE(lines[0].at("error").at("field"), "");
        EXPECT_EQ(lines[0].at("raw"), hex);
        EXPECT_FALSE(lines[0].contains("data"));
        EXPECT_EQ(lines[0].contains("event_type"), hex.size() >= 16);
        EXPECT_EQ(run({"decode", "-"}, hex), 1);
        ++count;
    }
    EXPECT_GT(count, 10U);
}

TEST_F(CommandLine, DatesTheRecordsOfAContiguousFile) {
    std::string file;
    const auto examples = protocolExamples("history-timeline.jsonl");
    for (const json& example : examples) file += example.at("hex").get<std::string>() + "\n";
    EXPECT_EQ(run({"decode", "--json", directory.write("day.hex", file).string()}), 0);
    const auto lines = linesOf(out);
    ASSERT_EQ(lines.size(), examples.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_EQ(lines[i].at("local_time"), examples[i].at("expect").at("local_time"))
            << examples[i].at("name");
    }
}

TEST_F(CommandLine, DoesNotDateAcrossAMissingRecord) {
    const std::string reference = "0ef0a0860100100e3cea07030e091a00";
    EXPECT_EQ(run({"decode", "--json", "-"}, reference + "\n0cf0aa860100bb0003008e000c09d7ff\n"), 0);
    EXPECT_TRUE(linesOf(out).at(1).at("local_time").is_null());
    EXPECT_EQ(run({"decode", "-"}, reference + "\n0cf0a1860100bb0003008e000c09d7ff\n"), 0);
    EXPECT_THAT(out, HasSubstr("100001      2026-03-14 09:29:07  sg_measurement"));
    EXPECT_THAT(out, HasSubstr("sg_mg_dl=142"));
}

TEST_F(CommandLine, SkipsCommentsAndNamesLinesThatAreNotHexadecimal) {
    const auto file =
        directory.write("records.hex", "# a comment\n\n05f0be860100b4042d00\n05f0xx\n05f0be860100b4042d00\n");
    EXPECT_EQ(run({"decode", "--json", file.string()}), 1);
    EXPECT_EQ(linesOf(out).size(), 2U) << "the rest goes on";
    EXPECT_EQ(err, file.string() + ": line 4, column 5: expected a hexadecimal digit\n");
}

TEST_F(CommandLine, SaysWhereACaptureIsCut) {
    const auto file = directory.write("pump.btsnoop", std::string_view("btsnoop\0\0\0\0\1", 12));
    EXPECT_EQ(run({"decode", file.string()}), 1);
    EXPECT_THAT(err, HasSubstr("damaged: truncated at offset 8: file header"));
    EXPECT_EQ(run({"decode", (directory / "none").string()}), 2);
}

class HistoryCommand : public CommandLine {
protected:
    void SetUp() override {
        Store store(directory / "history.db");
        const PumpId pump = store.pump("NG1234567H").id;
        std::vector<ReceivedRecord> records;
        for (const json& example : protocolExamples("history-timeline.jsonl")) {
            auto raw = *protocol::fromHex(example.at("hex").get<std::string>());
            const auto number = static_cast<std::uint32_t>(raw[2] | raw[3] << 8);
            records.push_back({number, std::move(raw)});
        }
        first = records.front().sequenceNumber;
        last = records.back().sequenceNumber;
        count = records.size();
        store.addRecords(pump, records, kNow);
        cut = record(last + 5);
        cut.raw.pop_back();
        store.addRecords(pump, std::vector{cut}, kNow);
        store.markAbsent(pump, {last + 1, last + 2});
    }
    int list(std::vector<std::string> options) {
        options.insert(options.begin(), {"history", "--store", (directory / "history.db").string()});
        return run(options);
    }

    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::size_t count = 0;
    ReceivedRecord cut; ///< cannot be decoded
};

TEST_F(HistoryCommand, ListsEveryRecord) {
    list({"--json"});
    EXPECT_EQ(linesOf(out).size(), count + 1);
    EXPECT_EQ(linesOf(out).front().at("local_time"), "2026-03-28T22:38:00");
    EXPECT_EQ(list({"--hex", "--last", "2"}), 1) << "a record that cannot be decoded";
    EXPECT_THAT(out, HasSubstr(protocol::toHex(cut.raw)));
    EXPECT_EQ(std::ranges::count(out, '\n'), 2);
}

TEST_F(HistoryCommand, FiltersByPumpTimeAndType) {
    EXPECT_EQ(
        list({"--json", "--from", "2026-03-28T23:38", "--to", "2026-03-28", "--type", "sg_measurement"}), 0);
    for (const json& line : linesOf(out)) {
        EXPECT_EQ(line.at("event_name"), "sg_measurement");
        EXPECT_GE(line.at("local_time"), "2026-03-28T23:38:00");
        EXPECT_LE(line.at("local_time"), "2026-03-28T23:59:59");
    }
    EXPECT_EQ(list({"--from", "yesterday"}), 2);
    EXPECT_EQ(list({"--type", "sg"}), 2);
}

TEST_F(HistoryCommand, WritesCommaSeparatedValues) {
    list({"--csv", "--last", "1"});
    EXPECT_THAT(out, ::testing::StartsWith("sequence_number,local_time,time,event_name,details,raw\n"));
}

TEST_F(HistoryCommand, ListsGaps) {
    EXPECT_EQ(list({"--gaps"}), 0);
    EXPECT_EQ(out, std::to_string(last + 1) + ".." + std::to_string(last + 2) +
                       "  absent: the pump does not have these\n" + std::to_string(last + 3) + ".." +
                       std::to_string(last + 4) + "  missing: not fetched yet\n");
}

TEST_F(HistoryCommand, SummarisesByType) {
    EXPECT_EQ(list({"--summary", "--json"}), 1);
    std::size_t total = 0;
    for (const json& line : linesOf(out)) total += line.at("count").get<std::size_t>();
    EXPECT_EQ(total, count + 1);
}

TEST_F(HistoryCommand, SaysWhenThereIsNothing) {
    EXPECT_EQ(list({"--pump", "NG0000000H"}), 1);
    EXPECT_THAT(err, HasSubstr("NG0000000H"));
    EXPECT_EQ(run({"history", "--store", (directory / "none.db").string()}), 1);
}

TEST(PumpTime, IsReadInItsThreeForms) {
    EXPECT_EQ(protocol::toString(*parsePumpTime("2026-03-14", false)), "2026-03-14T00:00:00");
    EXPECT_EQ(protocol::toString(*parsePumpTime("2026-03-14", true)), "2026-03-14T23:59:59");
    EXPECT_EQ(protocol::toString(*parsePumpTime("2026-03-14T09:30", true)), "2026-03-14T09:30:00");
    EXPECT_EQ(protocol::toString(*parsePumpTime("2026-03-14 09:30:15", false)), "2026-03-14T09:30:15");
    for (const char* wrong :
         {"", "2026", "2026-3-14", "2026-02-30", "2026-03-14T", "2026-03-14T24:00", "2026-03-14x"}) {
        EXPECT_FALSE(parsePumpTime(wrong, false)) << wrong;
    }
}

class KeydbCommand : public CommandLine {
protected:
    std::string server = (directory / "server.keydb").string();
    std::string client = (directory / "client.keydb").string();
    int generate(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"keydb", "generate", "--server", server, "--client", client};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }
};

TEST_F(KeydbCommand, MakesAPairThatOnlyItsOwnerCanRead) {
    EXPECT_EQ(generate(), 0) << err;
    const auto mode = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
    EXPECT_EQ(std::filesystem::status(server).permissions(), mode);
    EXPECT_EQ(std::filesystem::status(client).permissions(), mode);
    EXPECT_EQ(std::filesystem::file_size(server), 87U);
}

TEST_F(KeydbCommand, ReplacesFilesOnlyWhenForced) {
    generate();
    const std::string before = readAll(server);
    EXPECT_EQ(generate(), 1);
    EXPECT_THAT(err, HasSubstr("--force"));
    EXPECT_EQ(readAll(server), before);
    EXPECT_EQ(generate({"--force"}), 0);
    EXPECT_NE(readAll(server), before);
}

TEST_F(KeydbCommand, ShowsNoKeyUnlessAsked) {
    generate();
    const std::string file = readAll(server);
    const std::string key =
        protocol::toHex(protocol::ByteView(protocol::Bytes(file.begin() + 7, file.begin() + 23)));
    EXPECT_EQ(run({"keydb", "show", server}), 0);
    EXPECT_THAT(out, HasSubstr("local device: mobile application\nremote device: insulin pump\n"));
    EXPECT_THAT(out, HasSubstr("fit for pump-bridge: yes"));
    EXPECT_THAT(out, Not(HasSubstr(key)));
    EXPECT_EQ(run({"keydb", "show", "--reveal", server}), 0);
    EXPECT_THAT(out, HasSubstr(key));
    EXPECT_EQ(run({"keydb", "show", client}), 0);
    EXPECT_THAT(out, HasSubstr("fit for pump-bridge: no"));
}

TEST_F(KeydbCommand, ConvertsThereAndBack) {
    generate();
    const std::string hex = (directory / "server.hex").string();
    const std::string back = (directory / "back.keydb").string();
    EXPECT_EQ(run({"keydb", "convert", "--hex", server, hex}), 0);
    EXPECT_EQ(readAll(hex).size(), 2U * 87 + 1);
    EXPECT_EQ(run({"keydb", "convert", "--binary", hex, back}), 0);
    EXPECT_EQ(readAll(back), readAll(server));
    EXPECT_EQ(run({"keydb", "convert", "--reverse", "--force", server, back}), 0);
    EXPECT_EQ(run({"keydb", "show", back}), 0);
    EXPECT_THAT(out, HasSubstr("local device: insulin pump\nremote device: mobile application\n"));
}

TEST_F(KeydbCommand, RefusesADamagedFile) {
    generate();
    std::string file = readAll(server);
    file[20] = static_cast<char>(file[20] ^ 1);
    const auto damaged = directory.write("damaged.keydb", file);
    EXPECT_EQ(run({"keydb", "show", damaged.string()}), 2);
    EXPECT_THAT(err, HasSubstr(damaged.string()));
}

} // namespace
} // namespace bridge::test
