// SPDX-License-Identifier: MIT
#include "bridge/command_line.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <ostream>

#include "bridge/commands/execute.hpp"
#include "bridge/config/key_file.hpp"
#include "bridge/exit_code.hpp"

namespace bridge {
namespace {

/// Declares a subcommand's options on `parent`, and gives what carries it out once they were read.
struct Command {
    CLI::App* app;
    std::function<int(const CommandContext&)> execute;
};
using Declare = std::vector<Command> (*)(CLI::App& parent);

enum class TimeOption { Begin, End };

/// Reads a time into `target`, a date alone as its first or its last second; anything else is wrong usage.
CLI::Option* addTime(CLI::App& app, const std::string& name, TimeOption which,
                     std::shared_ptr<std::optional<protocol::LocalSeconds>> target, const std::string& help) {
    const auto read = [target = std::move(target), name, which](const std::string& text) {
        *target = parsePumpTime(text, which == TimeOption::End);
        if (!*target)
            throw CLI::ValidationError(name, text + " is no time; write 2026-03-14 or 2026-03-14T09:30");
    };
    return app.add_option_function<std::string>(name, read, help);
}

/// A member of what `owner` owns.
template <typename Owner, typename Member>
std::shared_ptr<Member> part(const std::shared_ptr<Owner>& owner, Member& member) {
    return {owner, &member};
}

std::vector<Command> declareRun(CLI::App& parent) {
    auto* app = parent.add_subcommand("run", "Serve the pump and upload its records");
    auto options = std::make_shared<RunOptions>();
    app->add_flag("--once", options->once, "One full sync and upload, then exit");
    auto* pair = app->add_flag("--pair", options->pair, "Open pairing for 10 minutes; a bond stays as it is");
    app->add_flag("--forget", options->forget, "With --pair: forget the pump that is paired first")
        ->needs(pair);
    app->add_flag("--pretend", options->pretend,
                  "Print the documents (JSON Lines) instead of uploading them");
    return {{app, [options](const CommandContext& context) { return executeRun(*options, context); }}};
}

std::vector<Command> declareCheck(CLI::App& parent) {
    auto* app = parent.add_subcommand("check", "Look at all the service needs, and say how to fix it");
    auto json = std::make_shared<bool>(false);
    app->add_flag("--json", *json, "One JSON object a line");
    return {{app, [json](const CommandContext& context) { return executeCheck(*json, context); }}};
}

std::vector<Command> declareStatus(CLI::App& parent) {
    auto* app = parent.add_subcommand("status", "Ask the running service how it is");
    auto json = std::make_shared<bool>(false);
    app->add_flag("--json", *json, "One JSON object");
    return {{app, [json](const CommandContext& context) { return executeStatus(*json, context); }}};
}

std::vector<Command> declareDecode(CLI::App& parent) {
    auto* app = parent.add_subcommand("decode", "Decode captures and records from files, offline");
    auto given = std::make_shared<DecodeArguments>();
    app->add_option("FILE", given->options.files,
                    "A btsnoop capture (btmon -w), or text with one hexadecimal record a line; - reads "
                    "standard input")
        ->required();
    app->add_flag("--json", given->options.json, "One JSON object a line");
    app->add_option("--keydb", given->options.keyDatabase,
                    "Key database for the encrypted parts of captures; default: the configured one");
    app->add_flag("--handshake", given->options.handshakeOnly, "Of captures, only the SAKE handshake");
    app->add_flag("--history", given->options.historyOnly, "Of captures, only the history records");
    addTime(*app, "--from", TimeOption::Begin, part(given, given->options.from),
            "Capture time (UTC) to begin at, such as 2026-03-14T09:30");
    addTime(*app, "--to", TimeOption::End, part(given, given->options.to),
            "Capture time (UTC) to end at; a date alone includes its whole day");
    app->add_flag("--redact", given->redact,
                  "Write a copy (IN OUT) without keys, addresses and serial numbers, to be shown to others");
    return {{app, [given](const CommandContext& context) { return executeDecode(*given, context); }}};
}

std::vector<Command> declareHistory(CLI::App& parent) {
    auto* app = parent.add_subcommand("history", "List the stored records");
    auto given = std::make_shared<HistoryArguments>();
    addTime(*app, "--from", TimeOption::Begin, part(given, given->options.from),
            "Pump time of the oldest record, such as 2026-03-14T09:30");
    addTime(*app, "--to", TimeOption::End, part(given, given->options.to),
            "Pump time of the newest record; a date alone includes its whole day");
    app->add_option("--last", given->options.last, "Only the newest N records")->check(CLI::PositiveNumber);
    app->add_option("--type", given->type, "Only events of this name, such as sg_measurement");
    app->add_option("--pump", given->options.pump, "Serial number; default: the pump that was active last");
    app->add_option("--store", given->store, "Read this file instead of the configured one");
    auto* form = app->add_option_group("form");
    form->require_option(0, 1);
    form->add_flag("--json", given->json, "One JSON object a line");
    form->add_flag("--csv", given->csv, "Comma-separated values");
    form->add_flag("--hex", given->hex, "Raw records, as decode reads them");
    auto* report = app->add_option_group("report");
    report->require_option(0, 1);
    report->add_flag("--gaps", given->gaps, "Sequence numbers that are missing");
    report->add_flag("--summary", given->summary, "Count the records of each type");
    return {{app, [given](const CommandContext& context) { return executeHistory(*given, context); }}};
}

std::vector<Command> declareKeydb(CLI::App& parent) {
    auto* app = parent.add_subcommand("keydb", "Look at, make and convert key databases");
    app->require_subcommand(1);

    auto show = std::make_shared<KeydbShowOptions>();
    auto* showApp = app->add_subcommand("show", "Show what is in a key database");
    showApp->add_option("FILE", show->file)->required();
    showApp->add_flag("--reveal", show->reveal, "Print the keys too");

    auto generate = std::make_shared<KeydbGenerateOptions>();
    auto hex = std::make_shared<bool>(false);
    auto binary = std::make_shared<bool>(false); // the default, spelled out
    auto* generateApp = app->add_subcommand("generate", "Make a fresh pair for a bridge and a virtual pump");
    generateApp->add_option("--server", generate->server, "File of the bridge's side")->required();
    generateApp->add_option("--client", generate->client, "File of the pump's side")->required();
    generateApp->add_flag("--hex", *hex, "Write hexadecimal text");
    generateApp->add_flag("--force", generate->force, "Replace existing files");

    auto convert = std::make_shared<KeydbConvertOptions>();
    auto* convertApp = app->add_subcommand("convert", "Change the form or the view of a key database");
    convertApp->add_option("IN", convert->input)->required();
    convertApp->add_option("OUT", convert->output)->required();
    auto* hexFlag = convertApp->add_flag("--hex", *hex, "Write hexadecimal text");
    convertApp->add_flag("--binary", *binary, "Write bytes (default)")->excludes(hexFlag);
    convertApp->add_flag("--reverse", convert->reverse, "The view of the other side, for decoding captures");
    convertApp->add_flag("--force", convert->force, "Replace an existing file");

    const auto form = [hex, binary] {
        return *hex && !*binary ? KeyFileForm::Hexadecimal : KeyFileForm::Binary;
    };
    return {{showApp, [show](const CommandContext& context) { return keydbShow(*show, context.streams); }},
            {generateApp,
             [generate, form](const CommandContext& context) {
                 generate->form = form();
                 return keydbGenerate(*generate, context.streams, context.services.random);
             }},
            {convertApp, [convert, form](const CommandContext& context) {
                 convert->form = form();
                 return keydbConvert(*convert, context.streams);
             }}};
}

std::vector<Command> declareUpload(CLI::App& parent) {
    auto* app = parent.add_subcommand("upload", "Send what the store holds of some days, beside the service");
    auto given = std::make_shared<UploadArguments>();
    auto* start = addTime(*app, "--start-date", TimeOption::Begin, part(given, given->start),
                          "Local time to begin at, such as 2026-03-14 or 2026-03-14T09:30");
    auto* end = addTime(*app, "--end-date", TimeOption::End, part(given, given->end),
                        "Local time to end at; a date alone includes its whole day");
    app->add_option("--days", given->days, "So many days back from the newest record; default 1")
        ->check(CLI::Range(1, 36500))
        ->excludes(start)
        ->excludes(end);
    app->add_option("--features", given->features, "Instead of the configured ones, such as BOLUS CGM");
    app->add_flag("--pretend", given->pretend,
                  "Print the documents (JSON Lines), send nothing, change nothing");
    app->add_flag("--force", given->force, "Date the records anew, and send again what was uploaded before");
    app->add_flag("--correct-times", given->correctTimes,
                  "Date the records anew, and move only what was uploaded under another time");
    app->add_flag("--date-by-zone", given->dateByZone,
                  "Date by the zone what waits because the pump's clock was not measured")
        ->needs(start)
        ->needs(end);
    return {{app, [given](const CommandContext& context) { return executeUpload(*given, context); }}};
}

constexpr std::array<Declare, 7> kCommands{declareRun,    declareCheck,  declareStatus, declareHistory,
                                           declareUpload, declareDecode, declareKeydb};

int parseAndExecute(const std::vector<std::string>& arguments, CommandContext& context) {
    CLI::App app{"Reads a person's own MiniMed 780G insulin pump and sends its records to Nightscout.",
                 "pump-bridge"};
    app.set_version_flag("--version", "pump-bridge " PUMP_BRIDGE_VERSION);
    app.add_option("--config", context.configurationFile, "Configuration file")->capture_default_str();
    app.add_option("--log-level", context.logLevel, "debug, info, warning or error")
        ->capture_default_str()
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    app.require_subcommand(1);
    std::vector<Command> commands;
    for (const Declare declare : kCommands) {
        for (Command& command : declare(app)) commands.push_back(std::move(command));
    }
    try {
        app.parse(
            std::vector<std::string>(arguments.rbegin(), arguments.rend())); // CLI11 takes them from the end
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error, context.streams.out, context.streams.err);
        return code == 0 ? kDone : kWrongUsage;
    }
    for (const Command& command : commands) {
        if (command.app->parsed()) return command.execute(context);
    }
    return kWrongUsage;
}

} // namespace

int runCommandLine(const std::vector<std::string>& arguments, const Services& services,
                   const Streams& streams) {
    CommandContext context{services, streams};
    try {
        return parseAndExecute(arguments, context);
    } catch (const KeyFileError& error) {
        streams.err << error.what() << '\n';
        return kWrongUsage;
    } catch (const std::exception& error) {
        streams.err << "pump-bridge: " << error.what() << '\n';
        return kFoundProblem;
    }
}

} // namespace bridge
