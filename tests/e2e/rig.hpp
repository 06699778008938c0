// SPDX-License-Identifier: MIT
// The parts of an end-to-end test: a private bus, the virtual pump behind org.bluez, a real Nightscout, and
// the production binary.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "process.hpp"

namespace e2e {

/// A port of this machine that was free a moment ago.
unsigned short freePort();

/// dbus-daemon on an address of its own.
class PrivateBus {
public:
    PrivateBus();
    [[nodiscard]] const std::string& address() const { return address_; }

private:
    Process daemon_;
    std::string address_;
};

/// The real server of tests/nightscout_server, from the directory in PUMP_BRIDGE_NIGHTSCOUT_DIR.
class Nightscout {
public:
    static bool isInstalled();
    Nightscout();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] static std::string secret() { return "a-secret-of-this-test"; }
    /// GET, parsed. Throws std::runtime_error when there is no answer.
    [[nodiscard]] nlohmann::json get(const std::string& path) const;
    /// All entries and treatments, without what the server adds (`_id`, `mills`, ...), by identifier.
    [[nodiscard]] std::map<std::string, nlohmann::json> documents() const;
    /// How many documents are stored: more than documents().size() when one is there twice.
    [[nodiscard]] std::size_t count() const;

private:
    unsigned short port_;
    std::unique_ptr<Process> server_;
};

struct PumpOptions {
    std::vector<std::string> source{"--seed", "1", "--days", "1"};
    std::vector<std::string> more;
};

/// One pump, one bridge, and what they share.
class Rig {
public:
    explicit Rig(const PumpOptions& options = {});

    [[nodiscard]] const TempDirectory& directory() const { return directory_; }
    [[nodiscard]] const PrivateBus& bus() const { return bus_; }
    [[nodiscard]] Process& pump() { return *pump_; }
    /// What the pump holds, as it counts itself.
    [[nodiscard]] nlohmann::json inventory() const;
    /// Writes a configuration and gives its path. `site` empty: nothing is uploaded.
    [[nodiscard]] std::string configuration(const std::string& site, const std::string& store = "history.db",
                                            const std::string& secret = Nightscout::secret()) const;
    /// Starts pump-bridge with this configuration: "run" and `arguments`.
    [[nodiscard]] std::unique_ptr<Process> bridge(const std::string& configuration,
                                                  std::vector<std::string> arguments) const;

private:
    TempDirectory directory_;
    PrivateBus bus_;
    std::unique_ptr<Process> pump_;
};

/// Runs pump-bridge with arguments of one's own, on a bus or without one, to its end.
struct Outcome {
    int exitCode;
    std::string output;
};
Outcome runBridge(std::vector<std::string> arguments,
                  const std::map<std::string, std::string>& environment = {});

} // namespace e2e
