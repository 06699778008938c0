// SPDX-License-Identifier: MIT
// The example records of tests/protocol/data.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "project_file.hpp"
#include "protocol/codec/bytes.hpp"

namespace protocol::history::test {

inline Bytes hex(std::string_view text) {
    auto bytes = fromHex(text);
    EXPECT_TRUE(bytes.has_value()) << text;
    return bytes.has_value() ? *bytes : Bytes{};
}

/// One JSON object per line.
inline std::vector<nlohmann::json> readExamples(const std::string& file) {
    std::ifstream in(support::projectFile("tests/protocol/data/" + file));
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    EXPECT_FALSE(lines.empty()) << file;
    return lines;
}

struct Example {
    std::string name;
    Bytes bytes;
    nlohmann::json expect;
};

/// A record of each event type, with each flag and width that has one.
inline std::vector<Example> recordExamples() {
    std::vector<Example> examples;
    for (const auto& line : readExamples("history-examples.jsonl")) {
        examples.push_back(
            {line.at("name").get<std::string>(), hex(line.at("hex").get<std::string>()), line.at("expect")});
    }
    return examples;
}

} // namespace protocol::history::test
