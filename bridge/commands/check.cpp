// SPDX-License-Identifier: MIT
#include "bridge/commands/check.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <ostream>

#include "bridge/check/bluez_findings.hpp"
#include "bridge/check/local_findings.hpp"
#include "bridge/clock/time_service.hpp"
#include "bridge/config/site_settings.hpp"

namespace bridge {

namespace asio = boost::asio;
using namespace check;

namespace {

/// Runs one task to its end.
template <typename T>
T run(asio::io_context& io, asio::awaitable<T> task) {
    std::exception_ptr failure;
    T result{};
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
        failure = std::move(error);
        result = std::move(value);
    });
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(failure);
    return result;
}

Findings checkBluetooth(asio::io_context& io, const Configuration& configuration,
                        const CheckSurroundings& surroundings) {
    spdlog::logger silent{"check", std::make_shared<spdlog::sinks::null_sink_st>()};
    const BusFacts bus = run(io, readBusFacts(surroundings.busAddress, silent));
    const SystemFacts system = readSystemFacts(surroundings.root, bus.process, surroundings.askVersion);
    Findings findings{checkVersion(system)};
    if (system.installed || !system.version.empty() || bus.running) {
        const MainConf conf{system.mainConf.value_or("")};
        append(findings, checkSettings(conf));
        findings.push_back(checkDiscoveryAnswers(system, conf));
        findings.push_back(checkLockdown(system));
    }
    findings.push_back(checkRunning(bus, system));
    if (!bus.problem.empty() || !bus.running) return findings;
    findings.push_back(checkAdapter(bus, configuration.bluetooth.adapter));
    const std::string adapter = chooseAdapter(bus, configuration.bluetooth.adapter);
    if (adapter.empty()) return findings;
    const auto controller = run(io, readControllerFacts(adapter, surroundings.openManagement));
    append(findings, checkController(controller));
    findings.push_back(checkInterval(controller, MainConf{system.mainConf.value_or("")}));
    append(findings, checkBonds(bus, adapter, configuration.pump.serial));
    return findings;
}

Findings checkNightscout(asio::io_context& io, const Configuration& configuration,
                         const CheckSurroundings& surroundings) {
    if (configuration.nightscout.url.empty())
        return {warning("nightscout", "no site is configured: records are collected, nothing is uploaded",
                        "set nightscout.url")};
    try {
        const auto settings = clientSettings(configuration);
        nightscout::Client client{io.get_executor(), settings};
        const Get get = [&client](std::string path) { return client.request("GET", std::move(path), {}); };
        const auto& mapping = configuration.documents;
        const bool sendsProfile =
            configuration.profile.has_value() && mapping.features.contains(nightscout::Feature::Profiles);
        const SiteSubject subject{.url = settings.site.text(),
                                  .exposesSecret = settings.site.exposesSecret(),
                                  .hasCredentials = !settings.apiSecretHeader.empty(),
                                  .sendsProfile = sendsProfile};
        const SiteFacts site = run(io, readSiteFacts(get, mapping, sendsProfile, surroundings.clock));
        return checkSite(site, subject, mapping);
    } catch (const std::exception& error) {
        return {failed("nightscout", error.what(), "correct the configuration")};
    }
}

/// The output of a program, its first word that begins with a digit.
std::string askProgramVersion(const std::filesystem::path& program) {
    const std::string command = "'" + program.string() + "' --version 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
    std::array<char, 64> line{};
    if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
    std::string text = line.data();
    text.erase(0, text.find_first_of("0123456789"));
    return text.substr(0, text.find_first_not_of("0123456789."));
}

} // namespace

CheckSurroundings realSurroundings() {
    CheckSurroundings surroundings;
    surroundings.askVersion = askProgramVersion;
    surroundings.clock = [] {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
    surroundings.clockSynchronised = [] { return askTimeService({}); };
    return surroundings;
}

int runCheck(const CheckOptions& options, const LoadedConfiguration& loaded,
             const std::filesystem::path& configurationFile, const CheckSurroundings& surroundings,
             const Streams& streams) {
    Findings all;
    const auto report = [&](Findings findings) {
        for (const auto& finding : findings)
            streams.out << (options.json ? toJsonLine(finding) : toLine(finding)) << '\n';
        streams.out.flush(); // a site may take a minute
        append(all, std::move(findings));
    };
    const bool usable = loaded.problems.empty();
    const Configuration& configuration = loaded.configuration;
    asio::io_context io{1};
    report(checkConfiguration(loaded, configurationFile));
    if (usable) {
        report({checkKeyDatabase(configuration.pump.keyDatabase)});
        report(checkStore(readStoreFacts(configuration.storage.path), configuration.storage.path));
    }
    report({checkClock(run(io, surroundings.clockSynchronised()), configuration.time.hostClockTrusted)});
    report(checkBluetooth(io, configuration, surroundings));
    if (usable) report(checkNightscout(io, configuration, surroundings));
    const auto count = [&all](Grade grade) { return std::ranges::count(all, grade, &Finding::grade); };
    streams.err << fmt::format("{} ok, {} warnings, {} failed\n", count(Grade::Ok), count(Grade::Warning),
                               count(Grade::Failed));
    return usable ? exitCodeOf(all) : kWrongUsage;
}

} // namespace bridge
