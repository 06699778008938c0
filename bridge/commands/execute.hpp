// SPDX-License-Identifier: MIT
// What the command line asks for, and its carrying out. docs/architecture.md 6.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bridge/command_line.hpp"
#include "bridge/commands/decode.hpp"
#include "bridge/commands/history.hpp"
#include "bridge/commands/keydb.hpp"
#include "bridge/run_options.hpp"

namespace bridge {

/// What a command can see when it is carried out.
struct CommandContext {
    const Services& services;
    const Streams& streams;
    std::string configurationFile = "/etc/pump-bridge/pump-bridge.toml";
    std::string logLevel = "info";
};

struct DecodeArguments {
    DecodeOptions options;
    bool redact = false;
};

struct HistoryArguments {
    HistoryOptions options;
    std::string type, store;
    bool json = false, csv = false, hex = false, gaps = false, summary = false;
};

struct UploadArguments {
    std::optional<protocol::LocalSeconds> start, end;
    int days = 1;
    std::vector<std::string> features;
    bool pretend = false, force = false, correctTimes = false, dateByZone = false;
};

// Each returns the exit code.
int executeRun(RunOptions options, const CommandContext& context);
int executeCheck(bool json, const CommandContext& context);
int executeStatus(bool json, const CommandContext& context);
int executeDecode(DecodeArguments given, const CommandContext& context);
int executeHistory(HistoryArguments given, const CommandContext& context);
int executeUpload(const UploadArguments& given, const CommandContext& context);

} // namespace bridge
