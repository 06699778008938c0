// SPDX-License-Identifier: MIT
// What the status server answers, apart from sockets.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bridge/status/service_state.hpp"

namespace bridge {

struct StatusRequest {
    std::string_view method; ///< "GET"
    std::string_view target; ///< "/status.json"
    std::string_view host;   ///< the Host header; empty when there is none
};

/// The whole answer as it goes over the wire; its connection is to be closed afterwards. `gather` is called
/// only when the request is for something that shows the state.
std::string answerTo(const StatusRequest& request, const std::function<ServiceState()>& gather);

} // namespace bridge
