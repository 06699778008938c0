// SPDX-License-Identifier: MIT
#include "control.hpp"

#include <date/tz.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ble/bluez/bus.hpp"
#include "clock_change.hpp"
#include "history_source.hpp"
#include "protocol/history/record.hpp"
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

constexpr int kDaysAhead = 7;
/// Of a life that is faster than ours, where no end is given.
constexpr std::chrono::hours kBehind{3};

std::vector<Bytes> makeHistory(const Options& options, protocol::LocalSeconds end) {
    if (options.live) {
        return generateHistory({.seed = options.seed,
                                .days = options.days + kDaysAhead,
                                .firstSequenceNumber = options.firstSequence,
                                .end = end + std::chrono::days{kDaysAhead}});
    }
    if (options.history.empty())
        return generateHistory({.seed = options.seed,
                                .days = options.days,
                                .firstSequenceNumber = options.firstSequence,
                                .end = end});
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

/// The life of the pump goes on: a record each interval, from the first handshake on.
asio::awaitable<void> addRecords(Pump& pump, BluezDouble& daemon, std::vector<Bytes> records,
                                 std::chrono::milliseconds interval, std::ostream& out) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (std::size_t added = 0; added < records.size();) {
        timer.expires_after(interval);
        co_await timer.async_wait(asio::use_awaitable);
        if (pump.counters().handshakes == 0) continue;
        pump.append(std::move(records[added++]));
        daemon.pumpHasNews();
        print(out, Json{{"event", "record added"}, {"count", added}}.dump());
    }
}

/// The life of the pump goes on by its clock: records when their time has come, active insulin each minute.
asio::awaitable<void> live(Pump& pump, BluezDouble& daemon, ScaledClock clock, std::vector<Coming> coming,
                           std::ostream& out) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    std::size_t written = 0;
    for (;;) {
        const auto nextMinute =
            std::chrono::floor<std::chrono::minutes>(clock.now()) + std::chrono::minutes{1};
        auto wait = clock.until(nextMinute);
        if (written < coming.size()) wait = std::min(wait, clock.until(coming[written].time));
        timer.expires_after(wait);
        co_await timer.async_wait(asio::use_awaitable);
        const auto before = written;
        while (written < coming.size() && coming[written].time <= clock.now())
            pump.append(std::move(coming[written++].record));
        pump.timePasses();
        daemon.pumpHasNews();
        if (written > before) print(out, Json{{"event", "record added"}, {"count", written}}.dump());
    }
}

/// What happens to its clock, counted from the first handshake.
asio::awaitable<void> changeClock(Pump& pump, BluezDouble& daemon, std::vector<ClockEvent> events,
                                  std::function<protocol::LocalSeconds()> unset, std::ostream& out) {
    using protocol::history::RecordingReason;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (pump.counters().handshakes == 0) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const ClockEvent& event : events) {
        timer.expires_at(begin + event.after);
        co_await timer.async_wait(asio::use_awaitable);
        const bool lost = event.kind == ClockEvent::Kind::Lost;
        const auto shown = pump.shown();
        const auto from = lost                                       ? kLostTime
                          : event.kind == ClockEvent::Kind::SetRight ? unset()
                                                                     : shown + event.by;
        const auto reason = lost ? RecordingReason::DateTimeLoss : RecordingReason::SetDateTime;
        for (Bytes& record : clockChange(pump.history(), reason, shown, from)) pump.append(std::move(record));
        daemon.pumpHasNews();
        const auto newest = protocol::history::parseHeader(pump.history().back());
        print(out, Json{{"event", lost ? "clock lost" : "clock set"},
                        {"glucose", newest ? glucoseAt(newest->sequenceNumber) : 0}}
                       .dump());
    }
}

void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
}

std::string readyLine(const Options& options, const Pump& pump) {
    return Json{{"event", "ready"}, {"serial", options.pump.serialNumber}, {"records", pump.history().size()}}
        .dump();
}

} // namespace

Setup makeSetup(const Options& options) try {
    // A life that is faster than ours begins in the past and never gets ahead of us: what lies in the future
    // is no record of a pump (docs/nightscout/mapping.md 5.6).
    const bool fast = options.live && options.speed > 1;
    const auto present = nowIn(options.zone);
    const auto begin = options.end.value_or(fast ? present - kBehind : present);
    const auto end = begin + options.clockError;
    const double speed = options.speed * (1 + options.drift / 86400);
    const auto behind = std::max(present - begin, std::chrono::seconds{0});
    const ScaledClock clock(
        end, speed, [] { return std::chrono::steady_clock::now(); },
        fast ? std::optional(behind) : std::nullopt);
    auto pump = std::make_unique<Pump>(options.pump, readKeys(options.keyDatabase), sake::systemRandom,
                                       [clock] { return clock.now(); });
    if (options.speed != 1) pump->tellTime([zone = options.zone] { return nowIn(zone); });
    Setup setup;
    setup.unset = [clock] { return clock.now(); };
    auto records = makeHistory(options, end);
    if (options.live) {
        auto life = cut(std::move(records), end);
        records = std::move(life.past);
        setup.coming = std::move(life.coming);
        setup.clock = clock;
    }
    if (!options.inventory.empty()) writeInventory(options.inventory, records);
    const auto kept = records.size() - std::min(options.holdBack, records.size());
    setup.later.assign(std::make_move_iterator(records.begin() + static_cast<std::ptrdiff_t>(kept)),
                       std::make_move_iterator(records.end()));
    records.resize(kept);
    pump->setHistory(std::move(records));
    setup.pump = std::move(pump);
    return setup;
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

bool serve(const Options& options, Setup setup, std::ostream& out) {
    Pump& pump = *setup.pump;
    const auto bus = ble::openBus();
    asio::io_context io(1);
    ble::BusPump busPump(io.get_executor(), *bus);
    BluezDouble daemon(io.get_executor(), *bus, busPump, pump, options.bluez,
                       [&out](const DoubleEvent& event) { print(out, toJson(event)); });
    asio::co_spawn(io, addRecords(pump, daemon, std::move(setup.later), options.addEvery, out), rethrow);
    if (setup.clock)
        asio::co_spawn(io, live(pump, daemon, *setup.clock, std::move(setup.coming), out), rethrow);
    asio::co_spawn(io, changeClock(pump, daemon, options.clockEvents, setup.unset, out), rethrow);
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
