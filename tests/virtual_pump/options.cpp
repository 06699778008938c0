// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <date/tz.h>

#include <CLI/CLI.hpp>
#include <sstream>

namespace virtual_pump {

namespace {

constexpr int kUsage = 2;

/// "2026-03-29T03:19:47" or with a blank between date and time.
std::optional<protocol::LocalSeconds> parseLocal(std::string text) {
    if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
    std::istringstream in(text);
    date::local_seconds time;
    in >> date::parse("%Y-%m-%dT%H:%M:%S", time);
    if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
    return protocol::LocalSeconds(time.time_since_epoch());
}

bool isZone(const std::string& name) try {
    date::locate_zone(name);
    return true;
} catch (const std::runtime_error&) {
    return false;
}

/// Options that are no single field.
struct Raw {
    std::int64_t clockError = 0;
    std::vector<std::string> clockEvents;
    std::string end = "now";
    std::int64_t reconnectDelayMs = 0;
    std::int64_t discoveryDelayMs = 0;
    std::int64_t resolveDelayMs = 0;
    std::int64_t addEveryMs = 1000;
    bool noPairing = false;
};

void addHistory(CLI::App& app, Options& options, Raw& raw) {
    auto* history =
        app.add_option("--history", options.history, "File of raw records, one a line in hexadecimal")
            ->check(CLI::ExistingFile);
    app.add_option("--seed", options.seed, "Seed of a generated history")
        ->capture_default_str()
        ->excludes(history);
    app.add_option("--days", options.days, "Length of a generated history")
        ->capture_default_str()
        ->check(CLI::Range(1, 400))
        ->excludes(history);
    app.add_option("--first-sequence", options.firstSequence,
                   "Number of a generated history's first record; 0: the pump has written nothing before it")
        ->capture_default_str();
    app.add_option("--end", raw.end, "Pump time of the last record: now, or YYYY-MM-DDTHH:MM:SS")
        ->capture_default_str();
    app.add_option("--zone", options.zone, "Time zone of the pump's clock")->capture_default_str();
    app.add_flag("--shift", options.shift, "Move the records of the file so that they end at --end")
        ->needs(history);
    auto* holdBack = app.add_option("--hold-back", options.holdBack,
                                    "Keep the newest N records back, and add them while the bridge follows");
    app.add_option("--add-every", raw.addEveryMs, "Milliseconds between two records that are added")
        ->capture_default_str()
        ->check(CLI::PositiveNumber)
        ->needs(holdBack);
    app.add_flag("--live", options.live,
                 "The life goes on for a week: new records and indications as the pump's clock advances")
        ->excludes(history)
        ->excludes(holdBack);
    app.add_option("--speed", options.speed,
                   "Seconds of the pump's life in one second; the time that it tells stays ours. With --live "
                   "it begins three hours back, or at --end, and runs as fast as ours once it has caught up")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 3600.0));
    app.add_option("--inventory", options.inventory, "Write what the history contains to this file, as JSON");
}

void addClock(CLI::App& app, Options& options, Raw& raw) {
    app.add_option("--clock-error", raw.clockError,
                   "Seconds by which the pump's clock is fast, or slow if negative")
        ->capture_default_str();
    app.add_option("--drift", options.drift, "Seconds that the pump's clock gains a day")
        ->capture_default_str()
        ->check(CLI::Range(-3600.0, 3600.0));
    app.add_option(
           "--clock-event", raw.clockEvents,
           "SECONDS:WHAT, so long after the first handshake: the clock is moved by seconds (3:+3600), lost "
           "(3:lost), or set right (3:right); may be given more than once")
        ->check([](const std::string& text) {
            return parseClockEvent(text) ? "" : "must be like 3:+3600, 3:lost or 3:right";
        });
}

