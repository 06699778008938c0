// SPDX-License-Identifier: MIT
// How far the link to the pump has come: the states of docs/architecture.md 4 in one row, from what the
// Bluetooth side and the session report separately.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>

#include "ble/link_state.hpp"
#include "bridge/session/session_stage.hpp"

namespace bridge {

enum class LinkStage : std::uint8_t {
    Starting,
    BluetoothMissing, ///< bluetoothd does not run
    AdapterMissing,
    PairingClosed, ///< there is no pump, and none may pair
    Pairing,       ///< advertising to be paired
    Reconnecting,  ///< advertising for the pump that is paired
    Connected,
    Handshaking,
    Discovering,
    Syncing,
    Following,
    Lost,
    Stopped,
};
/// "following": for programs.
std::string_view name(LinkStage stage);
/// A clause for people: "waiting for the paired pump to come back".
std::string_view describe(LinkStage stage);

/// The present stage and those before it.
class LinkStages {
public:
    using Time = std::chrono::sys_seconds;
    struct Transition {
        LinkStage stage{};
        Time at;
        friend bool operator==(const Transition&, const Transition&) = default;
    };
    static constexpr std::size_t kKept = 20;

    explicit LinkStages(Time startedAt) { transitions_.push_back({LinkStage::Starting, startedAt}); }

    void link(ble::LinkState state, Time now);
    /// What a session still says after its link was lost is passed over.
    void session(SessionStage stage, Time now);

    [[nodiscard]] const Transition& present() const { return transitions_.back(); }
    /// Oldest first, the present one last; at most kKept.
    [[nodiscard]] const std::deque<Transition>& transitions() const { return transitions_; }

private:
    void enter(LinkStage stage, Time now);
    [[nodiscard]] bool isConnected() const;

    std::deque<Transition> transitions_;
};

} // namespace bridge
