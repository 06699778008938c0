// SPDX-License-Identifier: MIT
#include "bridge/liveness.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

namespace bridge {
namespace {

/// A busy computer is late with everything.
constexpr std::chrono::minutes kMargin{1};
/// Calls of bluetoothd between two states of the link: application, agent, pairing, bonds that are removed.
constexpr int kCallsOfPreparation = 24;
/// Reads, writes and subscriptions before the first question about history.
constexpr int kOperationsOfDiscovery = 16;
/// Questions about the present between two procedures of history.
constexpr int kQuestionsBetween = 20;
/// Each operation finds the characteristic, calls, and waits for the effect.
constexpr int kWaitsOfOperation = 3;

/// The link has nothing to do but to wait, for however long.
bool isAtRest(ble::LinkState state) {
    switch (state) {
        case ble::LinkState::BluezMissing:
        case ble::LinkState::AdapterMissing:
        case ble::LinkState::AdvertisingPairing:
        case ble::LinkState::AdvertisingReconnect:
        case ble::LinkState::AdvertisingBoth:
        case ble::LinkState::PairingClosed:
            return true;
        case ble::LinkState::Connected:
        case ble::LinkState::Subscribed:
        case ble::LinkState::Ready:
        case ble::LinkState::Stopped:
            break;
    }
    return false;
}

} // namespace

LivenessLimits livenessLimits(const ble::LinkLimits& link, const SessionSettings& session) {
    const auto drop = link.call + link.disconnection;
    const auto handshake = session.handshakeTimeout + drop;
    const auto operation = kWaitsOfOperation * link.operation;
    const auto questions = kQuestionsBetween * (operation + session.answerInactivity);
    LivenessLimits limits{};
    limits.preparation = drop + kCallsOfPreparation * link.call + kMargin;
    limits.handshake = handshake + kMargin;
    // A pump that unsubscribes is given the time of a handshake, in whatever state that is.
    limits.discovery = session.discoveryTimeout + kOperationsOfDiscovery * operation + handshake + kMargin;
    limits.syncing = session.report + questions + handshake + kMargin;
    limits.following = session.follow.poll + limits.syncing;
    return limits;
}

Liveness::Liveness(LivenessLimits limits, SteadyClock clock, spdlog::logger& log)
    : limits_(limits), clock_(std::move(clock)), log_(log), linkSince_(clock_()), sessionSince_(linkSince_) {}

void Liveness::linkStateChanged(ble::LinkState state) {
    link_ = state;
    linkSince_ = clock_();
}

void Liveness::linkProblemChanged(const std::optional<ble::LinkProblem>& problem) {
    obstructed_ = problem.has_value();
    linkSince_ = clock_();
}

void Liveness::stageReached(SessionStage stage) {
    session_ = stage;
    sessionSince_ = clock_();
}

void Liveness::progressed() {
    sessionSince_ = clock_();
}

std::optional<Liveness::Wait> Liveness::present() const {
    switch (session_) {
        case SessionStage::Connected:
        case SessionStage::Handshaking:
            return Wait{name(session_), sessionSince_, limits_.handshake};
        case SessionStage::Discovering:
            return Wait{name(session_), sessionSince_, limits_.discovery};
        case SessionStage::Syncing:
            return Wait{name(session_), sessionSince_, limits_.syncing};
        case SessionStage::Following:
            return Wait{name(session_), sessionSince_, limits_.following};
        case SessionStage::Waiting:
            break;
    }
    if (obstructed_ || isAtRest(link_)) return std::nullopt;
    // The session hears of a connection a little later than the link: the later of both counts.
    const auto state = link_ == ble::LinkState::Stopped ? "starting" : "between two connections";
    return Wait{state, std::max(linkSince_, sessionSince_), limits_.preparation};
}

bool Liveness::moves() {
    const auto wait = present();
    const auto now = clock_();
    const bool late = wait && now - wait->since > wait->limit;
    if (std::exchange(overdue_, late) != late) {
        if (late)
            log_.error(
                "watchdog: the link has been \"{}\" for {} s without moving on: the watchdog is not fed",
                wait->state, std::chrono::floor<std::chrono::seconds>(now - wait->since).count());
        else
            log_.warn("watchdog: the link moves again");
    }
    return !late;
}

} // namespace bridge