void addPump(CLI::App& app, Options& options) {
    app.add_option("--serial", options.pump.serialNumber, "Serial number, NG1234567H")
        ->capture_default_str()
        ->check([](const std::string& serial) {
            return serial.size() > 2 && serial.starts_with("NG") ? "" : "must begin with NG";
        });
    app.add_option("--mtu", options.pump.mtu, "ATT MTU of the link: 184 or 23")
        ->capture_default_str()
        ->check(CLI::Range(23, 517));
    auto& faults = options.pump.faults;
    app.add_option("--drop-after", faults.dropLinkAfter, "Drop the link after N history notifications, once");
    app.add_option("--lose-at", faults.loseAt, "Lose the N-th history notification");
    app.add_option("--corrupt-at", faults.corruptMacAt, "Spoil the MAC of the N-th history notification");
    app.add_option("--duplicate-at", faults.duplicateAt, "Send the N-th history notification twice");
    app.add_option("--silent-at-stage", faults.silentAtStage, "Fall silent in this stage of the handshake");
    app.add_flag("--answer-random", faults.answerRandom, "Behave like a pump that has other keys");
}

void addLink(CLI::App& app, Options& options, Raw& raw) {
    auto& bluez = options.bluez;
    app.add_option("--rate", bluez.recordsPerSecond,
                   "History records a second; 0: as fast as the bus takes them")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1e6));
    app.add_option("--reconnect-delay", raw.reconnectDelayMs,
                   "Milliseconds from our advertisement to the connection")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--discovery-delay", raw.discoveryDelayMs,
                   "Milliseconds that the pump needs to discover us")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--resolve-delay", raw.resolveDelayMs,
                   "Milliseconds that the daemon needs to discover the pump")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--bonded", bluez.bonded, "Start with a bond on both sides");
    app.add_flag("--no-pairing", raw.noPairing, "Nobody opens Pair New Device on the pump");
}

std::variant<Options, Exit> finish(Options options, const Raw& raw) {
    if (!isZone(options.zone)) return Exit{kUsage, "--zone: there is no time zone " + options.zone};
    if (raw.end != "now") {
        options.end = parseLocal(raw.end);
        if (!options.end)
            return Exit{kUsage, "--end: neither \"now\" nor a time like 2026-03-29T03:19:47: " + raw.end};
    }
    options.clockError = std::chrono::seconds(raw.clockError);
    for (const auto& text : raw.clockEvents) options.clockEvents.push_back(*parseClockEvent(text));
    options.bluez.reconnectDelay = std::chrono::milliseconds(raw.reconnectDelayMs);
    options.bluez.discoveryDelay = std::chrono::milliseconds(raw.discoveryDelayMs);
    options.bluez.resolveDelay = std::chrono::milliseconds(raw.resolveDelayMs);
    options.bluez.userOpensPairing = !raw.noPairing;
    options.addEvery = std::chrono::milliseconds(raw.addEveryMs);
    options.bluez.mtu = options.pump.mtu;
    options.bluez.pumpName = "Pump " + options.pump.serialNumber.substr(2);
    return options;
}

} // namespace

std::optional<ClockEvent> parseClockEvent(const std::string& text) {
    ClockEvent event;
    std::int64_t after = 0, by = 0;
    std::string what;
    char colon = 0;
    std::istringstream in(text);
    if (!(in >> after >> colon >> what) || colon != ':' || after < 0) return std::nullopt;
    event.after = std::chrono::seconds(after);
    if (what == "lost" || what == "right") {
        event.kind = what == "lost" ? ClockEvent::Kind::Lost : ClockEvent::Kind::SetRight;
        return event;
    }
    std::istringstream number(what);
    if (!(number >> by) || number.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
    event.by = std::chrono::seconds(by);
    return event;
}

std::variant<Options, Exit> parseOptions(int argc, const char* const* argv) {
    Options options;
    Raw raw;
    CLI::App app(
        "A pump in software, behind a double of bluetoothd on the bus in DBUS_SYSTEM_BUS_ADDRESS. Prints one "
        "JSON object a line for each event.",
        "virtual-pump");
    app.add_option("--keydb", options.keyDatabase, "SAKE key database, of the pump or of the bridge")
        ->required()
        ->check(CLI::ExistingFile);
    addHistory(app, options, raw);
    addClock(app, options, raw);
    addPump(app, options);
    addLink(app, options, raw);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return Exit{0, app.help()};
    } catch (const CLI::ParseError& error) {
        return Exit{kUsage, error.what()};
    }
    return finish(std::move(options), raw);
}

} // namespace virtual_pump
