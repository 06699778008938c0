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

void ServiceMonitor::linkState(ble::LinkState state) {
    stages_.link(state, clock_());
    diagnosis_.link(state, clock_());
}

void ServiceMonitor::listenTo(PumpSession::Hooks& hooks) {
    hooks.stage = [this, before = std::move(hooks.stage)](const std::string& text) {
        if (before) before(text);
        stages_.session(text, clock_());
    };
    hooks.statusRead = [this, before = std::move(hooks.statusRead)](const PumpInfo& pump,
                                                                    const therapy::PumpStatus& status) {
        if (before) before(pump, status);
        pumpStatus_ = status;
    };
    hooks.synced = [this, before = std::move(hooks.synced)](const PumpInfo& pump) {
        if (before) before(pump);
        diagnosis_.worked();
    };
    hooks.linkEvent = [this](const ble::LinkEvent& event) { tell(diagnosis_.event(event, clock_())); };
    hooks.handshakeEnded = [this](std::optional<protocol::sake::HandshakeError> error) {
        if (error)
            tell(diagnosis_.handshakeFailed(*error, clock_()));
        else
            diagnosis_.handshakeDone();
    };
    hooks.outOfStep = [this] { tell(diagnosis_.outOfStep(clock_())); };
}

void ServiceMonitor::tell(const std::optional<LinkDiagnosis::Finding>& finding) {
    if (finding) log_.warn("link: {} {}", finding->sentence, finding->remedy);
}

std::optional<ServiceState::Problem> ServiceMonitor::problem(std::chrono::sys_seconds now) const {
    const LinkStage stage = stages_.present().stage;
    const bool hostIsMissing = stage == LinkStage::BluetoothMissing || stage == LinkStage::AdapterMissing;
    const auto finding = hostIsMissing ? std::nullopt : diagnosis_.current(now);
    if (finding) {
        return ServiceState::Problem{.name = std::string(name(finding->fault)),
                                     .sentence = finding->sentence,
                                     .remedy = finding->remedy,
                                     .since = finding->since,
                                     .times = finding->times};
    }
    const std::string text = linkProblem_ ? linkProblem_() : std::string{};
    if (text.empty()) return std::nullopt;
    return ServiceState::Problem{
        .name = "link", .sentence = withShortSerials(text), .remedy = {}, .since = std::nullopt};
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
