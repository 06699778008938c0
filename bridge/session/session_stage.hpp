// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge {

/// How far the session with a pump has come.
enum class SessionStage : std::uint8_t {
    Connected, ///< the pump has yet to ask for a handshake
    Handshaking,
    Discovering, ///< the handshake is done; the pump's services are being found
    Syncing,
    Following,
    Waiting, ///< for the pump: there is no connection
};
/// "syncing"
std::string_view name(SessionStage stage);

} // namespace bridge
