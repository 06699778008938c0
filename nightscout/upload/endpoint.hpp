// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace nightscout {

/// One end of a connection.
struct Endpoint {
    bool tls = true;
    std::string host;
    std::string port;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;

    /// For messages and the Host header: without the scheme's own port.
    [[nodiscard]] std::string authority() const {
        const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
        return port == (tls ? "443" : "80") ? name : name + ":" + port;
    }
};

} // namespace nightscout
