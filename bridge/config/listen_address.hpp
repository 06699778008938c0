// SPDX-License-Identifier: MIT
// Where the status page listens, and by what names this machine may be called there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

struct ListenAddress {
    std::string host; ///< an IP address, without brackets
    std::uint16_t port = 0;

    [[nodiscard]] bool isLoopback() const;
    /// Where a client on this machine reaches it.
    [[nodiscard]] std::string localHost() const;
    /// The same as a URL: "http://127.0.0.1:8780".
    [[nodiscard]] std::string localUrl() const;
};
/// "127.0.0.1:8780", "[::1]:8780", "localhost:8780"; empty when it is none of that.
std::optional<ListenAddress> parseListenAddress(std::string_view text);

/// Whether a Host header names this machine by address or by a name of the local network.
bool isLocalHostName(std::string_view hostHeader);

} // namespace bridge
