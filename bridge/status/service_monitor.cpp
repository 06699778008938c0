// SPDX-License-Identifier: MIT
#include "bridge/status/service_monitor.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <utility>

#include "bridge/status/stored_state.hpp"

namespace bridge {

namespace {

std::string_view healthName(nightscout::UploadState::Health health) {
    using Health = nightscout::UploadState::Health;
    switch (health) {
        case Health::Good:
            return "good";
        case Health::Unreachable:
            return "unreachable";
        case Health::Failing:
            return "failing";
        case Health::Refused:
            return "refused";
        case Health::Unknown:
            break;
    }
    return "unknown";
}

} // namespace

/// One thread writes the log: no mutex.
class ServiceMonitor::LastErrorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
    explicit LastErrorSink(UtcClock clock) : clock_(std::move(clock)) {}
    [[nodiscard]] const std::optional<ServiceState::Error>& last() const { return last_; }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (message.level < spdlog::level::err) return;
        last_ = {.text = {message.payload.begin(), message.payload.end()}, .at = clock_()};
    }
    void flush_() override {}

    UtcClock clock_;
    std::optional<ServiceState::Error> last_;
};

ServiceMonitor::ServiceMonitor(Store& store, const therapy::Zone& zone, nightscout::MappingSettings mapping,
                               UtcClock clock, spdlog::logger& log)
    : store_(store),
      zone_(zone),
      mapping_(std::move(mapping)),
      clock_(std::move(clock)),
      log_(log),
      errors_(std::make_shared<LastErrorSink>(clock_)),
      startedAt_(clock_()),
      stages_(startedAt_) {
    log_.sinks().push_back(errors_);
}

ServiceMonitor::~ServiceMonitor() {
    std::erase(log_.sinks(), errors_);
}

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

std::optional<ServiceState::Problem> ServiceMonitor::problem(std::chrono::sys_seconds now) const {
    const auto finding = diagnosis_.current(now);
    if (!finding) return std::nullopt;
    return ServiceState::Problem{.name = std::string(name(finding->fault)),
                                 .sentence = withShortSerials(finding->sentence),
                                 .remedy = finding->remedy,
                                 .since = finding->since,
                                 .times = finding->times};
}

ServiceState::Upload ServiceMonitor::upload() const {
    ServiceState::Upload upload;
    if (uploader_ == nullptr) return upload;
    const auto& state = uploader_->state();
    upload.configured = true;
    upload.health = healthName(state.health);
    upload.lastError = state.lastError;
    upload.last = state.lastUpload;
    return upload;
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
    state.problem = problem(state.now);
    state.pumpStatus = pumpStatus_;
    state.upload = upload();
    state.lastError = errors_->last();
    readStoredState(store_, zone_, mapping_, state);
    return state;
}

} // namespace bridge
