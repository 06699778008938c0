// SPDX-License-Identifier: MIT
// air-pump: the virtual pump on a Bluetooth controller of its own, by the kernel's sockets. Needs
// CAP_NET_ADMIN. Prints one line an event; exit codes 0 done, 1 something failed, 2 wrong usage or files.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>

#include "protocol/sake/key_database.hpp"
#include "virtual_pump/air_recorder.hpp"
#include "virtual_pump/air_registrations.hpp"
#include "virtual_pump/air_visit.hpp"
#include "virtual_pump/history_source.hpp"

namespace {

using namespace virtual_pump;
using namespace std::chrono_literals;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

volatile std::sig_atomic_t toldToLeave = 0;

struct Options {
    std::vector<std::uint16_t> controllers{1};
    air::VisitSettings visit;
    PumpSettings pump;
    std::string keyDatabase;
    std::string history;
    std::string served;
    std::string capture;
    GeneratorSettings generator{.days = 1};
    std::size_t first = 0;
    unsigned limitSeconds = 120;
    unsigned registrations = 1;
};

protocol::sake::KeyDatabase readKeys(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto keys = protocol::sake::parseKeyDatabase(bytes);
    if (!keys.has_value()) throw std::runtime_error(path + ": not a SAKE key database");
    return *keys;
}

std::vector<Bytes> makeHistory(const Options& options) {
    auto records =
        options.history.empty() ? generateHistory(options.generator) : readHistoryFile(options.history);
    if (options.first > 0) records.resize(std::min(records.size(), options.first));
    return records;
}

void writeServed(const std::string& path, const std::vector<Bytes>& records) {
    std::ofstream file(path);
    for (const auto& record : records) file << protocol::toHex(record) << '\n';
    if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

air::Reporter reporter() {
    return [start = air::Clock::now()](std::string_view event, const std::string& detail) {
        const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(air::Clock::now() - start);
        std::cout << elapsed.count() << " ms " << event << (detail.empty() ? "" : " ") << detail << std::endl;
    };
}

void visit(const Options& options) {
    auto records = makeHistory(options);
    if (!options.served.empty()) writeServed(options.served, records);
    const auto start = air::Clock::now();
    const auto clock = [start, end = options.generator.end] {
        return end + std::chrono::floor<std::chrono::seconds>(air::Clock::now() - start);
    };
    Pump pump(options.pump, readKeys(options.keyDatabase), protocol::sake::systemRandom, clock);
    pump.setHistory(std::move(records));
    std::signal(SIGTERM, [](int) { toldToLeave = 1; });
    air::visit(
        options.visit, pump, [] { return toldToLeave != 0; }, reporter());
}

void reserve(const Options& options) {
    std::vector<air::Descriptor> reserved;
    for (const auto index : options.controllers)
        reserved.push_back(air::reserveController(air::Management{index}.controllerAddress()));
    std::cout << "reserved" << std::endl;
    for (;;) ::pause();
}

void addVisit(CLI::App& app, Options& options) {
    app.add_option("--keydb", options.keyDatabase, "SAKE key database, of the pump or of the bridge")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--history", options.history, "File of raw records; else they are generated")
        ->check(CLI::ExistingFile);
    app.add_option("--days", options.generator.days, "Length of a generated history")
        ->check(CLI::Range(1, 90));
    app.add_option("--first", options.first, "The pump has only the first N records yet");
    app.add_option("--served", options.served, "Write the records that the pump has to this file");
    app.add_option("--mtu", options.visit.mtu, "MTU of the bearer")->check(CLI::Range(23, 517));
    app.add_flag("--ask-mtu", options.visit.asksForMtu, "The pump asks for the MTU as well");
    app.add_flag("--bonded", options.visit.bonded, "Encrypt with the bond instead of pairing");
    app.add_flag("--any-advertiser", options.visit.anyAdvertiser, "Try to pair outside pairing mode");
    app.add_flag("--forget", options.visit.forgetBond, "Forget the bond before pairing");
}

void addControllers(CLI::App& app, Options& options) {
    app.add_option("--controller", options.controllers, "Index of the controller: 1 for hci1");
}

int run(const CLI::App& app, Options& options) {
    options.visit.controller = options.controllers.front();
    options.visit.limit = std::chrono::seconds(options.limitSeconds);
    options.pump.mtu = options.visit.mtu;
    options.generator.end =
        protocol::LocalSeconds(std::chrono::local_days(std::chrono::year{2026} / 3 / 10).time_since_epoch()) +
        12h;
    if (app.got_subcommand("visit")) visit(options);
    if (app.got_subcommand("stranger"))
        air::visitAsStranger(options.visit.controller, options.visit.limit, reporter());
    if (app.got_subcommand("reserve")) reserve(options);
    if (app.got_subcommand("register")) air::registerOften(options.registrations);
    if (app.got_subcommand("record")) air::recordMonitor(options.capture, options.visit.controller);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("The virtual pump over the air, and what else its laboratory needs.", "air-pump");
    app.require_subcommand(1);
    auto* visitor = app.add_subcommand("visit", "Come, pair, serve the history; leave at SIGTERM");
    addVisit(*visitor, options);
    auto* stranger = app.add_subcommand("stranger", "Connect, say nothing, wait to be sent away");
    auto* reserver = app.add_subcommand("reserve", "Keep bluetoothd off these controllers");
    app.add_subcommand("register",
                       "Register the bridge's services with bluetoothd and take them back, N times")
        ->add_option("times", options.registrations)
        ->required();
    auto* recorder =
        app.add_subcommand("record", "Record the HCI monitor channel of one controller as btsnoop");
    recorder->add_option("file", options.capture)->required();
    for (auto* command : {visitor, stranger, reserver, recorder}) addControllers(*command, options);
    for (auto* command : {visitor, stranger})
        command->add_option("--limit", options.limitSeconds, "Seconds until it has failed");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return 0;
    } catch (const CLI::ParseError& error) {
        std::cerr << error.what() << '\n';
        return kUsage;
    }
    try {
        return run(app, options);
    } catch (const air::AirError& error) {
        std::cout << "failed: " << error.what() << std::endl;
        return kFailed;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return kUsage;
    }
}
