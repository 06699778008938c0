// SPDX-License-Identifier: MIT
#include "bridge/check/bluez_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bridge::check {
namespace {

constexpr const char* kPreloadRemedy =
    "sudo install -D -m 644 " PUMP_BRIDGE_LIBRARY_DIRECTORY
    "/bluetooth-preload.conf /etc/systemd/system/bluetooth.service.d/pump-bridge.conf && sudo systemctl "
    "daemon-reload && sudo systemctl restart bluetooth";
constexpr const char* kPatchMark = "+pump";
/// Discovery answers of 23 bytes are what the pump takes (docs/protocol/link.md 5.3).
constexpr std::uint32_t kPumpMtu = 23;
/// The kernel refuses less on the BR/EDR attribute socket, and bluetoothd then drops the adapter.
constexpr std::uint32_t kSmallestStockMtu = 48;

/// "5.66-1+deb12u2" -> 5.66; "2:5.82-1" too.
std::string upstream(const std::string& version) {
    const auto colon = version.find(':');
    const std::string text = colon == std::string::npos ? version : version.substr(colon + 1);
    return text.substr(0, text.find_first_not_of("0123456789."));
}

double milliseconds(std::uint32_t units) {
    return units * 0.625;
}

bool isPatched(const SystemFacts& system) {
    return system.version.find(kPatchMark) != std::string::npos;
}

/// "Pump 1234567H" belongs to "NG1234567H".
bool belongsTo(const std::string& name, std::string serial) {
    if (serial.starts_with("NG")) serial.erase(0, 2);
    return serial.empty() || name.ends_with(serial);
}

/// "Pump ...67H": the digits are those of the serial number.
std::string shortName(const std::string& name) {
    constexpr std::size_t kShown = 3;
    return "Pump ..." + name.substr(name.size() - std::min(name.size(), kShown));
}

} // namespace

Finding checkVersion(const SystemFacts& system) {
    constexpr const char* kCheck = "bluez.version";
    constexpr std::array kTried{"5.66", "5.82"};
    if (!system.installed && system.version.empty())
        return failed(kCheck, "BlueZ is not installed", "sudo apt-get install bluez");
    if (system.version.empty())
        return warning(kCheck, "the version of bluetoothd cannot be told", "look at 'bluetoothd --version'");
    const std::string number = upstream(system.version);
    const bool tried = std::ranges::find(kTried, number) != kTried.end();
    if (tried) return ok(kCheck, "bluetoothd " + system.version);
    return warning(kCheck, "bluetoothd " + system.version + " was never tried with this program",
                   "prefer 5.66 (Debian 12) or 5.82 (Debian 13)");
}

Finding checkDiscoveryAnswers(const SystemFacts& system, const MainConf& conf) {
    constexpr const char* kCheck = "bluez.mtu";
    const auto exchange = conf.number("GATT", "ExchangeMTU");
    const bool smallExchange = exchange && *exchange < kSmallestStockMtu;
    if (system.preloadLoaded == true || (system.preloadConfigured && !system.preloadLoaded)) {
        const std::string how = smallExchange ? ", MTU " + std::to_string(*exchange) : "";
        if (system.preloadLoaded == true) return ok(kCheck, "bluetoothd runs with the preload library" + how);
        if (!system.preloadInstalled)
            return failed(kCheck, "bluetooth.service names the preload library, but the file is not there",
                          kPreloadRemedy);
        return ok(kCheck, "bluetooth.service names the preload library" + how +
                              " (whether bluetoothd has it, only root can see)");
    }
    if (system.preloadConfigured)
        return failed(kCheck, "bluetooth.service names the preload library, but bluetoothd runs without it",
                      "sudo systemctl daemon-reload && sudo systemctl restart bluetooth");
    if (isPatched(system)) {
        if (conf.number("GATT", "DiscoveryMTU") == kPumpMtu || exchange == kPumpMtu)
            return ok(kCheck, "bluetoothd is the patched one, and main.conf switches the patch on");
        return failed(kCheck, "bluetoothd is the patched one, but main.conf does not switch the patch on",
                      "add DiscoveryMTU = 23 to [GATT] of /etc/bluetooth/main.conf and restart bluetoothd");
    }
    if (smallExchange)
        return failed(
            kCheck, fmt::format("ExchangeMTU = {} makes an unpatched bluetoothd drop its adapter", *exchange),
            kPreloadRemedy);
    return failed(
        kCheck,
        "bluetoothd's discovery answers are too long for the pump: it connects, falls silent and goes",
        kPreloadRemedy);
}

Finding checkLockdown(const SystemFacts& system) {
    constexpr const char* kCheck = "kernel.lockdown";
    if (system.lockdown.empty() || system.lockdown == "none") return ok(kCheck, "off");
    return ok(kCheck,
              system.lockdown +
                  ": no obstacle, the advertising interval does not come from the files that it locks");
}

Finding checkRunning(const BusFacts& bus, const SystemFacts& system) {
    constexpr const char* kCheck = "bluez.running";
    if (!bus.problem.empty())
        return unreachable(kCheck, bus.problem,
                           bus.running ? "sudo systemctl restart bluetooth" : "sudo systemctl start dbus");
    if (bus.running) return ok(kCheck, "bluetoothd is on the system bus");
    return unreachable(kCheck, "bluetoothd does not run",
                       system.installed ? "sudo systemctl enable --now bluetooth"
                                        : "install BlueZ first: sudo apt-get install bluez");
}

