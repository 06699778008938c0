// SPDX-License-Identifier: MIT
#include "bridge/commands/execute.hpp"

#include <spdlog/logger.h>
#include <unistd.h>

#include <ostream>

#include "bridge/commands/check.hpp"
#include "bridge/commands/decode_capture.hpp"
#include "bridge/commands/status.hpp"
#include "bridge/commands/upload.hpp"
#include "bridge/config/document_settings.hpp"
#include "bridge/control/control_client.hpp"
#include "bridge/control/control_requests.hpp"
#include "bridge/control/control_socket.hpp"
#include "bridge/exit_code.hpp"
#include "bridge/log.hpp"
#include "bridge/store/store.hpp"

namespace bridge {
namespace {

/// Of the service: where systemd says, else where the unit has it.
std::filesystem::path runtimeDirectory(const CommandContext& context) {
    const std::string given = context.services.environment("RUNTIME_DIRECTORY").value_or("");
    const std::string first = given.substr(0, given.find(':'));
    return first.empty() ? RunOptions{}.runtimeDirectory : std::filesystem::path(first);
}

std::filesystem::path controlSocketFile(const CommandContext& context) {
    return controlSocket(runtimeDirectory(context));
}

enum class Exposed { Warned, Refused };

/// Empty after printing the problems. `exposed`: key and secret files that others can read.
std::optional<Configuration> requireConfiguration(const CommandContext& context,
                                                  Exposed exposed = Exposed::Warned) {
    auto loaded = loadConfiguration(context.configurationFile, context.services.environment);
    context.streams.err << toString(loaded.warnings) << toString(loaded.exposed);
    if (exposed == Exposed::Refused && !loaded.exposed.empty()) {
        context.streams.err << "not started: see above, or set security.allow_readable_secrets = true\n";
        return std::nullopt;
    }
    if (loaded.problems.empty()) return std::move(loaded.configuration);
    context.streams.err << "the configuration cannot be used:\n" << toString(loaded.problems);
    return std::nullopt;
}

std::shared_ptr<spdlog::logger> logOf(const CommandContext& context) {
    return makeLog(*logLevelByName(context.logLevel), context.services.environment);
}

int refuse(const std::string& why, const CommandContext& context) {
    context.streams.err << why << '\n';
    return kWrongUsage;
}

/// For captures: what the configuration names, if there is a usable one. Without it decode goes on.
std::string configuredKeyDatabase(const CommandContext& context) {
    const auto loaded = loadConfiguration(context.configurationFile, context.services.environment);
    return loaded.problems.empty() ? loaded.configuration.pump.keyDatabase.string() : std::string();
}

/// Turns what was typed into options; the reason when that is not possible.
std::optional<std::string> interpret(HistoryArguments& given) {
    if (!given.type.empty()) {
        given.options.type = protocol::history::eventTypeByName(given.type);
        if (!given.options.type) return "--type: there is no event named " + given.type;
    }
    using Form = HistoryOptions::Form;
    using Report = HistoryOptions::Report;
    given.options.form = given.json ? Form::Json : given.csv ? Form::Csv : given.hex ? Form::Hex : Form::Text;
    given.options.report = given.gaps ? Report::Gaps : given.summary ? Report::Summary : Report::Records;
    return std::nullopt;
}

/// What was typed as options; a reason when that is not possible.
std::variant<UploadOptions, std::string> interpret(const UploadArguments& given, std::ostream& notices) {
    if (given.start && given.end && *given.end < *given.start) return "--end-date is before --start-date";
    UploadOptions options;
    options.start = given.start;
    options.end = given.end;
    options.days = given.days;
    options.pretend = given.pretend;
    options.force = given.force;
    options.correctTimes = given.correctTimes;
    options.dateByZone = given.dateByZone;
    if (!given.features.empty()) options.features.emplace();
    for (const std::string& name : given.features) {
        if (const auto feature = nightscout::featureByName(name)) {
            options.features->insert(*feature);
        } else if (isForeignFeature(name)) {
            notices << "--features: " << name << " has no meaning for this pump and is left out\n";
        } else {
            return "--features: unknown feature " + name;
        }
    }
    return options;
}

} // namespace

int executeRun(RunOptions options, const CommandContext& context) {
    const auto configuration = requireConfiguration(context, Exposed::Refused);
    if (!configuration) return kWrongUsage;
    options.runtimeDirectory = runtimeDirectory(context);
    return context.services.run(*configuration, options, *logOf(context), context.streams.out);
}

int executeCheck(bool json, const CommandContext& context) {
    const auto loaded = loadConfiguration(context.configurationFile, context.services.environment);
    return runCheck({json}, loaded, context.configurationFile, realSurroundings(), context.streams);
}

int executeStatus(bool json, const CommandContext& context) {
    // First of all: who may ask the service need not be able to read its configuration.
    const auto request = toRequest(StatusOptions{json});
    if (const auto code = askService(controlSocketFile(context), request, context.streams)) return *code;
    const auto configuration = requireConfiguration(context);
    if (!configuration) return kWrongUsage;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return status({json}, *configuration, now, context.streams);
}

int executeDecode(DecodeArguments given, const CommandContext& context) {
    if (given.redact && given.options.files.size() != 2)
        return refuse("--redact takes two files: IN OUT", context);
    if (given.redact) return redactCapture(given.options.files[0], given.options.files[1], context.streams);
    if (given.options.keyDatabase.empty())
        given.options.configuredKeyDatabase = configuredKeyDatabase(context);
    return decode(given.options, context.streams);
}

int executeHistory(HistoryArguments given, const CommandContext& context) {
    if (const auto problem = interpret(given)) return refuse(*problem, context);
    // A store named on the command line is read without a configuration, and then without a zone.
    std::optional<therapy::Zone> zone;
    const bool configured = given.store.empty();
    // A member of the group may ask the service for what is not to be read otherwise.
    const auto ask = [&] {
        return askService(controlSocketFile(context), toRequest(given.options), context.streams);
    };
    const auto usable = [&] {
        return loadConfiguration(context.configurationFile, context.services.environment).problems.empty();
    };
    if (configured && !usable()) {
        if (const auto code = ask()) return *code;
    }
    if (configured) {
        const auto configuration = requireConfiguration(context);
        if (!configuration) return kWrongUsage;
        given.store = configuration->storage.path.string();
        zone = therapy::Zone::find(configuration->timezone);
    }
    if (configured && ::access(given.store.c_str(), R_OK) != 0) {
        if (const auto code = ask()) return *code;
    }
    const Store store(given.store, Store::Access::ReadOnly);
    return history(given.options, store, zone ? &*zone : nullptr, context.streams);
}

int executeUpload(const UploadArguments& given, const CommandContext& context) {
    const auto options = interpret(given, context.streams.err);
    if (const auto* problem = std::get_if<std::string>(&options)) return refuse(*problem, context);
    const auto configuration = requireConfiguration(context);
    if (!configuration) return kWrongUsage;
    return upload(std::get<UploadOptions>(options), *configuration, controlSocketFile(context),
                  *logOf(context), context.streams);
}

} // namespace bridge
