// SPDX-License-Identifier: MIT
// Whether the link to the pump still moves. Whatever link and session wait for has a deadline of their own,
// so each state has a time after which it must have moved on; what may last for ever has none. The service
// manager's watchdog is fed only while this is so (docs/architecture.md 4).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "ble/bluez/link.hpp"
#include "bridge/session/pump_session.hpp"

namespace spdlog {
class logger;
}

namespace bridge {

/// After these nothing that works is still where it was.
struct LivenessLimits {
    /// From the start, or from the end of a connection, to an advertisement or to what is in its way.
    std::chrono::milliseconds preparation;
    std::chrono::milliseconds handshake; ///< from connecting, and from each subscription
    std::chrono::milliseconds discovery; ///< from the handshake's end to the first question about history
    std::chrono::milliseconds syncing;   ///< from one procedure of history to the next
    std::chrono::milliseconds following; ///< the same, with the wait for the next poll
};
LivenessLimits livenessLimits(const ble::LinkLimits& link, const SessionSettings& session);

class Liveness final : public SessionListener, public ble::LinkListener {
public:
    Liveness(LivenessLimits limits, SteadyClock clock, spdlog::logger& log);

    /// False while the link is overdue, which is logged once, as is that it moves again.
    [[nodiscard]] bool moves();

    void linkStateChanged(ble::LinkState state) override;
    void linkProblemChanged(const std::optional<ble::LinkProblem>& problem) override;
    void stageReached(SessionStage stage) override;
    void progressed() override;

private:
    using Time = std::chrono::steady_clock::time_point;

    struct Wait {
        std::string_view state;
        Time since;
        std::chrono::milliseconds limit;
    };
    /// Empty: what is waited for may take for ever.
    [[nodiscard]] std::optional<Wait> present() const;

    LivenessLimits limits_;
    SteadyClock clock_;
    spdlog::logger& log_;
    ble::LinkState link_ = ble::LinkState::Stopped;
    Time linkSince_;
    bool obstructed_ = false; ///< the link has said what is in its way, and tries again
    SessionStage session_ = SessionStage::Waiting;
    Time sessionSince_;
    bool overdue_ = false;
};

} // namespace bridge
