// SPDX-License-Identifier: MIT
// What the status server answers, apart from sockets.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/status/service_state.hpp"

namespace bridge {

/// "[::1]:8780" -> "::1", "8780"; the port may be missing.
std::pair<std::string_view, std::string_view> splitHostAndPort(std::string_view text);

/// Whether a Host header names this machine by address or by a name of the local network.
bool isLocalHostName(std::string_view hostHeader);

struct StatusRequest {
    std::string_view method; ///< "GET"
    std::string_view target; ///< "/status.json"
    std::string_view host;   ///< the Host header; empty when there is none
};

/// The whole answer as it goes over the wire; its connection is to be closed afterwards. `gather` is called
/// only when the request is for something that shows the state.
std::string answerTo(const StatusRequest& request, const std::function<ServiceState()>& gather);

} // namespace bridge