std::string chooseAdapter(const BusFacts& bus, const std::string& configured) {
    const auto fits = [&](const BusFacts::Adapter& adapter) {
        return adapter.lowEnergy && (configured.empty() || adapter.name == configured);
    };
    const auto found = std::ranges::find_if(bus.adapters, fits);
    return found == bus.adapters.end() ? std::string{} : found->name;
}

Finding checkAdapter(const BusFacts& bus, const std::string& configured) {
    constexpr const char* kCheck = "adapter";
    const std::string name = chooseAdapter(bus, configured);
    if (name.empty()) {
        if (bus.adapters.empty())
            return failed(
                kCheck, "there is no Bluetooth adapter",
                "plug one in; 'rfkill list' and 'journalctl -u bluetooth' tell of one that is hidden");
        if (!configured.empty())
            return failed(
                kCheck, "bluetooth.adapter names " + configured + ", which is not there or has no Low Energy",
                "take " + bus.adapters.front().name + ", or leave bluetooth.adapter empty");
        return failed(kCheck, "no adapter can advertise and serve attributes",
                      "use one with Bluetooth 4.0 or later");
    }
    const auto& adapter = *std::ranges::find(bus.adapters, name, &BusFacts::Adapter::name);
    if (!adapter.powered)
        return warning(kCheck, name + " is off; the service switches it on",
                       "if that fails: sudo rfkill unblock bluetooth");
    if (adapter.advertisements > 1)
        return warning(
            kCheck,
            fmt::format("{} advertises {} things at a time, each less often", name, adapter.advertisements),
            "end the other programs that advertise");
    return ok(kCheck, name + " is on and has Low Energy");
}

Findings checkController(const ControllerFacts& controller) {
    constexpr const char* kCheck = "adapter.settings";
    if (!controller.problem.empty())
        return {warning(kCheck, "the adapter's settings cannot be read: " + controller.problem,
                        "main.conf alone is judged; look at 'btmgmt info'")};
    Findings findings;
    if (!controller.powered) findings.push_back(ok(kCheck, "not judged: the adapter is off"));
    if (!controller.powered) return findings;
    if (!controller.lowEnergy) findings.push_back(failed(kCheck, "Low Energy is off", kSettingsRemedy));
    if (!controller.privacy)
        findings.push_back(failed(
            kCheck, "privacy is off: the pump pairs, but does not come back",
            std::string(kSettingsRemedy) + "; then pair anew (remove this computer in the pump's menu)"));
    if (controller.brEdr)
        findings.push_back(warning(kCheck, "classic Bluetooth (BR/EDR) is on", kSettingsRemedy));
    if (controller.secureConnections)
        findings.push_back(
            warning(kCheck, "Secure Connections is on; a service that may, switches it off when it starts",
                    "run the service by its unit, or from BlueZ 5.67 on set SecureConnections = off"));
    if (findings.empty())
        findings.push_back(
            ok(kCheck, "Low Energy and privacy are on, BR/EDR and Secure Connections are off"));
    return findings;
}

Finding checkInterval(const ControllerFacts& controller, const MainConf& conf) {
    constexpr const char* kCheck = "adapter.interval";
    const bool inEffect = controller.problem.empty() && controller.maxInterval;
    const auto least = inEffect ? controller.minInterval : conf.number("LE", "MinAdvertisementInterval");
    const auto most = inEffect ? controller.maxInterval : conf.number("LE", "MaxAdvertisementInterval");
    const char* source = inEffect ? "in effect" : "by main.conf";
    if (!most)
        return warning(kCheck, "no advertising interval is set: the usual 1.28 s are too seldom for the pump",
                       kSettingsRemedy);
    const std::string text = fmt::format("advertising every {} to {} ms ({})",
                                         milliseconds(least.value_or(*most)), milliseconds(*most), source);
    if (*most <= kSlowestInterval) return ok(kCheck, text);
    return warning(kCheck, text + ": the pump ignores what comes less often than every 150 ms",
                   kSettingsRemedy);
}

Findings checkBonds(const BusFacts& bus, const std::string& adapter, const std::string& serial) {
    constexpr const char* kCheck = "bond";
    constexpr const char* kPair =
        "on the pump choose Paired Devices > Pair New Device while the service runs";
    Findings findings;
    std::size_t good = 0;
    for (const auto& pump : bus.pumps) {
        if (!pump.bonded) continue;
        if (pump.adapter != adapter) {
            findings.push_back(warning(kCheck,
                                       shortName(pump.name) + " is paired with " + pump.adapter +
                                           ", but the service uses " + adapter,
                                       "set bluetooth.adapter = \"" + pump.adapter + "\", or pair anew"));
        } else if (!belongsTo(pump.name, serial)) {
            findings.push_back(warning(kCheck,
                                       shortName(pump.name) + " is paired, but pump.serial asks for another",
                                       "change pump.serial, or pair the other pump: pump-bridge run --pair"));
        } else {
            ++good;
            findings.push_back(ok(kCheck, shortName(pump.name) + " is paired with " + adapter +
                                              (pump.connected ? " and connected" : "")));
        }
    }
    if (good > 1)
        findings.push_back(warning(kCheck, "several pumps are paired: the first that comes is read",
                                   "set pump.serial, or remove the others with 'bluetoothctl remove'"));
    if (findings.empty()) findings.push_back(warning(kCheck, "no pump is paired yet", kPair));
    return findings;
}

} // namespace bridge::check
