// SPDX-License-Identifier: MIT
// The control socket of a running service. Who may use it is decided by the kernel's word for who the peer
// is.
#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/control/control_error.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

namespace asio = boost::asio;

/// At the other end, as the kernel says.
struct ControlPeer {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups; ///< supplementary
};
/// Root, the service's own user, and members of `group`, if there is such a group.
bool mayControl(const ControlPeer& peer, uid_t self, std::optional<gid_t> group);

/// Members of this group may use the socket.
inline constexpr const char* kControlGroup = "pump-bridge-users";
/// Empty: this computer has no such group.
std::optional<gid_t> findGroup(const std::string& name);

/// Where a command's words go.
class ControlOutput {
public:
    virtual ~ControlOutput() = default;
    virtual asio::awaitable<void> out(std::string_view text) = 0;
    virtual asio::awaitable<void> err(std::string_view text) = 0;
};
/// Returns the exit code; throws ControlError to refuse. `options` as sent; the command checks them.
using ControlCommand =
    std::function<asio::awaitable<int>(const nlohmann::json& options, ControlOutput& output)>;

struct ControlLimits {
    std::chrono::milliseconds request = std::chrono::seconds(5); ///< until the request is there
    std::chrono::milliseconds answer = std::chrono::seconds(30); ///< for each line that is sent
    std::size_t connections = 4;                                 ///< at once; more are refused as busy
};

class ControlServer {
public:
    using MayControl = std::function<bool(const ControlPeer&)>;

    /// Listens at `socket` (mode 0660, group as given), in place of one that nobody listens at any more.
    /// Throws boost::system::system_error when that is not possible, address_in_use when somebody does.
    ControlServer(const asio::any_io_executor& executor, std::filesystem::path socket,
                  std::optional<gid_t> group, MayControl mayControl,
                  std::map<std::string, ControlCommand> commands, spdlog::logger& log,
                  ControlLimits limits = {});
    ~ControlServer();

    /// Until cancelled; then closes all connections.
    asio::awaitable<void> run();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace bridge
