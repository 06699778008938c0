// SPDX-License-Identifier: MIT
// What can be learnt about BlueZ, the kernel and the adapter, from files, D-Bus and the management socket.
// Nothing is judged here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ble/mgmt/socket.hpp"

namespace spdlog {
class logger;
}

namespace bridge::check {

/// Of files.
struct SystemFacts {
    bool installed = false;                ///< there is a bluetoothd
    std::string version{};                 ///< of the package ("5.66-1+deb12u2") or the program ("5.66")
    std::optional<std::string> mainConf{}; ///< its text; empty: there is no such file
    bool preloadConfigured = false;        ///< a drop-in of bluetooth.service names the library
    bool preloadInstalled = false;         ///< the library itself is there
    /// The running bluetoothd has it; empty: that may not be looked at.
    std::optional<bool> preloadLoaded{};
    std::string lockdown{}; ///< "none", "integrity", "confidentiality"; empty: the kernel has no such thing
};
/// What a program prints with --version; empty when it cannot be run.
using AskVersion = std::function<std::string(const std::filesystem::path& program)>;
/// `root`: "/" but in tests. `bluetoothd`: its process, 0 when it does not run.
SystemFacts readSystemFacts(const std::filesystem::path& root, std::uint32_t bluetoothd,
                            const AskVersion& askVersion);

/// Of D-Bus.
struct BusFacts {
    std::string problem{}; ///< the bus itself cannot be used; empty: it can
    bool running = false;
    std::uint32_t process = 0; ///< of bluetoothd; 0: not known
    struct Adapter {
        std::string name{}; ///< "hci0"
        bool powered = false;
        bool lowEnergy = false; ///< it can advertise and serve attributes
        std::uint8_t advertisements = 0;
    };
    std::vector<Adapter> adapters{};
    struct PumpBond {
        std::string adapter{};
        std::string name{}; ///< "Pump 1234567H"
        bool bonded = false;
        bool connected = false;
    };
    std::vector<PumpBond> pumps{}; ///< every device that calls itself a pump
};
/// `address` empty: the system bus.
boost::asio::awaitable<BusFacts> readBusFacts(const std::string& address, spdlog::logger& log);

/// Of the management socket, about one controller.
struct ControllerFacts {
    std::string problem{}; ///< why nothing is known; empty: the rest counts
    bool powered = false;
    bool lowEnergy = false;
    bool brEdr = false;
    bool privacy = false;
    bool secureConnections = false;
    std::optional<std::uint32_t> minInterval{}; ///< of advertising, by default; 0.625 ms
    std::optional<std::uint32_t> maxInterval{}; ///< of advertising, by default; 0.625 ms
};
boost::asio::awaitable<ControllerFacts> readControllerFacts(const std::string& adapter,
                                                            const ble::OpenManagement& open);

} // namespace bridge::check
