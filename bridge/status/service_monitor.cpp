// SPDX-License-Identifier: MIT
#include "bridge/status/service_monitor.hpp"

#include <spdlog/logger.h>

#include <utility>

#include "bridge/status/find_problems.hpp"
#include "bridge/status/stored_state.hpp"

namespace bridge {

ServiceMonitor::ServiceMonitor(Store& store, const therapy::Zone& zone, nightscout::MappingSettings mapping,
                               UtcClock clock, spdlog::logger& log)
    : store_(store),
      zone_(zone),
      mapping_(std::move(mapping)),
      clock_(std::move(clock)),
      log_(log),
      startedAt_(clock_()),
      stages_(startedAt_) {}

void ServiceMonitor::linkStateChanged(ble::LinkState state) {
    stages_.link(state, clock_());
    diagnosis_.link(state, clock_());
}

void ServiceMonitor::linkProblemChanged(const std::optional<ble::LinkProblem>& problem) {
    report(diagnosis_.problem(problem, clock_()));
}

void ServiceMonitor::synced(const PumpInfo& /*pump*/) {
    diagnosis_.worked();
}

void ServiceMonitor::statusRead(const PumpInfo& /*pump*/, const therapy::PumpStatus& status) {
    pumpStatus_ = status;
}

void ServiceMonitor::stageReached(SessionStage stage) {
    stages_.session(stage, clock_());
}

void ServiceMonitor::linkEvent(const ble::LinkEvent& event) {
    report(diagnosis_.event(event, clock_()));
}

void ServiceMonitor::handshakeEnded(std::optional<protocol::sake::HandshakeError> error) {
    if (error)
        report(diagnosis_.handshakeFailed(*error, clock_()));
    else
        diagnosis_.handshakeDone();
}

void ServiceMonitor::outOfStep() {
    report(diagnosis_.outOfStep(clock_()));
}

void ServiceMonitor::report(const std::optional<LinkDiagnosis::Finding>& finding) {
    if (finding) log_.warn("link: {} {}", finding->sentence, finding->remedy);
}

ServiceState::Upload ServiceMonitor::upload() const {
    ServiceState::Upload upload;
    if (upload_ == nullptr) return upload;
    const auto& state = *upload_;
    upload.configured = true;
    upload.health = state.health;
    upload.lastError = state.lastError;
    upload.last = state.lastUpload;
    return upload;
}

std::optional<ServiceState::Clock> ServiceMonitor::clock() const {
    if (host_ == nullptr) return std::nullopt;
    return ServiceState::Clock{host_->trustedBy(), host_->untrustedFor(), host_->disagreement()};
}

ServiceState ServiceMonitor::gather() const {
    ServiceState state;
    state.version = PUMP_BRIDGE_VERSION;
    state.now = clock_();
    state.startedAt = startedAt_;
    state.utcOffset = zone_.offsetAt(state.now);
    state.link.stage = stages_.present().stage;
    state.link.since = stages_.present().at;
    state.link.transitions.assign(stages_.transitions().begin(), stages_.transitions().end());
    state.link.finding = diagnosis_.current(state.now);
    state.pumpStatus = pumpStatus_;
    state.upload = upload();
    state.clock = clock();
    readStoredState(store_, zone_, mapping_, state);
    state.problems = findProblems(state);
    return state;
}

} // namespace bridge
