// SPDX-License-Identifier: MIT
#include "control.hpp"

#include <date/tz.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ble/bus.hpp"
#include "history_source.hpp"
#include "protocol/sake/key_database.hpp"

namespace virtual_pump {

namespace asio = boost::asio;
namespace sake = protocol::sake;

namespace {

using Json = nlohmann::ordered_json;

protocol::LocalSeconds nowIn(const std::string& zone) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto local = date::locate_zone(zone)->to_local(now);
    return protocol::LocalSeconds(local.time_since_epoch());
}

sake::KeyDatabase readKeys(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto keys = sake::parseKeyDatabase(bytes);
    if (!keys.has_value())
        throw SetupError(path + ": not a SAKE key database: " + protocol::toString(keys.error()));
    return *keys;
}

std::vector<Bytes> makeHistory(const Options& options, protocol::LocalSeconds end) {
    if (options.history.empty())
        return generateHistory({.seed = options.seed, .days = options.days, .end = end});
    auto records = readHistoryFile(options.history);
    if (options.shift) shiftToEndAt(records, end);
    return records;
}

void writeInventory(const std::string& path, const std::vector<Bytes>& records) {
    std::ofstream file(path);
    file << takeInventory(records).json() << '\n';
    if (!file.flush()) throw SetupError(path + ": cannot be written");
}

void print(std::ostream& out, const std::string& line) {
    out << line << std::endl;
}

std::string readyLine(const Options& options, const Pump& pump) {
    return Json{{"event", "ready"}, {"serial", options.pump.serialNumber}, {"records", pump.history().size()}}
        .dump();
}

} // namespace

std::unique_ptr<Pump> makePump(const Options& options) try {
    const auto end = options.end.value_or(nowIn(options.zone));
    const auto start = std::chrono::steady_clock::now();
    auto clock = [end, start] {
        return end + std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    };
    auto pump =
        std::make_unique<Pump>(options.pump, readKeys(options.keyDatabase), sake::systemRandom, clock);
    auto records = makeHistory(options, end);
    if (!options.inventory.empty()) writeInventory(options.inventory, records);
    pump->setHistory(std::move(records));
    return pump;
} catch (const SetupError&) {
    throw;
} catch (const std::exception& error) { // a history file or key database that cannot be used
    throw SetupError(error.what());
}

std::string toJson(const DoubleEvent& event) {
    Json line{{"event", name(event.kind)}};
    if (!event.detail.empty()) line["detail"] = event.detail;
    if (event.count > 0) line["count"] = event.count;
    return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool serve(const Options& options, Pump& pump, std::ostream& out) {
    const auto bus = ble::openBus();
    asio::io_context io(1);
    ble::BusPump busPump(io.get_executor(), *bus);
    BluezDouble daemon(io.get_executor(), *bus, busPump, pump, options.bluez,
                       [&out](const DoubleEvent& event) { print(out, toJson(event)); });
    asio::cancellation_signal stop;
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](const boost::system::error_code& error, int) {
        if (!error) stop.emit(asio::cancellation_type::terminal);
    });
    bool lost = false;
    asio::co_spawn(io, busPump.run(),
                   asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error) {
                       lost = error != nullptr;
                       io.stop();
                   }));
    print(out, readyLine(options, pump));
    io.run();
    return !lost;
}

} // namespace virtual_pump
