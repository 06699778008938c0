// SPDX-License-Identifier: MIT
// A real Nightscout with a store in memory (tests/nightscout_server), as a child process on a free port.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace nightscout::testing {

class NightscoutProcess {
public:
    /// The folder named by PUMP_BRIDGE_NIGHTSCOUT_DIR; empty when that is unset or has no node_modules.
    static std::optional<std::filesystem::path> folder();

    /// Starts it and waits until it answers. `enable`: features, blank-separated. Throws std::runtime_error.
    NightscoutProcess(boost::asio::io_context& io, const std::filesystem::path& folder, std::string apiSecret,
                      std::string enable = "careportal basal iob pump devicestatus");
    ~NightscoutProcess(); ///< ends it
    NightscoutProcess(const NightscoutProcess&) = delete;
    NightscoutProcess& operator=(const NightscoutProcess&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void start(const std::filesystem::path& folder, const std::string& apiSecret, const std::string& enable);
    void stop();
    boost::asio::awaitable<bool> becomesReady();

    std::uint16_t port_ = 0;
    pid_t process_ = -1;
};

} // namespace nightscout::testing
